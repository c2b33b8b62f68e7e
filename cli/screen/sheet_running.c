/* What runs. */
#include "cli/screen/sheets.h"

void sheet_running(const struct sheet_source *source, struct sheet *sheet)
{
    sheet_target_list(source, "Nothing runs.", sheet);
}
