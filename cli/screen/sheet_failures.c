/* Failures by cause: each heading leads to the targets it is about. */
#include <string.h>

#include "cli/report/remarks.h"
#include "cli/report/report.h"
#include "cli/screen/sheets.h"

static void group_fill(const struct sheet_source *source, struct failure_group *group,
                       struct sheet *sheet)
{
    const struct failure_group_list one = {group, 1};
    struct buffer text = {0};
    struct buffer scope = {0};
    bool targets = strcmp(group->phase, "discovery") != 0;
    report_failures(&one, false, source->style, &text);
    report_group_scope(group, &scope);
    sheet_lead(sheet, targets ? LEAD_TARGETS : LEAD_NOWHERE, buffer_text(&scope),
               buffer_text(&text));
    sheet_text(sheet, "\n");
    buffer_free(&text);
    buffer_free(&scope);
}

void sheet_failures(const struct sheet_source *source, struct sheet *sheet)
{
    const struct answers *answers = &source->known->answers;
    struct buffer text = {0};
    if (!sheet_has_answers(source, QUESTION_FAILURES, sheet)) {
        return;
    }
    for (size_t i = 0; i < answers->failures.count; i++) {
        group_fill(source, &answers->failures.items[i], sheet);
    }
    if (answers->failures.count == 0) {
        sheet_text(sheet, "Nothing has failed.");
    }
    report_remarks(&answers->remarks, true, source->style, &text);
    sheet_text(sheet, buffer_text(&text));
    buffer_free(&text);
}
