/* What scripts said, for people. Pure. */
#ifndef DROVER_REPORT_REMARKS_H
#define DROVER_REPORT_REMARKS_H

#include "cli/text/style.h"
#include "common/wire/message.h"

/* A group for each remark, as failures are shown. `every`: all of them, and every name that travels;
 * otherwise the warnings, and how many there are besides. */
void report_remarks(const struct remark_group_list *remarks, bool every, const struct style *style,
                    struct buffer *out);

#endif
