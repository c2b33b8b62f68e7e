/* RESULT: what a worker says about a job, if it still is that worker's job. */
#include <stdlib.h>
#include <string.h>

#include "common/revision/stamp.h"
#include "coordinator/core/decide/step.h"

/* What a failed job is known by; texts never NULL. */
struct fault {
    enum failure_cause cause;
    const char *sqlstate;
    const char *message;
    const char *detail;
    const char *hint;
    const char *location;
    bool heads_known;
    struct texts heads;
};

static const char *given(const char *text)
{
    return text != NULL ? text : "";
}

static struct fault fault_of(const struct core_result *result)
{
    bool known = (unsigned)result->cause <= FAILURE_CAUSE_INTERNAL;
    return (struct fault){.cause = known ? result->cause : FAILURE_CAUSE_INTERNAL,
                          .sqlstate = given(result->sqlstate),
                          .message = given(result->message),
                          .detail = given(result->detail),
                          .hint = given(result->hint),
                          .location = given(result->location),
                          .heads_known = result->heads_known,
                          .heads = result->heads};
}

static void source_fail(struct step *step, const struct job *job, const struct fault *fault)
{
    emit(step, (struct event){.type = EVENT_SOURCE_FAILED,
                              .source_failed = {.source = job->subject,
                                                .cause = failure_cause_word(fault->cause),
                                                .sqlstate = fault->sqlstate,
                                                .message = fault->message,
                                                .detail = fault->detail,
                                                .hint = fault->hint}});
}

static void target_refuse(struct step *step, const struct job *job, const struct fault *fault)
{
    emit(step, (struct event){.type = EVENT_TARGET_REFUSED,
                              .target_refused = {.job = job->id,
                                                 .target = job->subject,
                                                 .cause = failure_cause_word(fault->cause),
                                                 .sqlstate = fault->sqlstate,
                                                 .message = fault->message,
                                                 .detail = fault->detail,
                                                 .hint = fault->hint,
                                                 .heads_known = fault->heads_known,
                                                 .heads = fault->heads}});
}

static void target_fail(struct step *step, const struct job *job, const struct fault *fault)
{
    emit(step, (struct event){.type = EVENT_TARGET_FAILED,
                              .target_failed = {.job = job->id,
                                                .target = job->subject,
                                                .cause = failure_cause_word(fault->cause),
                                                .sqlstate = fault->sqlstate,
                                                .message = fault->message,
                                                .detail = fault->detail,
                                                .hint = fault->hint,
                                                .location = fault->location,
                                                .heads_known = fault->heads_known,
                                                .heads = fault->heads}});
}

static void check_fail(struct step *step, const struct job *job, const struct fault *fault)
{
    emit(step, (struct event){.type = EVENT_CHECK_FAILED,
                              .check_failed = {.job = job->id,
                                               .target = job->subject,
                                               .cause = failure_cause_word(fault->cause),
                                               .sqlstate = fault->sqlstate,
                                               .message = fault->message,
                                               .detail = fault->detail,
                                               .hint = fault->hint,
                                               .location = fault->location}});
}

/* Again later, or for good. */
static void job_failed(struct step *step, const struct job *job, const struct fault *fault)
{
    const struct rollout *rollout = &step->core->rollout;
    if (job->kind == JOB_PROBE) {
        probe_failed(step, job, fault->message);
        return;
    }
    struct retry_policy policy = {rollout->policy.retry_attempts,
                                  rollout->policy.retry_backoff_min_ms,
                                  rollout->policy.retry_backoff_max_ms};
    uint32_t tries = 1 + (job->kind == JOB_DISCOVER ? rollout->sources[job->subject].tries
                                                    : rollout->targets[job->subject].tries);
    uint64_t delay_ms = 0;
    if (retry_wanted(&policy, job->kind, fault->cause, fault->sqlstate, tries, step->chance,
                     &delay_ms)) {
        emit(step, (struct event){.type = EVENT_JOB_POSTPONED,
                                  .job_postponed = {.job = job->id,
                                                    .not_before_ms = step->at_ms + delay_ms,
                                                    .cause = failure_cause_word(fault->cause),
                                                    .sqlstate = fault->sqlstate,
                                                    .message = fault->message}});
        return;
    }
    switch (job->kind) {
    case JOB_DISCOVER: source_fail(step, job, fault); break;
    case JOB_INSPECT: target_refuse(step, job, fault); break;
    case JOB_DEPLOY: target_fail(step, job, fault); break;
    case JOB_CHECK: check_fail(step, job, fault); break;
    case JOB_PROBE: break; /* has answered above */
    }
}

