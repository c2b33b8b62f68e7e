/* The loop of a virtual shell: the next result or the core's deadline, whichever comes first. */
#include "coordinator/forecast/run_ahead.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/forecast/virtual_jobs.h"

#define DAY_MS        (UINT64_C(24) * 3600 * 1000)
#define VIRTUAL_EPOCH UINT64_MAX /* follows that of any coordinator */

enum {
    WORKER_JOBS_MAX = 4096, /* of the worker that is assumed when nobody is connected */
    RESUMES_MAX = 100,      /* what pauses again and again does not go on */
    LOOK_STEPS = 256,       /* between two looks at the processor's clock */
};

struct run {
    struct ahead *ahead;
    struct core *core;
    struct timeline *timeline;
    struct core_output output;
    struct virtual_jobs jobs;
    uint64_t now_ms;
    uint64_t *carried_ms; /* by target: how long its deploy that runs now has taken already */
    size_t carried_count;
    uint32_t resumes;
    bool gate_opened; /* since this was cleared */
    bool unseen;
};

static uint64_t cpu_ms(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}

/* ---- what jobs take ---- */

static uint64_t deploy_ms(const struct run *run, uint32_t target)
{
    uint32_t path = core_rollout(run->core)->targets[target].path;
    return path < run->ahead->duration_count ? run->ahead->durations[path] : 0;
}

static uint64_t job_ms(struct run *run, const struct event_job_leased *job)
{
    switch (job->kind) {
    case JOB_INSPECT: return timeline_mean_ms(&run->timeline->inspections);
    case JOB_CHECK: return timeline_mean_ms(&run->timeline->checks);
    case JOB_DEPLOY: break;
    default: return 0;
    }
    uint64_t whole = deploy_ms(run, job->subject);
    uint64_t carried = 0;
    if (job->subject < run->carried_count) {
        carried = run->carried_ms[job->subject];
        run->carried_ms[job->subject] = 0;
    }
    return whole > carried ? whole - carried : 0;
}

/* ---- steps ---- */

static void output_take(struct run *run);

/* None of these inputs is refused; what is changes nothing. */
static void feed(struct run *run, struct input *input)
{
    struct error refused;
    input->at_ms = run->now_ms;
    if (core_step(run->core, input, &run->output, &refused) == 0) {
        output_take(run);
    }
}

static void lease_take(struct run *run, const struct event *event)
{
    const struct event_job_leased *job = virtual_jobs_add(&run->jobs, event);
    virtual_jobs_push(
        &run->jobs, (struct virtual_due){.at_ms = run->now_ms + job_ms(run, job), .job = job->job});
}

/* Notes what became true and does what the shell and its workers would do. */
static void output_take(struct run *run)
{
    struct core_output output = run->output;
    run->output = (struct core_output){0};
    for (size_t i = 0; i < output.event_count; i++) {
        const struct event *event = &output.events[i];
        timeline_note(run->timeline, event);
        if (event->type == EVENT_JOB_LEASED) {
            lease_take(run, event);
        } else if (event->type == EVENT_GATE_OPENED || event->type == EVENT_TARGETS_JOINED) {
            run->gate_opened = true;
        }
    }
    for (size_t i = 0; i < output.command_count; i++) {
        const struct command *command = &output.commands[i];
        if (command->type == COMMAND_CANCEL_JOB) {
            virtual_jobs_push(&run->jobs, (struct virtual_due){.at_ms = run->now_ms,
                                                               .job = command->key.job,
                                                               .cancelled = true});
        }
    }
    core_output_free(&output);
}

/* ---- results ---- */

/* Where an inspection will find the target: where the path begins that it is known to take, or that
 * most others take. False when none is known. */
static bool heads_guess(const struct run *run, uint32_t target, struct texts *heads)
{
    const struct rollout *rollout = core_rollout(run->core);
    const struct path *paths = rollout->paths;
    uint32_t known = rollout->targets[target].path;
    uint32_t best = known;
    for (uint32_t i = 0; known == NUMBER_NONE && i < rollout->path_count; i++) {
        if (best == NUMBER_NONE || paths[i].targets > paths[best].targets) {
            best = i;
        }
    }
    if (best != NUMBER_NONE) {
        *heads = intern_set_texts(&rollout->intern, paths[best].from);
    }
    return best != NUMBER_NONE;
}

