/* Plan check: both lists are in the order of the fleet, so a search goes
 * on where the last one ended. */
#include "cli/plan/plan_check.h"

#include <string.h>

enum { WAVES_MOST = 1000 };

int plan_check_read(struct invocation *invocation, struct plan_check *check, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    *check = (struct plan_check){0};
    if (arguments_number(arguments, OPTION_CHECK_UNTIL_WAVE, WAVES_MOST, 0, &check->until_wave,
                         error) != 0) {
        return -1;
    }
    return plan_document_read(arguments_value(arguments, OPTION_CHECK_PLAN), &invocation->arena,
                              &check->plan, error);
}

static bool counts(const struct plan_check *check, const struct target_status *target)
{
    return check->until_wave == 0 || target->wave <= check->until_wave;
}

size_t plan_check_count(const struct plan_check *check)
{
    size_t count = 0;
    for (size_t i = 0; i < check->plan.targets.count; i++) {
        count += counts(check, &check->plan.targets.items[i]) ? 1 : 0;
    }
    return count;
}

/* The version rows at the end of its path; one without a path stays where it is. */
static struct texts end_of(const struct plan_document *plan, const struct target_status *target)
{
    bool has_path = target->path > 0 && target->path <= plan->plan.paths.count;
    return has_path ? plan->plan.paths.items[target->path - 1].to : target->heads;
}

static const struct target_status *find(const struct target_status_list *targets, const char *name,
                                        size_t *at)
{
    for (size_t tried = 0; tried < targets->count; tried++) {
        const struct target_status *target = &targets->items[*at];
        *at = (*at + 1) % targets->count;
        if (strcmp(target->place.name, name) == 0) {
            return target;
        }
    }
    return NULL;
}

struct target_status_list plan_check_astray(const struct plan_check *check,
                                            const struct target_status_list *targets,
                                            struct arena *arena)
{
    const struct target_status_list *planned = &check->plan.targets;
    struct target_status_list astray = {0};
    size_t at = 0;
    astray.items = arena_array(arena, planned->count, sizeof *astray.items);
    for (size_t i = 0; i < planned->count; i++) {
        const struct target_status *plan = &planned->items[i];
        if (!counts(check, plan)) {
            continue;
        }
        const struct target_status *target = find(targets, plan->place.name, &at);
        if (target == NULL) {
            astray.items[astray.count] = *plan;
            astray.items[astray.count++].inspected = false;
        } else if (!target->inspected || !texts_equal(target->heads, end_of(&check->plan, plan))) {
            astray.items[astray.count++] = *target;
        }
    }
    return astray;
}