static void discover_done(struct step *step, const struct job *job,
                          const struct core_result *result)
{
    uint32_t source = job->subject;
    const char *password = step->core->rollout.sources[source].password;
    for (size_t i = 0; i < result->found_count; i++) {
        target_found(step, &result->found[i], password);
    }
    emit(step, (struct event){
                   .type = EVENT_SOURCE_LISTED,
                   .source_listed = {.source = source, .found = (uint32_t)result->found_count}});
}

static int text_compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static struct texts texts_sorted(struct arena *arena, struct texts texts)
{
    struct texts sorted = arena_texts(arena, texts);
    if (sorted.count > 1) {
        qsort((void *)sorted.items, sorted.count, sizeof *sorted.items, text_compare);
    }
    return sorted;
}

/* The way from `heads`; for a survey it leads nowhere. */
static int path_find(struct step *step, struct texts heads, struct event_path_planned *path,
                     struct fault *fault)
{
    const struct core *core = step->core;
    struct arena *arena = &step->output->arena;
    *path = (struct event_path_planned){.from = heads, .to = heads};
    if (core->rollout.policy.purpose == PURPOSE_SURVEY) {
        return 0;
    }
    struct plan plan = {0};
    struct error error = {0};
    const struct graph *graph = rollout_graph(core, &core->rollout, &error);
    if (graph == NULL) {
        fault->cause = FAILURE_CAUSE_INTERNAL;
        fault->message = arena_strdup(arena, error.message);
        return -1;
    }
    const struct event_rollout_started *policy = &core->rollout.policy;
    int planned = core->rollout.policy.direction == DIRECTION_STAMP
                      ? stamp_make(graph, stamp_specs(policy->spec, arena), policy->purge, heads,
                                   arena, &plan, &error)
                      : plan_make(graph, core->rollout.policy.direction, policy->spec, heads, arena,
                                  &plan, &error);
    if (planned < 0) {
        fault->cause = plan.fault == PLAN_FAULT_UNKNOWN_ROW ? FAILURE_CAUSE_UNKNOWN_REVISION
                                                            : FAILURE_CAUSE_PATH;
        fault->message = arena_strdup(arena, error.message);
        fault->hint = arena_strdup(arena, error.hint);
        return -1;
    }
    path->steps = plan_step_names(arena, &plan);
    path->to = path->steps.count > 0 ? texts_sorted(arena, plan.to) : heads;
    return 0;
}

