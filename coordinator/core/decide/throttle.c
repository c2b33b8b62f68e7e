/* Throttle: probes tell how loaded a server is. Over a threshold it gets no new jobs; once it is
 * well its cap starts at half and grows by one with every good probe. */
#include "coordinator/core/decide/throttle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/rollout.h"

enum { SENTENCE_BYTES = 256 };

/* While anything may still need a server: nothing is probed that would only keep the end away. */
static bool throttles_apply(const struct rollout *rollout)
{
    bool open = rollout_open_deploys(rollout) > 0 || rollout_open_inspections(rollout) > 0 ||
                rollout->waves_running > 0;
    return rollout->throttle_count > 0 && rollout->state == ROLLOUT_DEPLOYING && open;
}

static uint64_t probe_interval_ms(const struct rollout *rollout)
{
    uint64_t interval = UINT64_MAX;
    for (uint32_t i = 0; i < rollout->throttle_count; i++) {
        uint64_t every = rollout->throttles[i].definition.every_ms;
        interval = every < interval ? every : interval;
    }
    return interval;
}

uint64_t throttle_due_ms(const struct rollout *rollout, uint32_t identity)
{
    const struct load *load = &rollout->servers.loads[identity];
    if (!throttles_apply(rollout) || load->job != 0) {
        return UINT64_MAX;
    }
    return load->probed_ms == 0 ? 0 : load->probed_ms + probe_interval_ms(rollout);
}

/* The first value at or above its threshold; NULL when the server is well. */
static const struct throttle *over_threshold(const struct rollout *rollout, struct texts values,
                                             const char **value)
{
    for (uint32_t i = 0; i < rollout->throttle_count && i < values.count; i++) {
        *value = values.items[i];
        if (strtod(*value, NULL) >= rollout->throttles[i].limit) {
            return &rollout->throttles[i];
        }
    }
    return NULL;
}

static uint32_t cap_lowered(const struct rollout *rollout, const struct load *load)
{
    uint32_t cap = load->verdict.cap > 0 ? load->verdict.cap : rollout->policy.limits.per_server;
    cap = cap > 0 ? cap : rollout->policy.limits.concurrency;
    return cap > 1 ? cap / 2 : 1;
}

/* One more; 0, no cap of its own, when the rollout's limit is reached again. */
static uint32_t cap_raised(const struct rollout *rollout, const struct load *load)
{
    uint32_t limit = rollout->policy.limits.per_server > 0 ? rollout->policy.limits.per_server
                                                           : rollout->policy.limits.concurrency;
    if (load->verdict.cap == 0 || (limit > 0 && load->verdict.cap + 1 >= limit)) {
        return 0;
    }
    return load->verdict.cap + 1;
}

static void probed(struct step *step, const struct job *job, uint32_t cap, const char *reason)
{
    emit(step, (struct event){.type = EVENT_SERVER_PROBED,
                              .server_probed = {.job = job->lease.job,
                                                .identity = job->lease.subject,
                                                .verdict = {cap, reason[0] != '\0', reason}}});
}

void probe_done(struct step *step, const struct job *job, struct texts values)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct load *load = &rollout->servers.loads[job->lease.subject];
    const char *value = "";
    const struct throttle *throttle = over_threshold(rollout, values, &value);
    char reason[SENTENCE_BYTES] = "";
    if (throttle != NULL) {
        (void)snprintf(reason, sizeof reason, "%s is %s, %s or more is too much",
                       throttle->definition.name, value, throttle->definition.threshold);
        /* the first time only: while it is over, nothing runs that could be lowered */
        bool lowers = !load->verdict.over || load->probed_ms == 0;
        probed(step, job, lowers ? cap_lowered(rollout, load) : load->verdict.cap, reason);
        return;
    }
    bool waited = load->verdict.over && load->probed_ms > 0;
    probed(step, job, waited ? load->verdict.cap : cap_raised(rollout, load), "");
}

void probe_failed(struct step *step, const struct job *job, const char *message)
{
    const struct load *load = &step->core->rollout.servers.loads[job->lease.subject];
    char reason[SENTENCE_BYTES];
    (void)snprintf(reason, sizeof reason, "cannot be probed: %s", message);
    probed(step, job, load->verdict.cap, reason);
}
