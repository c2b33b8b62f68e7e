/* Plan check: whether the targets stand where a plan leads. Pure but for reading its file. */
#ifndef DROVER_PLAN_PLAN_CHECK_H
#define DROVER_PLAN_PLAN_CHECK_H

#include "cli/line/invocation.h"
#include "cli/plan/plan_document.h"

struct plan_check {
    struct plan_document plan;
    uint32_t until_wave; /* later waves do not count; 0: all do */
};

/* From --plan and --until-wave; texts in the invocation's arena. */
int plan_check_read(struct invocation *invocation, struct plan_check *check,
                    struct error *error) MUST_CHECK;

/* How many targets of the plan count. */
size_t plan_check_count(const struct plan_check *check);

/* Those of them that stand elsewhere, could not be asked, or are not in `targets` any more. */
struct target_status_list plan_check_astray(const struct plan_check *check,
                                            const struct target_status_list *targets,
                                            struct arena *arena);

#endif
