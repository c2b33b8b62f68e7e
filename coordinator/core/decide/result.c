/* RESULT: what a worker says about a job, if it still is that worker's job. */
#include "coordinator/core/decide/result.h"

#include <string.h>

#include "common/revision/stamp.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/found_targets.h"
#include "coordinator/core/decide/orphans.h"
#include "coordinator/core/decide/outage.h"
#include "coordinator/core/decide/retry.h"
#include "coordinator/core/decide/rollback.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/throttle.h"
#include "coordinator/core/decide/timeline.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/worker.h"

static void target_refuse(struct step *step, const struct job *job, const struct failure *failure,
                          struct version_rows rows)
{
    emit(step, (struct event){.type = EVENT_TARGET_REFUSED,
                              .target_refused = {.job = job->lease.job,
                                                 .target = job->lease.subject,
                                                 .failure = *failure,
                                                 .rows = rows}});
}

static void target_fail(struct step *step, const struct job *job, const struct failure *failure,
                        struct version_rows rows)
{
    emit(step, (struct event){.type = EVENT_TARGET_FAILED,
                              .target_failed = {.job = job->lease.job,
                                                .target = job->lease.subject,
                                                .failure = *failure,
                                                .rows = rows}});
}

/* Whether the target has vanished, which is no failure: its server does not know it, and it was
 * there before. A catalogue may name what never was. */
static bool target_vanished(const struct rollout *rollout, const struct job *job,
                            const struct failure *failure)
{
    if (job->lease.kind != JOB_INSPECT && job->lease.kind != JOB_DEPLOY) {
        return false;
    }
    enum target_origin origin = rollout->targets[job->lease.subject].origin;
    bool was_there = origin == TARGET_ORIGIN_SEEN ||
                     (origin == TARGET_ORIGIN_LISTED &&
                      (job->lease.kind == JOB_DEPLOY || rollout_is_rollback(rollout)));
    return was_there && (failure->cause == FAILURE_CAUSE_NO_DATABASE ||
                         failure->cause == FAILURE_CAUSE_NO_SCHEMA ||
                         failure->cause == FAILURE_CAUSE_CLOSED_DATABASE);
}

/* Again later, or for good. */
static void job_failed(struct step *step, const struct job *job, const struct failure *failure,
                       struct version_rows rows)
{
    const struct rollout *rollout = &step->core->rollout;
    if (outage_charge(step, job, failure)) {
        return;
    }
    if (job->lease.kind == JOB_PROBE) {
        probe_failed(step, job, text_or_empty(failure->message));
        return;
    }
    if (target_vanished(rollout, job, failure)) {
        emit(step, (struct event){.type = EVENT_TARGET_GONE,
                                  .target_gone = {.job = job->lease.job,
                                                  .target = job->lease.subject,
                                                  .failure = *failure}});
        return;
    }
    uint32_t tries =
        1 + (job->lease.kind == JOB_DISCOVER ? rollout->sources[job->lease.subject].trial.tries
                                             : rollout->targets[job->lease.subject].trial.tries);
    uint64_t delay_ms = 0;
    if (retry_wanted(&rollout->policy.limits, job->lease.kind, failure, tries, step->chance,
                     &delay_ms)) {
        emit(step, (struct event){.type = EVENT_JOB_POSTPONED,
                                  .job_postponed = {.job = job->lease.job,
                                                    .not_before_ms = step->at_ms + delay_ms,
                                                    .failure = *failure}});
        return;
    }
    switch (job->lease.kind) {
    case JOB_DISCOVER:
        emit(step,
             (struct event){.type = EVENT_SOURCE_FAILED,
                            .source_failed = {.source = job->lease.subject, .failure = *failure}});
        break;
    case JOB_INSPECT: target_refuse(step, job, failure, rows); break;
    case JOB_DEPLOY: target_fail(step, job, failure, rows); break;
    case JOB_CHECK:
        if (timeline_is_asked(step, job->lease.subject)) {
            timeline_unsure(step, job->lease.job, job->lease.subject, failure);
            break;
        }
        emit(step, (struct event){.type = EVENT_CHECK_FAILED,
                                  .check_failed = {.job = job->lease.job,
                                                   .target = job->lease.subject,
                                                   .failure = *failure}});
        break;
    case JOB_PROBE: break; /* has answered above */
    }
}

