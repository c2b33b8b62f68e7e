/* What the scripts of a fleet said, grouped. */
#ifndef DROVER_SHELL_REMARK_GROUPS_H
#define DROVER_SHELL_REMARK_GROUPS_H

#include "common/base/selector.h"
#include "common/vocabulary/record.h"
#include "coordinator/core/core.h"

enum { ANSWER_REMARKS_MAX = 200 };

/* What tells remarks that are the same on several targets from others. */
void remark_key_append(const struct core *core, uint32_t target, const struct remark *remark,
                       struct buffer *out);

/* Warnings first, then those of most targets; at most ANSWER_REMARKS_MAX. All of it in `arena` or
 * the core. */
struct remark_group_list answer_remarks(const struct core *core, const struct selector *scope,
                                        struct arena *arena);

#endif
