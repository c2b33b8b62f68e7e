/* A late result counts for its target and for nothing else: no attempt of anybody is used up by a
 * failure, and a success is looked at on the database before it is believed. */
#include "coordinator/core/decide/orphans.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/orphan.h"

static bool is_presented(const struct orphan *orphan, const struct job_attempt *running,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (job_key_equal(running[i].key, orphan->key)) {
            return true;
        }
    }
    return false;
}

static void settle(struct step *step, struct orphan orphan)
{
    emit(step,
         (struct event){.type = EVENT_JOB_SETTLED, .job_settled = {orphan.key, orphan.target}});
}

void orphans_presented(struct step *step, uint64_t instance, const struct job_attempt *running,
                       size_t count)
{
    const struct rollout *rollout = &step->core->rollout;
    for (uint32_t i = rollout->orphan_count; i > 0; i--) {
        const struct orphan orphan = rollout->orphans[i - 1];
        if (orphan.worker == instance && !is_presented(&orphan, running, count)) {
            settle(step, orphan);
        }
    }
}

void orphan_reported(struct step *step, const struct message_result *result)
{
    const struct rollout *rollout = &step->core->rollout;
    uint32_t at = orphan_find(step->core, result->try.key);
    if (at == NUMBER_NONE) {
        return;
    }
    uint32_t target = rollout->orphans[at].target;
    settle(step, rollout->orphans[at]);
    bool done = result->outcome == JOB_OUTCOME_DONE || result->outcome == JOB_OUTCOME_ALREADY;
    bool under_way = rollout->state == ROLLOUT_DEPLOYING || rollout->state == ROLLOUT_PAUSED;
    if (done && under_way && rollout->targets[target].state == TARGET_FAILED) {
        emit(step,
             (struct event){.type = EVENT_TARGET_RETRIED, .target_retried = {.target = target}});
    }
}