/* A pattern with a typo must not leave a part of the fleet out. What vanishes from a rollout under
 * way is no matter of the pattern. */
static bool found_too_few(struct step *step, const struct source_definition *source, size_t found,
                          struct failure *failure)
{
    if (step->core->rollout.digest[0] != '\0' || found >= source->least) {
        return false;
    }
    struct arena *arena = &step->output->arena;
    const char *pattern = source->discovery.databases[0] != '\0' ? source->discovery.databases
                                                                 : source->discovery.schemas;
    const char *what = source->discovery.query[0] != '\0'
                           ? "the query gives"
                           : arena_printf(arena, "the pattern \"%s\" matches", pattern);
    *failure = (struct failure){
        .cause = FAILURE_CAUSE_DISCOVERY,
        .message = found == 0 ? arena_printf(arena, "%s nothing", what)
                              : arena_printf(arena, "%s %zu, which is less than %u", what, found,
                                             source->least),
        .hint = "is it spelt right, and may the role see them? `min` says how many it takes"};
    return true;
}

static void discover_done(struct step *step, const struct job *job,
                          const struct message_result *result)
{
    uint32_t source = job->lease.subject;
    const struct source_definition *definition = &step->core->rollout.sources[source].definition;
    struct failure failure;
    if (found_too_few(step, definition, result->found.count, &failure)) {
        emit(step, (struct event){.type = EVENT_SOURCE_FAILED,
                                  .source_failed = {.source = source, .failure = failure}});
        return;
    }
    enum target_origin origin =
        definition->discovery.query[0] != '\0' ? TARGET_ORIGIN_LISTED : TARGET_ORIGIN_SEEN;
    for (size_t i = 0; i < result->found.count; i++) {
        struct found_target found = result->found.items[i];
        found.place.password = definition->place.password;
        found.place.search_path = definition->place.search_path;
        target_found(step, &found, origin);
    }
    emit(step, (struct event){
                   .type = EVENT_SOURCE_LISTED,
                   .source_listed = {.source = source, .found = (uint32_t)result->found.count}});
}

static struct texts texts_sorted(struct arena *arena, struct texts texts)
{
    struct texts sorted = arena_texts(arena, texts);
    texts_sort((const char **)sorted.items, sorted.count);
    return sorted;
}

/* Where a stamp leads: where all are sent, or for an adoption where this target stands. */
static struct texts stamp_destinations(const struct rollout_request *request,
                                       const struct message_result *result, struct arena *arena)
{
    static const char *const base[] = {"base"};
    if (!request_adopts(request)) {
        return stamp_specs(request->spec, arena);
    }
    return result->adopts.count > 0 ? result->adopts : (struct texts){base, 1};
}

/* The way from `heads`; for a survey it leads nowhere. */
static int path_find(struct step *step, const struct message_result *result, struct texts heads,
                     struct event_path_planned *path, struct failure *failure)
{
    const struct core *core = step->core;
    struct arena *arena = &step->output->arena;
    *path = (struct event_path_planned){.from = heads, .to = heads};
    if (core->rollout.policy.request.purpose == PURPOSE_SURVEY) {
        return 0;
    }
    struct plan plan = {0};
    struct error error = {0};
    const struct graph *graph = rollout_graph(core, &core->rollout, &error);
    if (graph == NULL) {
        failure->cause = FAILURE_CAUSE_INTERNAL;
        failure->message = arena_strdup(arena, error.message);
        return -1;
    }
    const struct event_rollout_started *policy = &core->rollout.policy;
    int planned = -1;
    if (policy->request.direction == DIRECTION_STAMP) {
        planned = stamp_make(graph, stamp_destinations(&policy->request, result, arena),
                             policy->request.purge, result->half_done, heads, arena, &plan, &error);
    } else {
        planned = plan_make(graph, policy->request.direction, policy->request.spec, heads, arena,
                            &plan, &error);
    }
    if (planned < 0) {
        failure->cause = plan.fault == PLAN_FAULT_UNKNOWN_ROW ? FAILURE_CAUSE_UNKNOWN_REVISION
                                                              : FAILURE_CAUSE_PATH;
        failure->message = arena_strdup(arena, error.message);
        failure->hint = arena_strdup(arena, error.hint);
        return -1;
    }
    path->steps = plan_step_names(arena, &plan);
    path->sharing = plan_steps_sharing(graph, path->steps);
    path->to = path->steps.count > 0 ? texts_sorted(arena, plan.to) : heads;
    return 0;
}

