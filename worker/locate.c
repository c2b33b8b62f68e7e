/* Where a target stands when it is not where it should be (locate.h). */
#include "worker/locate.h"

#include <string.h>

struct location {
    bool has_version;
    bool has_history;
    struct texts heads;
    const char *revision; /* of the last history row; NULL when there is none */
    const char *direction;
    const char *rollout;
    const char *server_identity;
    const char *timeline;
};

static bool texts_equal(struct texts left, struct texts right)
{
    bool equal = left.count == right.count;
    for (size_t i = 0; equal && i < left.count; i++) {
        equal = strcmp(left.items[i], right.items[i]) == 0;
    }
    return equal;
}

static const char *texts_join(struct texts texts, struct arena *arena)
{
    const char *joined = texts.count > 0 ? texts.items[0] : "base (no row)";
    for (size_t i = 1; i < texts.count; i++) {
        joined = arena_printf(arena, "%s, %s", joined, texts.items[i]);
    }
    return joined;
}

/* The last history row was written by this rollout, for exactly this step. */
static bool stands_there_by_us(const struct deploy *deploy, size_t step_index)
{
    const struct location *location = deploy->location;
    const struct plan_step *step = &deploy->plan.steps[step_index];
    return location->rollout != NULL && strcmp(location->rollout, deploy->task->job.rollout) == 0 &&
           strcmp(location->revision, step->revision->id) == 0 &&
           strcmp(location->direction, deploy_direction(step)) == 0;
}

static void moved(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    struct texts actual = deploy->location->heads;
    char *message = arena_printf(arena, "the version rows are %s, but validation saw %s",
                                 texts_join(actual, arena), texts_join(deploy->plan.from, arena));
    task_fail(deploy->task, FAILURE_CAUSE_MOVED, SQLSTATE_MOVED, message, "",
              "validate again: another tool or rollout has changed this target", NULL);
    deploy_heads_set(deploy, actual);
    deploy_unwind(deploy);
}

/* Already at the end; or at a boundary that this rollout reached before it was interrupted; or
 * moved. */
static void located(struct deploy *deploy)
{
    struct texts actual = deploy->location->heads;
    size_t count = deploy->plan.step_count;
    if (texts_equal(actual, deploy->plan.to)) {
        bool by_us = count > 0 && stands_there_by_us(deploy, count - 1);
        if (by_us) {
            deploy->server_identity = deploy->location->server_identity;
            deploy->timeline = deploy->location->timeline;
        }
        deploy_succeed(deploy, by_us ? JOB_OUTCOME_DONE : JOB_OUTCOME_ALREADY, actual);
        return;
    }
    for (size_t at = 0; at < count; at = deploy_segment_end(deploy, at)) {
        struct texts boundary = at == 0 ? deploy->plan.from : deploy->plan.steps[at - 1].rows_after;
        if (texts_equal(actual, boundary) && (at == 0 || stands_there_by_us(deploy, at - 1)) &&
            deploy->locations < DEPLOY_LOCATIONS_MAX) {
            deploy->first = at;
            deploy_segment_start(deploy);
            return;
        }
    }
    moved(deploy);
}

static void standing_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    struct location *location = deploy->location;
    struct arena *arena = &deploy->task->arena;
    if (PQnfields(result) == 1) {
        location->heads = bookkeeping_heads_read(result, arena);
    } else if (PQnfields(result) == 6 && PQntuples(result) == 1) {
        location->revision = arena_strdup(arena, PQgetvalue(result, 0, 1));
        location->direction = arena_strdup(arena, PQgetvalue(result, 0, 2));
        location->rollout = arena_strdup(arena, PQgetvalue(result, 0, 3));
        location->server_identity = arena_strdup(arena, PQgetvalue(result, 0, 4));
        location->timeline = arena_strdup(arena, PQgetvalue(result, 0, 5));
    }
}

static void standing_answered(struct deploy *deploy, const struct pg_fault *fault)
{
    if (fault != NULL) {
        deploy_failed(deploy, fault);
        return;
    }
    located(deploy);
}

static void present_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) == 4 && PQntuples(result) == 1) {
        deploy->location->has_version = PQgetvalue(result, 0, 1)[0] == 't';
        deploy->location->has_history = PQgetvalue(result, 0, 2)[0] == 't';
    }
}

static void present_answered(struct deploy *deploy, const struct pg_fault *fault)
{
    if (fault != NULL) {
        deploy_failed(deploy, fault);
        return;
    }
    if (!deploy->location->has_version) {
        located(deploy);
        return;
    }
    batch_clear(&deploy->batch);
    bookkeeping_heads_sql(batch_own(&deploy->batch, NULL), &deploy->tables);
    if (deploy->location->has_history) {
        bookkeeping_last_sql(batch_own(&deploy->batch, NULL), &deploy->tables);
    }
    deploy_send(deploy, standing_row, standing_answered);
}

/* Reads version rows and the last history row, outside the failed transaction. */
void locate_start(struct deploy *deploy)
{
    deploy->locations++;
    deploy->location = arena_alloc(&deploy->task->arena, sizeof(*deploy->location));
    batch_clear(&deploy->batch);
    if (connection_in_transaction(deploy->connection)) {
        buffer_text_append(batch_own(&deploy->batch, "ROLLBACK"), "ROLLBACK;\n");
    }
    bookkeeping_present_sql(batch_own(&deploy->batch, NULL), &deploy->tables);
    deploy_send(deploy, present_row, present_answered);
}
