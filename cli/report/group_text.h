/* What groups of targets in a report have in common: fields and names. Pure. */
#ifndef DROVER_REPORT_GROUP_TEXT_H
#define DROVER_REPORT_GROUP_TEXT_H

#include "cli/text/style.h"
#include "common/base/texts.h"
#include "common/vocabulary/record.h"

/* How many targets, or discoveries: of the names only so many travel. */
size_t group_size(const struct failure_group *group);

/* "  detail: ..." with further lines indented; nothing when the text is "". */
void group_field_append(const char *name, const char *text, const struct style *style,
                        struct buffer *out);

/* "  targets: a, b and 30 more", wrapped: the first `shown` of the names, of `size` targets in all.
 * `command` lists the rest; NULL: none does. */
void group_names_append(struct texts names, size_t size, size_t shown, const char *command,
                        const struct style *style, struct buffer *out);

#endif