/* Whether the path undoes a revision that never ran, or leaves the target standing at it. */
static bool path_meets(const struct rollout *rollout, uint32_t number, const char *late)
{
    const struct intern *intern = &rollout->intern;
    struct texts steps = intern_set_texts(intern, rollout->paths[number].steps);
    struct texts to = intern_set_texts(intern, rollout->paths[number].to);
    bool meets = false;
    for (size_t i = 0; i < steps.count; i++) {
        meets = meets || strcmp(steps.items[i] + 1, late) == 0;
    }
    for (size_t i = 0; steps.count > 0 && i < to.count; i++) {
        meets = meets || strcmp(to.items[i], late) == 0;
    }
    return meets;
}

static bool late_refuse(struct step *step, const struct job *job, uint32_t path, const char *late,
                        struct version_rows rows)
{
    if (late[0] == '\0' || !path_meets(&step->core->rollout, path, late)) {
        return false;
    }
    struct arena *arena = &step->output->arena;
    const struct failure failure = {
        .cause = FAILURE_CAUSE_LATE_REVISION,
        .message = arena_printf(arena, "revision %s never ran here, and this would undo it", late),
        .hint = "run its SQL by hand, or `drover stamp --purge` what is applied without it"};
    target_refuse(step, job, &failure, rows);
    return true;
}

/* Whether the server cannot parse a step of the path. */
static bool unread_refuse(struct step *step, const struct job *job, uint32_t path,
                          const struct unread_step_list *unread, struct version_rows rows)
{
    const struct rollout *rollout = &step->core->rollout;
    struct texts steps = intern_set_texts(&rollout->intern, rollout->paths[path].steps);
    for (size_t i = 0; i < unread->count; i++) {
        for (size_t j = 0; j < steps.count; j++) {
            if (strcmp(unread->items[i].step, steps.items[j]) == 0) {
                target_refuse(step, job, &unread->items[i].failure, rows);
                return true;
            }
        }
    }
    return false;
}

/* The first script on the path that wants settings for a statement that runs in no transaction; NULL when
 * there is none. */
static const struct revision *path_session(const struct core *core, uint32_t path, bool in_schema)
{
    const struct rollout *rollout = &core->rollout;
    struct texts steps = intern_set_texts(&rollout->intern, rollout->paths[path].steps);
    struct error ignored; /* the path was planned with it */
    const struct graph *graph = steps.count > 0 ? rollout_graph(core, rollout, &ignored) : NULL;
    for (size_t i = 0; graph != NULL && i < steps.count; i++) {
        const struct revision *revision = graph_find(graph, steps.items[i] + 1);
        bool up = steps.items[i][0] == '+';
        bool runs = revision != NULL && (up || steps.items[i][0] == '-') &&
                    !(up ? revision->up : revision->down).transactional;
        if (runs && revision_needs_session(revision, up, in_schema)) {
            return revision;
        }
    }
    return NULL;
}

static bool session_refuse(struct step *step, const struct job *job, uint32_t path,
                           struct version_rows rows)
{
    const struct target *target = &step->core->rollout.targets[job->lease.subject];
    bool in_schema = target->place.schema[0] != '\0';
    const struct revision *revision = path_session(step->core, path, in_schema);
    if (revision == NULL) {
        return false;
    }
    const struct failure failure = {
        .cause = FAILURE_CAUSE_POOLING,
        .message = arena_printf(
            &step->output->arena,
            "a pooler stands before the server, so that %s of revision %s that runs in no "
            "transaction",
            in_schema ? "the schema's search_path does not reach a statement"
                      : "what SET says does not reach a statement",
            revision->id),
        .hint = "name the server itself in the target's URL",
        .location = arena_strdup(&step->output->arena, revision->path)};
    target_refuse(step, job, &failure, rows);
    return true;
}

