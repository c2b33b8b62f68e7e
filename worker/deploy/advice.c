/* Hints (advice.h). */
#include "worker/deploy/advice.h"

#include <string.h>

#include "common/vocabulary/sqlstate.h"

#define EACH_BY_ITSELF "`rollout.transaction: revision` commits each revision by itself"

static void sentence_begin(struct buffer *hint)
{
    buffer_text_append(hint, hint->length > 0 ? "; " : "");
}

/* The files of the steps from the segment's first up to, not including, `end`. */
static void files_append(const struct deploy *deploy, size_t end, struct buffer *hint)
{
    for (size_t i = deploy->first; i < end; i++) {
        buffer_printf(hint, "%s%s", i > deploy->first ? ", " : "",
                      deploy->plan.steps[i].revision->path);
    }
}

/* The step that failed; deploy->end at COMMIT. */
static size_t step_of(const struct deploy *deploy, const struct batch_entry *entry)
{
    size_t at = deploy->first;
    while (at < deploy->end &&
           (entry == NULL || deploy->plan.steps[at].revision != entry->revision)) {
        at++;
    }
    return at;
}

/* Constraints that are deferred are looked at by COMMIT, when no statement runs. */
static void at_commit(const struct deploy *deploy, struct buffer *hint)
{
    sentence_begin(hint);
    buffer_text_append(hint, "found at COMMIT, after ");
    files_append(deploy, deploy->end, hint);
    buffer_text_append(hint, deploy->end - deploy->first > 1
                                 ? "; " EACH_BY_ITSELF ", and so names the one at fault"
                                 : "; with `SET CONSTRAINTS ALL IMMEDIATE;` as its last line the "
                                   "constraint is looked at there");
}

static void enum_value(const struct deploy *deploy, size_t at, struct buffer *hint)
{
    const struct plan_step *step = &deploy->plan.steps[at];
    sentence_begin(hint);
    if (at > deploy->first && !step_script(step)->adds_enum_value) {
        buffer_text_append(hint, "one transaction holds ");
        files_append(deploy, at + 1, hint);
        buffer_text_append(hint, ", and the value is added in it; " EACH_BY_ITSELF);
    } else {
        buffer_printf(hint,
                      "%s adds the value and uses it: leave one of the two to a revision of "
                      "its own, which is committed in between",
                      step->revision->path);
    }
}

static void pending_events(const struct deploy *deploy, size_t at, struct buffer *hint)
{
    sentence_begin(hint);
    if (at > deploy->first) {
        buffer_text_append(hint, "one transaction holds ");
        files_append(deploy, at + 1, hint);
        buffer_text_append(hint, "; " EACH_BY_ITSELF);
    } else {
        buffer_text_append(hint, "what the statements before it left to COMMIT is done at once by "
                                 "`SET CONSTRAINTS ALL IMMEDIATE;` between them");
    }
}

/* What the target keeps of this attempt and of those before. */
static void standing(const struct deploy *deploy, struct buffer *hint)
{
    struct texts rows = deploy_rows_before(deploy);
    sentence_begin(hint);
    buffer_text_append(hint, "the target stands at ");
    for (size_t i = 0; i < rows.count; i++) {
        buffer_printf(hint, "%s%s", i > 0 ? ", " : "", rows.items[i]);
    }
    buffer_text_append(hint, rows.count == 0 ? "base" : "");
    buffer_text_append(hint, ": what came before was committed by itself");
}

const char *advice_give(struct deploy *deploy, const struct pg_error *fault,
                        const struct batch_entry *entry)
{
    struct buffer hint = {0};
    bool committing = deploy->state == DEPLOY_COMMITTING || deploy->state == DEPLOY_LAST_COMMIT;
    size_t at = step_of(deploy, entry);
    buffer_text_append(&hint, fault->hint);
    if (committing) {
        at_commit(deploy, &hint);
    } else if (at < deploy->end &&
               sqlstate_is(fault->sqlstate, SQLSTATE_UNSAFE_NEW_ENUM_VALUE_USAGE)) {
        enum_value(deploy, at, &hint);
    } else if (at < deploy->end && sqlstate_is(fault->sqlstate, SQLSTATE_OBJECT_IN_USE) &&
               strcmp(fault->routine, "CheckTableNotInUse") == 0) {
        pending_events(deploy, at, &hint);
    }
    if (deploy->first > 0 && deploy_has_stood(deploy, fault->result_index)) {
        standing(deploy, &hint);
    }
    const char *text = arena_strdup(&deploy->task->arena, buffer_text(&hint));
    buffer_free(&hint);
    return text;
}
