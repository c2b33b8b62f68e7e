/* Late targets: databases that appear while a rollout runs.
 *
 * Sources are listed again from time to time and once more before the end, until that finds nothing
 * new. What is found is validated as all others were; what passes joins in a wave of its own, what
 * does not is named at the end.
 */
#include "coordinator/core/decide/late_targets.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/plan_digest.h"
#include "coordinator/core/facts/rollout.h"

static bool late_wanted(const struct rollout *rollout)
{
    return rollout->policy.rediscover_ms > 0 && rollout->source_count > 0 &&
           rollout->policy.request.purpose == PURPOSE_DEPLOY && !rollout_is_rollback(rollout);
}

uint64_t late_deadline_ms(const struct rollout *rollout)
{
    if (!late_wanted(rollout) || rollout->state != ROLLOUT_DEPLOYING || rollout->sources_open > 0) {
        return UINT64_MAX;
    }
    return rollout->listed_ms + rollout->policy.rediscover_ms;
}

static void sources_repeat(struct step *step, bool last)
{
    emit(step,
         (struct event){.type = EVENT_DISCOVERY_REPEATED, .discovery_repeated = {.last = last}});
}

static void late_join(struct step *step)
{
    char digest[DIGEST_TEXT_BYTES];
    plan_digest(&step->core->rollout, digest);
    emit(step, (struct event){.type = EVENT_TARGETS_JOINED, .targets_joined = {.digest = digest}});
}

bool late_advance(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    if (!late_wanted(rollout) ||
        (rollout->listed_at_end && rollout->found_new == 0 && rollout->sources_open == 0)) {
        return false;
    }
    if (rollout->state == ROLLOUT_DEPLOYING && rollout->sources_open == 0 &&
        rollout_open_inspections(rollout) == 0) {
        sources_repeat(step, true);
    }
    return true;
}

void late_look(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    if (step->at_ms >= late_deadline_ms(rollout)) {
        sources_repeat(step, false);
    }
    if (rollout->state == ROLLOUT_DEPLOYING && rollout->counts[TARGET_VALIDATED] > 0 &&
        rollout->sources_open == 0 && rollout_open_inspections(rollout) == 0) {
        late_join(step);
    }
}