/* Why the worker cannot run the revision; NULL: it can. */
static const struct inability *inability_of(const struct inability_list *inabilities,
                                            const struct revision *revision)
{
    for (size_t i = 0; i < inabilities->count; i++) {
        const char *named = inabilities->items[i].revision;
        if (named[0] == '\0' || strcmp(named, revision->id) == 0) {
            return &inabilities->items[i];
        }
    }
    return NULL;
}

/* The first step on the path that only Alembic can run, and the worker cannot; NULL when there is none. */
static const struct revision *path_unable(const struct core *core, uint32_t path,
                                          const struct inability_list *inabilities)
{
    const struct rollout *rollout = &core->rollout;
    struct texts steps = intern_set_texts(&rollout->intern, rollout->paths[path].steps);
    struct error ignored; /* the path was planned with it */
    const struct graph *graph = steps.count > 0 ? rollout_graph(core, rollout, &ignored) : NULL;
    for (size_t i = 0; graph != NULL && i < steps.count; i++) {
        char kind = steps.items[i][0];
        const struct revision *revision =
            kind != '=' ? graph_find(graph, steps.items[i] + 1) : NULL;
        if (revision != NULL && (kind == '+' ? revision->up : revision->down).alembic != NULL &&
            inability_of(inabilities, revision) != NULL) {
            return revision;
        }
    }
    return NULL;
}

static bool python_refuse(struct step *step, const struct job *job, uint32_t path,
                          const struct inability_list *inabilities, struct version_rows rows)
{
    struct arena *arena = &step->output->arena;
    const struct revision *revision =
        inabilities->count > 0 ? path_unable(step->core, path, inabilities) : NULL;
    if (revision == NULL) {
        return false;
    }
    const struct inability *inability = inability_of(inabilities, revision);
    const char *hint = text_or_empty(inability->hint);
    const struct failure failure = {
        .cause = FAILURE_CAUSE_PYTHON,
        .message =
            arena_printf(arena,
                         "revision %s runs Python on each target, and the worker cannot run it: "
                         "%s",
                         revision->id, inability->reason),
        .hint = hint[0] != '\0'
                    ? hint
                    : "the worker needs the project as it was planned (`migrations` in its "
                      "drover.yaml) and a Python with Alembic and a driver; `python: never` there "
                      "does without",
        .location = arena_strdup(arena, revision->path)};
    target_refuse(step, job, &failure, rows);
    return true;
}

static void inspect_done(struct step *step, const struct job *job,
                         const struct message_result *result)
{
    const struct rollout *rollout = &step->core->rollout;
    struct failure failure = {.cause = FAILURE_CAUSE_INTERNAL,
                              .message =
                                  "the worker did not say at which revision the database is"};
    struct version_rows rows = result->rows;
    if (!rows.heads_known) {
        target_refuse(step, job, &failure, rows);
        return;
    }
    struct texts heads = texts_sorted(&step->output->arena, rows.heads);
    rows.heads = heads;
    uint32_t number = NUMBER_NONE;
    struct error error = {0};
    if (rollout_is_rollback(rollout)) {
        if (rollback_path(step, job->lease.subject, heads, &number, &failure.cause, &error) < 0) {
            failure.message = arena_strdup(&step->output->arena, error.message);
            failure.hint = arena_strdup(&step->output->arena, error.hint);
            target_refuse(step, job, &failure, rows);
            return;
        }
    } else if (request_adopts(&rollout->policy.request) && !result->adopted) {
        failure.message = "the worker did not look at the other tool's version table";
        target_refuse(step, job, &failure, rows);
        return;
    } else if (!request_adopts(&rollout->policy.request)) {
        number = rollout_path_find(rollout, heads);
    }
    if (number == NUMBER_NONE) {
        struct event_path_planned path;
        if (path_find(step, result, heads, &path, &failure) < 0) {
            target_refuse(step, job, &failure, rows);
            return;
        }
        number = rollout_path_same(rollout, path.from, path.to);
        if (number == NUMBER_NONE) {
            number = rollout->path_count;
            emit(step, (struct event){.type = EVENT_PATH_PLANNED, .path_planned = path});
        }
    }
    if (late_refuse(step, job, number, text_or_empty(result->late), rows) ||
        unread_refuse(step, job, number, &result->unread, rows) ||
        python_refuse(step, job, number, &result->inabilities, rows) ||
        (result->pooled && session_refuse(step, job, number, rows))) {
        return;
    }
    emit(step, (struct event){.type = EVENT_TARGET_VALIDATED,
                              .target_validated = {.job = job->lease.job,
                                                   .target = job->lease.subject,
                                                   .path = number,
                                                   .seen = result->seen,
                                                   .unfinished = rows.unfinished}});
}

