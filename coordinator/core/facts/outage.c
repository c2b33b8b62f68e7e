/* Questions about outages. */
#include "coordinator/core/facts/outage.h"

#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/wave.h"

enum {
    BLIND_MAX = 3, /* servers that others reach */
    QUESTION_PATIENCE_MS = 2000,
};

uint32_t job_server(const struct core *core, const struct job *job)
{
    const struct rollout *rollout = &core->rollout;
    switch (job->lease.kind) {
    case JOB_DISCOVER: return rollout->sources[job->lease.subject].server;
    case JOB_PROBE: return rollout->servers.loads[job->lease.subject].server;
    default: return rollout->targets[job->lease.subject].server;
    }
}

const struct blindness *blindness_find(const struct core *core, const struct worker *worker,
                                       uint32_t server)
{
    const struct servers *servers = &core->rollout.servers;
    if (worker->unreached == 0 || servers->items[server].blind == 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < servers->blind_count; i++) {
        if (servers->blind[i].server == server && servers->blind[i].worker == worker->instance) {
            return &servers->blind[i];
        }
    }
    return NULL;
}

bool worker_is_aside(const struct worker *worker)
{
    return worker->blind >= BLIND_MAX;
}

bool server_is_down(const struct rollout *rollout, uint32_t server)
{
    return rollout->servers.items[server].down_ms != 0;
}

/* Whoever only asks wants an answer. */
uint64_t outage_patience_ms(const struct rollout *rollout)
{
    uint64_t patience = rollout->policy.limits.server_patience_ms;
    bool question = rollout->policy.request.purpose == PURPOSE_SURVEY ||
                    rollout->policy.request.purpose == PURPOSE_LIST;
    return question && patience > QUESTION_PATIENCE_MS ? QUESTION_PATIENCE_MS : patience;
}

bool target_awaits_server(const struct rollout *rollout, uint32_t number)
{
    const struct target *target = &rollout->targets[number];
    switch (target->state) {
    case TARGET_ADDED:
        return rollout_phase(rollout) == ROLLOUT_VALIDATING ||
               rollout_phase(rollout) == ROLLOUT_DEPLOYING;
    case TARGET_POSTPONED:
    case TARGET_WAITING: return true;
    case TARGET_PENDING:
        return wave_is_active(&rollout->waves[target->wave - 1]) && wave_allows(rollout, number);
    default: return target->check == CHECK_WANTED || target->check == CHECK_WAITING;
    }
}
