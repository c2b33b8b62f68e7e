/* The gate: whether enough targets agree. */
#include "coordinator/core/decide/gate.h"

#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/end.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/plan_digest.h"

static bool gate_opens(const struct rollout *rollout)
{
    uint32_t allowed =
        share_allowed(rollout->policy.limits.validate_failures, rollout->target_count);
    bool agree = rollout->sources_failed == 0 && rollout->counts[TARGET_REFUSED] <= allowed;
    return agree && rollout->passed > 0;
}

static void gate_refuse(struct step *step, const char *digest)
{
    uint32_t refused = step->core->rollout.counts[TARGET_REFUSED];
    emit(step, (struct event){.type = EVENT_GATE_REFUSED,
                              .gate_refused = {.refused = refused, .digest = digest}});
    rollout_finish(step, ROLLOUT_REFUSED);
}

void gate_decide(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    if (!gate_opens(rollout)) {
        gate_refuse(step, "");
        return;
    }
    char digest[DIGEST_TEXT_BYTES];
    plan_digest(rollout, digest);
    const char *wanted = rollout->policy.request.plan;
    if (wanted[0] != '\0' && strcmp(wanted, digest) != 0) {
        gate_refuse(step, digest);
        return;
    }
    emit(step, (struct event){
                   .type = EVENT_GATE_OPENED,
                   .gate_opened = {.digest = digest, .left_out = rollout->counts[TARGET_REFUSED]}});
    if (rollout->policy.request.purpose == PURPOSE_VALIDATE) {
        rollout_finish(step, ROLLOUT_SUCCEEDED);
    }
}