static void deploy_done(struct step *step, const struct job *job,
                        const struct message_result *result)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target *target = &rollout->targets[job->lease.subject];
    struct texts to = intern_set_texts(&rollout->intern, rollout->paths[target->path].to);
    struct texts heads = texts_sorted(&step->output->arena, result->rows.heads);
    if (result->rows.heads_known && !texts_equal(to, heads)) {
        const struct failure failure = {.cause = FAILURE_CAUSE_INTERNAL,
                                        .message =
                                            "the worker says done, but the database is elsewhere"};
        target_fail(step, job, &failure,
                    (struct version_rows){.heads_known = true, .heads = heads});
        return;
    }
    if (timeline_is_over(step, job->lease.subject, text_or_empty(result->seen.server.timeline))) {
        const struct failure failure = {.cause = FAILURE_CAUSE_CONNECTION,
                                        .message = "deployed at a timeline that its server has "
                                                   "left since, as before a failover"};
        job_failed(step, job, &failure, (struct version_rows){0});
        return;
    }
    emit(step, (struct event){
                   .type = EVENT_TARGET_DEPLOYED,
                   .target_deployed = {.job = job->lease.job,
                                       .target = job->lease.subject,
                                       .already = result->outcome == JOB_OUTCOME_ALREADY,
                                       .elapsed_ms = result->elapsed_ms,
                                       .timeline = text_or_empty(result->seen.server.timeline)}});
}

static void remarks_emit(struct step *step, const struct job *job,
                         const struct message_result *result)
{
    for (size_t i = 0; job->lease.kind == JOB_DEPLOY && i < result->remarks.count; i++) {
        emit(step, (struct event){.type = EVENT_SCRIPT_SPOKE,
                                  .script_spoke = {.target = job->lease.subject,
                                                   .remark = result->remarks.items[i]}});
    }
}

static void result_decide(struct step *step, const struct job *job,
                          const struct message_result *result)
{
    switch (result->outcome) {
    case JOB_OUTCOME_DONE:
    case JOB_OUTCOME_ALREADY:
        switch (job->lease.kind) {
        case JOB_DISCOVER: discover_done(step, job, result); break;
        case JOB_INSPECT: inspect_done(step, job, result); break;
        case JOB_DEPLOY: deploy_done(step, job, result); break;
        case JOB_CHECK:
            emit(step, (struct event){
                           .type = EVENT_CHECK_PASSED,
                           .check_passed = {.job = job->lease.job, .target = job->lease.subject}});
            timeline_doubt(step, job->lease.subject);
            break;
        case JOB_PROBE: probe_done(step, job, result->values); break;
        }
        return;
    case JOB_OUTCOME_CANCELLED:
        emit(step, (struct event){.type = EVENT_JOB_CANCELLED,
                                  .job_cancelled = {job->lease.job, result->rows.unfinished}});
        return;
    case JOB_OUTCOME_NONE:
    case JOB_OUTCOME_FAILED: break;
    }
    job_failed(step, job, &result->failure, result->rows);
}

void step_result(struct step *step, uint64_t worker, const struct message_result *result)
{
    const struct job *job = job_find(step->core, result->try.key.job);
    if (job != NULL && job_is_at(job, &result->try) && job->lease.worker == worker) {
        const struct worker *leased = worker_find(step->core, worker);
        if (leased == NULL || !worker_is_connected(leased)) {
            return; /* its hello comes first and presents the job; unacknowledged, it sends again */
        }
        struct job copy = *job; /* the lease ends in the middle */
        remarks_emit(step, &copy, result);
        outage_notice(step, &copy, result);
        if (job_is_of_target(&copy)) {
            timeline_heard(step, copy.lease.subject, text_or_empty(result->seen.server.timeline));
        }
        result_decide(step, &copy, result);
    } else {
        orphan_reported(step, result);
    }
    acknowledge_job(step, worker, result->try.key);
}
