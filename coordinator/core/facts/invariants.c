/* One switch for each machine: a new state is asked for by the compiler. */
#include "coordinator/core/facts/invariants.h"

#include "common/base/impossible.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/wave.h"

/* ---- rollout ---- */

#define HOLDS(condition)                                                                           \
    INVARIANT_THAT(condition, "rollout %s is %s, and this does not hold: %s",                      \
                   rollout->policy.rollout, rollout_state_word(rollout->state), #condition)

void rollout_invariant(const struct core *core)
{
    const struct rollout *rollout = &core->rollout;
    const uint32_t *counts = rollout->counts;
    switch (rollout->state) {
    case ROLLOUT_NONE: HOLDS(false); break; /* nothing leads back there */
    case ROLLOUT_PLANNING:
    case ROLLOUT_VALIDATING:
    case ROLLOUT_CLOSED:
        HOLDS(rollout->wave_order == NULL);
        HOLDS(rollout->waves_started == 0);
        break;
    case ROLLOUT_GATE:
        HOLDS(rollout->wave_order != NULL);
        HOLDS(rollout->digest[0] != '\0');
        HOLDS(rollout->waves_started == 0);
        HOLDS(rollout_open_inspections(rollout) + counts[TARGET_VALIDATED] == 0);
        break;
    case ROLLOUT_DEPLOYING:
        HOLDS(rollout->policy.request.purpose == PURPOSE_DEPLOY);
        HOLDS(rollout->wave_order != NULL);
        HOLDS(rollout->waves_started > 0);
        break;
    case ROLLOUT_PAUSED:
        HOLDS(rollout->phase != ROLLOUT_PAUSED && rollout->phase < ROLLOUT_CANCELLING);
        break;
    case ROLLOUT_CANCELLING: break;
    case ROLLOUT_SUCCEEDED:
        HOLDS(rollout->waves_started == 0 || rollout_open_deploys(rollout) == 0);
        HOLDS(core->jobs.live == 0);
        break;
    case ROLLOUT_REFUSED: HOLDS(counts[TARGET_DEPLOYED] == 0); break;
    case ROLLOUT_FAILED:
    case ROLLOUT_CANCELLED: HOLDS(core->jobs.live == 0); break;
    }
}

#undef HOLDS

/* ---- waves ---- */

#define HOLDS(condition)                                                                           \
    INVARIANT_THAT(condition, "wave %s is %s, and this does not hold: %s", wave->definition.name,  \
                   wave_state_word(wave->state), #condition)

void wave_invariant(const struct rollout *rollout, const struct wave *wave)
{
    HOLDS(wave->counts.deployed + wave->counts.unchanged + wave->counts.failed +
              wave->counts.skipped <=
          wave->counts.targets);
    HOLDS(wave->counts.allowed + wave->ahead <= wave->counts.targets);
    HOLDS(wave->open <= wave->counts.allowed + wave->ahead);
    HOLDS(wave->forgiven <= wave->counts.failed);
    switch (wave->state) {
    case WAVE_NONE: HOLDS(false); break;
    case WAVE_WAITING:
    case WAVE_AWAITING: HOLDS(wave->counts.allowed == 0 && wave->ramped == 0); break;
    case WAVE_RUNNING: HOLDS(rollout->waves + rollout->waves_started > wave); break;
    case WAVE_SOAKING:
        HOLDS(wave->until_ms > 0);
        HOLDS(wave_open(wave) == 0);
        break;
    case WAVE_CHECKING: HOLDS(wave_open(wave) == 0); break;
    case WAVE_FINISHED:
        HOLDS(wave_open(wave) == 0);
        HOLDS(wave->unchecked == 0);
        break;
    }
}

#undef HOLDS

/* ---- targets ---- */

#define HOLDS(condition)                                                                           \
    INVARIANT_THAT(condition, "target %s is %s, and this does not hold: %s", target->place.name,   \
                   target_state_word(target->state), #condition)

/* Its way is known, and the gate gave it a wave. */
static void placed_invariant(const struct rollout *rollout, const struct target *target)
{
    HOLDS(target->path < rollout->path_count);
    HOLDS(target->wave > 0 && target->wave <= rollout->wave_count);
}

void target_invariant(const struct rollout *rollout, uint32_t number)
{
    const struct target *target = &rollout->targets[number];
    enum target_state state = target->state;
    bool works = state == TARGET_INSPECTING || state == TARGET_RUNNING;
    HOLDS(works == (target->trial.job != 0));
    switch (state) {
    case TARGET_NONE:
    case TARGET_STATE_COUNT: HOLDS(false); break;
    case TARGET_ADDED: break;
    case TARGET_INSPECTING: HOLDS(target->trial.attempt > target->trial.tries); break;
    case TARGET_POSTPONED: HOLDS(target->trial.tries > 0); break;
    case TARGET_VALIDATED:
        HOLDS(target->path < rollout->path_count);
        HOLDS(target->heads == rollout->paths[target->path].from);
        break;
    case TARGET_REFUSED: HOLDS(target->trial.failure != INTERN_NONE); break;
    case TARGET_UNCHANGED:
    case TARGET_PENDING: placed_invariant(rollout, target); break;
    case TARGET_RUNNING:
        placed_invariant(rollout, target);
        HOLDS(target->trial.attempt > target->trial.tries);
        break;
    case TARGET_WAITING:
        placed_invariant(rollout, target);
        HOLDS(target->trial.tries > 0);
        break;
    case TARGET_DEPLOYED:
        placed_invariant(rollout, target);
        HOLDS(target->heads == rollout->paths[target->path].to);
        break;
    case TARGET_FAILED:
        placed_invariant(rollout, target);
        HOLDS(target->trial.failure != INTERN_NONE);
        break;
    case TARGET_GONE:
    case TARGET_SKIPPED: HOLDS(target->note[0] != '\0'); break;
    }
}

#undef HOLDS

/* ---- workers ---- */

#define HOLDS(condition)                                                                           \
    INVARIANT_THAT(condition, "worker %s is %s, and this does not hold: %s", worker->name,         \
                   worker_state_word(worker->state), #condition)

void worker_invariant(const struct worker *worker)
{
    switch (worker->state) {
    case WORKER_NONE: HOLDS(false); break;
    case WORKER_CONNECTED: HOLDS(worker->credit > 0); break;
    case WORKER_DRAINING: HOLDS(worker->credit == 0); break;
    case WORKER_LOST: HOLDS(worker->running > 0); break;
    case WORKER_GONE: HOLDS(worker->running == 0); break;
    }
}

#undef HOLDS

/* ---- counts ---- */

static void targets_count(const struct rollout *rollout)
{
    uint32_t counts[TARGET_STATE_COUNT] = {0};
    uint32_t placed = 0;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        counts[rollout->targets[i].state]++;
    }
    for (unsigned state = 0; state < TARGET_STATE_COUNT; state++) {
        INVARIANT_THAT(counts[state] == rollout->counts[state], "%u targets are %s, %u are counted",
                       counts[state], target_state_word((enum target_state)state),
                       rollout->counts[state]);
    }
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        placed += rollout->waves[i].counts.targets;
    }
    INVARIANT_THAT(rollout->wave_order == NULL || placed == rollout->placed,
                   "the waves have %u targets, %u stand in their order", placed, rollout->placed);
}

static void jobs_count(const struct core *core)
{
    uint32_t live = 0;
    uint32_t probes = 0;
    uint32_t running = 0;
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->lease.job + 1)) {
        live++;
        probes += job->lease.kind == JOB_PROBE;
    }
    for (uint32_t i = 0; i < core->worker_count; i++) {
        running += core->workers[i].running;
    }
    INVARIANT_THAT(live == core->jobs.live && running == live,
                   "%u jobs are leased, %u are counted, the workers have %u", live, core->jobs.live,
                   running);
    INVARIANT_THAT(probes == core->jobs.probes, "%u probes are leased, %u are counted", probes,
                   core->jobs.probes);
}

void core_invariant(const struct core *core)
{
    targets_count(&core->rollout);
    jobs_count(core);
}
