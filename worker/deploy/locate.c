/* Where a target stands when it is not where it should be (locate.h). */
#include "worker/deploy/locate.h"

#include <string.h>

#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/message.h"
#include "worker/deploy/position.h"
#include "worker/deploy/stepwise.h"
#include "worker/sql/half_applied.h"
#include "worker/sql/ownership.h"
#include "worker/sql/session.h"

enum { SHOWN_MAX = 10 }; /* version rows in a message */

struct location {
    bool has_version;
    bool has_history;
    struct target_standing standing;
    struct server_seen server; /* of the last history row; timeline NULL: there is none */
};

static const char *texts_join(struct texts texts, struct arena *arena)
{
    const char *joined = texts.count > 0 ? texts.items[0] : "base (no row)";
    for (size_t i = 1; i < texts.count && i < SHOWN_MAX; i++) {
        joined = arena_printf(arena, "%s, %s", joined, texts.items[i]);
    }
    return texts.count <= SHOWN_MAX ? joined : arena_printf(arena, "%s and more", joined);
}

static void moved(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    struct texts actual = deploy->location->standing.heads;
    deploy_heads_set(deploy, actual);
    deploy_refuse(
        deploy, &(struct failure){
                    .cause = FAILURE_CAUSE_MOVED,
                    .sqlstate = SQLSTATE_MOVED,
                    .message = arena_printf(arena, "the version rows are %s, but validation saw %s",
                                            texts_join(actual, arena),
                                            texts_join(deploy->plan.from, arena)),
                    .hint = "validate again: another tool or rollout has changed this target",
                });
}

/* Something else than Drover has moved the version rows while a revision was applied statement by
 * statement: both may have done it. */
static bool is_overtaken(const struct deploy *deploy)
{
    const struct target_standing *standing = &deploy->location->standing;
    const struct stepwise *stepwise = deploy->stepwise;
    bool begun = false;
    for (size_t i = 0; stepwise != NULL && i < stepwise->script->statement_count; i++) {
        begun = begun || stepwise->progress[i] != PROGRESS_NONE;
    }
    if (stepwise == NULL || !stepwise->held || !(begun || stepwise->alone_well)) {
        return false;
    }
    return standing->revision == NULL ||
           strcmp(standing->revision, stepwise->step->revision->id) != 0 ||
           strcmp(standing->direction, step_direction(stepwise->step)) != 0;
}

static void overtaken(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    struct texts actual = deploy->location->standing.heads;
    const char *revision = deploy->stepwise->step->revision->id;
    deploy_heads_set(deploy, actual);
    deploy_refuse(
        deploy,
        &(struct failure){
            .cause = FAILURE_CAUSE_MOVED,
            .sqlstate = SQLSTATE_MOVED,
            .message = arena_printf(arena,
                                    "something else moved the version rows to %s while revision %s "
                                    "was applied statement by statement",
                                    texts_join(actual, arena), revision),
            .hint = arena_printf(arena, "look at what both have done; then %s says where it stands",
                                 half_applied_stamp(actual, deploy->task->job.place.name, arena)),
        });
}

/* Without a history row nothing is said. */
static void location_tell(struct deploy *deploy)
{
    const struct location *location = deploy->location;
    if (location->server.timeline != NULL) {
        deploy->learned.server = location->server;
    }
}

static void located(struct deploy *deploy)
{
    const struct location *location = deploy->location;
    size_t first = 0;
    if (is_overtaken(deploy)) {
        overtaken(deploy);
        return;
    }
    switch (standing_judge(&deploy->plan, deploy->task->job.rollout, &location->standing, &first)) {
    case STANDING_DONE:
        location_tell(deploy);
        deploy_succeed(deploy, JOB_OUTCOME_DONE, location->standing.heads);
        return;
    case STANDING_ALREADY:
        location_tell(deploy);
        deploy_succeed(deploy, JOB_OUTCOME_ALREADY, location->standing.heads);
        return;
    case STANDING_BOUNDARY:
        if (deploy->pending != NULL && first == deploy->first) {
            deploy_heads_set(deploy, location->standing.heads);
            deploy_refuse(deploy, deploy->pending);
            return;
        }
        deploy->pending = NULL;
        if (deploy->locations < DEPLOY_LOCATIONS_MAX) {
            deploy->first = first;
            deploy->location = NULL;
            deploy->runner->segment_start(deploy);
            return;
        }
        break;
    case STANDING_MOVED: break;
    }
    moved(deploy);
}

static void standing_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    struct location *location = deploy->location;
    struct arena *arena = &deploy->task->arena;
    if (PQnfields(result) == 1) {
        location->standing.heads = bookkeeping_heads_read(result, arena);
    } else if (PQnfields(result) == 6 && PQntuples(result) == 1) {
        location->standing.revision = arena_strdup(arena, PQgetvalue(result, 0, 1));
        location->standing.direction = arena_strdup(arena, PQgetvalue(result, 0, 2));
        location->standing.rollout = arena_strdup(arena, PQgetvalue(result, 0, 3));
        location->server.server_identity = arena_strdup(arena, PQgetvalue(result, 0, 4));
        location->server.timeline = arena_strdup(arena, PQgetvalue(result, 0, 5));
    }
}

static void present_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) == 4 && PQntuples(result) == 1) {
        deploy->location->has_version = PQgetvalue(result, 0, 1)[0] == 't';
        deploy->location->has_history = PQgetvalue(result, 0, 2)[0] == 't';
    }
}

static void tables_known(struct deploy *deploy)
{
    if (!deploy->location->has_version) {
        located(deploy);
        return;
    }
    batch_clear(&deploy->batch);
    session_own_begin(&deploy->batch, false);
    for (const char *const *set = ownership_reading(deploy->connection); *set != NULL; set++) {
        buffer_text_append(batch_own(&deploy->batch, "SET"), *set);
    }
    bookkeeping_heads_sql(batch_own(&deploy->batch, NULL), &deploy->tables);
    if (deploy->location->has_history) {
        bookkeeping_last_sql(batch_own(&deploy->batch, NULL), &deploy->tables);
    }
    session_own_end(&deploy->batch);
    deploy_send(deploy, DEPLOY_LOCATING, standing_row, located);
}

/* Reads version rows and the last history row, outside the failed transaction. */
void locate_start(struct deploy *deploy)
{
    deploy->locations++;
    deploy->location = arena_alloc(&deploy->task->arena, sizeof *deploy->location);
    deploy->opening = 0;
    batch_clear(&deploy->batch);
    if (connection_in_transaction(deploy->connection)) {
        buffer_text_append(batch_own(&deploy->batch, "ROLLBACK"), "ROLLBACK;\n");
    }
    session_own_begin(&deploy->batch, false);
    bookkeeping_present_sql(batch_own(&deploy->batch, NULL), &deploy->tables);
    session_own_end(&deploy->batch);
    deploy_send(deploy, DEPLOY_LOCATING, present_row, tables_known);
}
