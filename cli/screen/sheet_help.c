/* The keys. */
#include "cli/screen/sheets.h"

void sheet_help(const struct sheet_source *source, struct sheet *sheet)
{
    (void)source;
    sheet_text(
        sheet,
        "1 to 6, Tab       the sheets: waves, running, waiting, failures, servers, log\n"
        "up, down, j, k    choose a line; Page Up, Page Down, Home, End go further\n"
        "Enter, right      look closer: a wave's targets, a server's, a cause's; one target\n"
        "Esc, left         back\n"
        "/                 only some targets, as with --where: tier=free,state=failed\n"
        "?                 this help\n"
        "q, Ctrl-C         stop looking\n"
        "\n"
        "Looking changes nothing, and the rollout goes on when you leave. To steer it use\n"
        "another terminal: drover pause, resume, retry, skip, approve, cancel.\n");
}
