/* The records, filled from what is known. */
#include "coordinator/core/view/view.h"

#include "coordinator/core/facts/failure.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/state_walk.h"
#include "coordinator/core/facts/window.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/order/schedule.h"
#include "coordinator/core/view/reason.h"

struct wave_status core_wave_status(const struct core *core, size_t number, struct arena *arena)
{
    const struct wave *wave = &core->rollout.waves[number];
    struct wave_counts counts = wave->counts;
    counts.allowed += wave->ahead;
    return (struct wave_status){.name = wave->definition.name,
                                .state = wave->state,
                                .counts = counts,
                                .wait = core_wave_reason(core, number, arena)};
}

/* Which has it in hand; "": none. */
static const char *worker_of(const struct core *core, const struct target *target)
{
    const struct job *job = target->trial.job != 0 ? job_find(core, target->trial.job) : NULL;
    const struct worker *worker = job != NULL ? worker_find(core, job->lease.worker) : NULL;
    return worker != NULL ? worker->name : "";
}

struct target_status core_target_status(const struct core *core, size_t number, struct arena *arena)
{
    const struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    bool again = target->state == TARGET_WAITING || target->state == TARGET_POSTPONED;
    const struct kept_failure *failure =
        intern_failure_at(&rollout->intern, again ? target->stumble : target->trial.failure);
    struct target_status status;
    layout_absent(target_status_layout(), &status);
    status.place = target->place;
    status.server = rollout->servers.items[target->server].key;
    status.state = target->state;
    status.labels = intern_set_texts(&rollout->intern, target->labels);
    status.heads = intern_set_texts(&rollout->intern, target->heads);
    status.unfinished = intern_set_texts(&rollout->intern, target->unfinished);
    status.inspected = target->heads != INTERN_NONE;
    status.wave = target->wave;
    status.path = target->path == NUMBER_NONE ? 0 : target->path + 1;
    status.attempt = target->trial.attempt;
    status.reading = target->reading;
    status.wait = core_target_reason(core, number, arena);
    status.worker = worker_of(core, target);
    status.usual_ms = target->path == NUMBER_NONE ? 0 : path_expected_ms(rollout, target->path);
    status.attempts = rollout->policy.limits.retry_attempts;
    if (failure != NULL) {
        status.failure = failure->failure;
        status.failure.revision = core_failure_revision(core, failure);
    }
    return status;
}

/* Jobs on targets; probes do not count. */
static uint32_t server_running(const struct core *core, uint32_t identity)
{
    uint32_t running = 0;
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->lease.job + 1)) {
        running +=
            job_is_of_target(job) && core->rollout.targets[job->lease.subject].identity == identity;
    }
    return running;
}

struct server_status core_server_status(const struct core *core, size_t number)
{
    const struct servers *servers = &core->rollout.servers;
    const struct load *load = &servers->loads[number];
    return (struct server_status){
        .name = servers->items[load->server].key,
        .identity = load->identity,
        .running = server_running(core, (uint32_t)number),
        .cap = load->verdict.cap > 0 ? load->verdict.cap : core->rollout.policy.limits.per_server,
        .reason = load->verdict.reason};
}

struct plan_path core_plan_path(const struct core *core, size_t number)
{
    const struct intern *intern = &core->rollout.intern;
    const struct path *path = &core->rollout.paths[number];
    return (struct plan_path){.from = intern_set_texts(intern, path->from),
                              .to = intern_set_texts(intern, path->to),
                              .steps = intern_set_texts(intern, path->steps),
                              .targets = path->targets};
}

size_t core_memory_bytes(const struct core *core)
{
    return core_state_bytes(core) + schedule_bytes(core->schedule);
}
