/* What scripts said (remarks.h). */
#include "cli/report/remarks.h"

#include <string.h>

#include "cli/report/group_text.h"
#include "cli/report/report.h"

static void remark_render(const struct remark_group *group, bool every, const struct style *style,
                          struct buffer *out)
{
    bool warning = strcmp(group->remark.level, "WARNING") == 0;
    struct buffer heading = {0};
    buffer_count(&heading, group->count, "target");
    buffer_printf(&heading, ": %s of a script", group->remark.level);
    style_append(style, warning ? TONE_CAUTION : TONE_PLAIN, buffer_text(&heading), out);
    buffer_text_append(out, "\n");
    group_field_append("", group->remark.message, style, out);
    group_field_append("at", group->remark.location, style, out);
    group_names_append(group->targets, group->count, every ? SIZE_MAX : REPORT_TARGETS_SHOWN, NULL,
                       style, out);
    buffer_free(&heading);
}

void report_remarks(const struct remark_group_list *remarks, bool every, const struct style *style,
                    struct buffer *out)
{
    size_t hidden = 0;
    size_t shown = 0;
    for (size_t i = 0; i < remarks->count; i++) {
        const struct remark_group *group = &remarks->items[i];
        bool warning = strcmp(group->remark.level, "WARNING") == 0;
        if (!every && (!warning || shown >= REPORT_GROUPS_SHOWN)) {
            hidden++;
            continue;
        }
        buffer_text_append(out, out->length > 0 ? "\n" : "");
        remark_render(group, every, style, out);
        shown++;
    }
    if (hidden > 0) {
        buffer_text_append(out, out->length > 0 ? "\n" : "");
        buffer_count(out, hidden, shown > 0 ? "more remark" : "remark");
        buffer_text_append(out, " of scripts: `drover status -v` shows all\n");
    }
}