static void result_feed(struct run *run, struct virtual_due due)
{
    const struct event_job_leased *job = virtual_jobs_find(&run->jobs, due.job);
    struct input input = {.type = INPUT_RESULT,
                          .result = {.worker = job->worker,
                                     .message = {.try = {{job->job, VIRTUAL_EPOCH}, job->attempt},
                                                 .outcome = due.cancelled ? JOB_OUTCOME_CANCELLED
                                                                          : JOB_OUTCOME_DONE}}};
    if (job->kind == JOB_INSPECT && !due.cancelled) {
        input.result.message.rows.heads_known = true;
        run->unseen = !heads_guess(run, job->subject, &input.result.message.rows.heads);
    } else if (job->kind == JOB_DEPLOY) {
        input.result.message.elapsed_ms = deploy_ms(run, job->subject);
    }
    if (!run->unseen) {
        feed(run, &input);
    }
}

/* ---- people ---- */

static void approval_add(struct ahead *ahead, const char *wave)
{
    const char **names = arena_array(ahead->arena, ahead->approved.count + 1, sizeof *names);
    for (size_t i = 0; i < ahead->approved.count; i++) {
        names[i] = ahead->approved.items[i];
    }
    names[ahead->approved.count] = arena_strdup(ahead->arena, wave);
    ahead->approved = (struct texts){names, ahead->approved.count + 1};
}

static void approve(struct run *run)
{
    const struct rollout *rollout = core_rollout(run->core);
    for (size_t i = 0; i < rollout->wave_count; i++) {
        const struct wave *wave = &rollout->waves[i];
        if (wave->state == WAVE_AWAITING) {
            struct input input = {
                .type = INPUT_CONTROL,
                .control = {.verb = CONTROL_APPROVE, .who.actor = "", .digest = rollout->digest}};
            approval_add(run->ahead, wave->definition.name);
            feed(run, &input);
            return;
        }
    }
}

static void resume(struct run *run)
{
    struct input input = {.type = INPUT_CONTROL,
                          .control = {.verb = CONTROL_RESUME, .who = {"", ""}}};
    run->ahead->resumed = true;
    run->resumes++;
    feed(run, &input);
}

/* What fits no window is left out, or the waves would wait for it for ever. */
static void misfits_skip(struct run *run)
{
    struct ahead *ahead = run->ahead;
    struct misfits before = ahead->misfits;
    const struct rollout *rollout = core_rollout(run->core);
    misfits_find(&ahead->misfits, run->core, ahead->replica->openings, ahead->durations,
                 run->now_ms, ahead->arena);
    for (uint32_t i = 0; ahead->misfits.count > before.count && i < rollout->target_count; i++) {
        if (misfits_has(&ahead->misfits, i) && !misfits_has(&before, i)) {
            struct event event = {.type = EVENT_TARGET_SKIPPED,
                                  .at_ms = run->now_ms,
                                  .target_skipped = {.target = i, .who = {"", "fits no window"}}};
            core_apply(run->core, &event);
        }
    }
}

/* What somebody has to do before the rollout goes on, until nobody has to. */
static void people_act(struct run *run)
{
    while (run->gate_opened || run->timeline->paused || run->timeline->awaited) {
        if (run->gate_opened) {
            run->gate_opened = false;
            misfits_skip(run);
        } else if (run->timeline->paused) {
            run->timeline->paused = false;
            if (run->resumes < RESUMES_MAX) {
                resume(run);
            }
        } else {
            run->timeline->awaited = false;
            approve(run);
        }
    }
}

/* ---- the beginning ---- */

static void carried_find(struct run *run)
{
    const struct rollout *rollout = core_rollout(run->core);
    size_t target_count = rollout->target_count;
    run->carried_count = target_count;
    run->carried_ms = memory_alloc((target_count + 1) * sizeof *run->carried_ms);
    for (size_t i = 0; i < target_count; i++) {
        uint64_t leased_ms = timeline_target_of(run->timeline, i).leased_ms;
        if (rollout->targets[i].state == TARGET_RUNNING && leased_ms < run->now_ms) {
            run->carried_ms[i] = run->now_ms - leased_ms;
        }
    }
}

