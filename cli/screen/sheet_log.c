/* What happened, the newest at the end. With a filter it is asked for. */
#include "cli/screen/sheets.h"

void sheet_log(const struct sheet_source *source, struct sheet *sheet)
{
    bool all = source->filter[0] == '\0';
    if (all || sheet_has_answers(source, QUESTION_LOG, sheet)) {
        sheet_log_lines(source, all ? &source->known->log : &source->known->answers.log, true,
                        sheet);
    }
}