static void inspect_done(struct step *step, const struct job *job, const struct core_result *result)
{
    const struct rollout *rollout = &step->core->rollout;
    struct fault fault = {.cause = FAILURE_CAUSE_INTERNAL,
                          .sqlstate = "",
                          .message = "the worker did not say at which revision the database is",
                          .detail = "",
                          .hint = "",
                          .location = "",
                          .heads_known = result->heads_known};
    if (!result->heads_known) {
        target_refuse(step, job, &fault);
        return;
    }
    struct texts heads = texts_sorted(&step->output->arena, result->heads);
    fault.heads = heads;
    uint32_t number = NUMBER_NONE;
    struct error error = {0};
    if (rollout_is_rollback(rollout)) {
        if (rollback_path(step, job->subject, heads, &number, &error) < 0) {
            fault.cause = FAILURE_CAUSE_MOVED;
            fault.message = arena_strdup(&step->output->arena, error.message);
            fault.hint = arena_strdup(&step->output->arena, error.hint);
            target_refuse(step, job, &fault);
            return;
        }
    } else {
        number = rollout_path_find(rollout, heads);
    }
    if (number == NUMBER_NONE) {
        struct event_path_planned path;
        if (path_find(step, heads, &path, &fault) < 0) {
            target_refuse(step, job, &fault);
            return;
        }
        number = rollout->path_count;
        emit(step, (struct event){.type = EVENT_PATH_PLANNED, .path_planned = path});
    }
    emit(step,
         (struct event){.type = EVENT_TARGET_VALIDATED,
                        .target_validated = {.job = job->id,
                                             .target = job->subject,
                                             .path = number,
                                             .server_identity = given(result->server_identity),
                                             .timeline = given(result->timeline),
                                             .seen = result->seen,
                                             .gone = result->gone}});
}

static void deploy_done(struct step *step, const struct job *job, const struct core_result *result)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target *target = &rollout->targets[job->subject];
    struct texts to = intern_set_texts(&rollout->intern, rollout->paths[target->path].to);
    struct texts heads = texts_sorted(&step->output->arena, result->heads);
    if (result->heads_known && !texts_equal(to, heads)) {
        struct fault fault = {.cause = FAILURE_CAUSE_INTERNAL,
                              .sqlstate = "",
                              .message = "the worker says done, but the database is elsewhere",
                              .detail = "",
                              .hint = "",
                              .location = "",
                              .heads_known = true,
                              .heads = heads};
        target_fail(step, job, &fault);
        return;
    }
    emit(step, (struct event){.type = EVENT_TARGET_DEPLOYED,
                              .target_deployed = {.job = job->id,
                                                  .target = job->subject,
                                                  .already = result->outcome == JOB_OUTCOME_ALREADY,
                                                  .elapsed_ms = result->elapsed_ms}});
}

static void result_decide(struct step *step, const struct job *job,
                          const struct core_result *result)
{
    struct fault fault = fault_of(result);
    switch (result->outcome) {
    case JOB_OUTCOME_DONE:
    case JOB_OUTCOME_ALREADY:
        switch (job->kind) {
        case JOB_DISCOVER: discover_done(step, job, result); break;
        case JOB_INSPECT: inspect_done(step, job, result); break;
        case JOB_DEPLOY: deploy_done(step, job, result); break;
        case JOB_CHECK:
            emit(step, (struct event){.type = EVENT_CHECK_PASSED,
                                      .check_passed = {.job = job->id, .target = job->subject}});
            break;
        case JOB_PROBE: probe_done(step, job, result->values); break;
        }
        return;
    case JOB_OUTCOME_CANCELLED:
        emit(step, (struct event){.type = EVENT_JOB_CANCELLED, .job_cancelled = {job->id}});
        return;
    case JOB_OUTCOME_NONE:
    case JOB_OUTCOME_FAILED: break;
    }
    job_failed(step, job, &fault);
}

void step_result(struct step *step, const struct core_result *result)
{
    const struct job *job = job_find(step->core, result->job);
    if (job != NULL && job->epoch == result->epoch && job->attempt == result->attempt &&
        job->worker == result->worker) {
        const struct worker *worker = worker_find(step->core, job->worker);
        if (worker == NULL || !worker_is_connected(worker)) {
            return; /* its hello comes first and presents the job; unacknowledged, it sends again */
        }
        struct job copy = *job; /* the lease ends in the middle */
        result_decide(step, &copy, result);
    }
    struct command *command = command_add(step, COMMAND_ACK_RESULT, result->worker);
    command->job_id = result->job;
    command->epoch = result->epoch;
}