static void worker_join(struct run *run, uint64_t instance, uint32_t credit)
{
    struct input input = {.type = INPUT_WORKER_JOINED,
                          .worker_joined = {.worker = {instance, "virtual", credit}}};
    feed(run, &input);
}

/* What the real ones have in hand goes back to the queue, and virtual ones take it. */
static void workers_replace(struct run *run)
{
    const struct rollout *rollout = core_rollout(run->core);
    struct ahead *ahead = run->ahead;
    const struct core *core = run->core;
    uint32_t *credits = memory_alloc((core->worker_count + 1) * sizeof *credits);
    for (size_t i = 0; i < core->worker_count; i++) {
        const struct worker *worker = &core->workers[i];
        if (worker_is_connected(worker) && worker->credit > 0) {
            credits[ahead->workers++] = worker->credit;
        }
    }
    const struct event_epoch_claimed epoch = {.epoch = VIRTUAL_EPOCH, .alone = true};
    core_resume(run->core, &epoch, run->now_ms, &run->output);
    output_take(run);
    run->gate_opened = rollout->digest[0] != '\0';
    run->timeline->paused = rollout->state == ROLLOUT_PAUSED || rollout->hold_count > 0;
    run->timeline->awaited = true; /* if no wave is, nothing is approved */
    people_act(run);
    for (size_t i = 0; i < ahead->workers; i++) {
        worker_join(run, i + 1, credits[i]);
    }
    if (ahead->workers == 0) {
        uint32_t concurrency = run->timeline->concurrency;
        worker_join(run, 1, concurrency > 0 ? concurrency : WORKER_JOBS_MAX);
    }
    free(credits);
}

/* ---- the loop ---- */

/* One result or one tick; false when nothing would ever happen again. */
static bool turn(struct run *run)
{
    uint64_t deadline = core_deadline_ms(run->core);
    uint64_t due = virtual_jobs_first_ms(&run->jobs);
    if (deadline == UINT64_MAX && due == UINT64_MAX) {
        return false;
    }
    if (due <= deadline) {
        run->now_ms = due > run->now_ms ? due : run->now_ms;
        result_feed(run, virtual_jobs_pop(&run->jobs));
        return true;
    }
    struct input tick = {.type = INPUT_TICK};
    /* a deadline in the past must not stand still */
    run->now_ms = deadline > run->now_ms ? deadline : run->now_ms + 1;
    feed(run, &tick);
    return true;
}

static enum ahead_end turns(struct run *run)
{
    uint64_t end_ms = run->now_ms + AHEAD_DAYS_MAX * DAY_MS;
    uint64_t cpu_end_ms = cpu_ms() + AHEAD_CPU_MS_MAX;
    people_act(run);
    for (uint64_t steps = 0; !run->timeline->finished; steps++) {
        if (run->ahead->stop != NULL && atomic_load(run->ahead->stop)) {
            return AHEAD_STOPPED;
        }
        if (steps % LOOK_STEPS == 0 && cpu_ms() >= cpu_end_ms) {
            return AHEAD_TOO_LARGE;
        }
        if (!turn(run)) {
            return AHEAD_STALLED;
        }
        if (run->unseen) {
            return AHEAD_UNSEEN;
        }
        if (run->now_ms >= end_ms) {
            return AHEAD_TOO_LONG;
        }
        people_act(run);
    }
    return AHEAD_FINISHED;
}

enum ahead_end ahead_run(struct ahead *ahead)
{
    struct run run = {.ahead = ahead,
                      .core = ahead->replica->core,
                      .timeline = &ahead->replica->timeline,
                      .now_ms = ahead->now_ms};
    carried_find(&run);
    workers_replace(&run);
    enum ahead_end end = turns(&run);
    core_output_free(&run.output);
    virtual_jobs_free(&run.jobs);
    free(run.carried_ms);
    return end;
}
