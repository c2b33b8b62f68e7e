/* Non-transactional revisions (statements.h).
 *
 * start -> lock -> load progress -> next statement -> ... -> move the version rows -> leave
 */
#include "worker/deploy/statements.h"

#include <stdlib.h>
#include <string.h>

#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/alone.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/index_repair.h"
#include "worker/deploy/message.h"
#include "worker/deploy/position.h"
#include "worker/deploy/stepwise.h"
#include "worker/deploy/transaction.h"

static void statement_next(struct deploy *deploy);

static void statement_done(struct deploy *deploy)
{
    deploy->stepwise->progress[deploy->stepwise->at] = PROGRESS_DONE;
    deploy->stepwise->at++;
    deploy->busy_since_ms = 0;
    statement_next(deploy);
}

/* ---- ordinary statements ---- */

static void ordinary_run(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    transaction_open(deploy, &stepwise->key);
    transaction_path(deploy, true);
    stepwise_settings(deploy);
    batch_script(&deploy->batch, stepwise->step->revision, stepwise_current(deploy));
    transaction_clean(deploy);
    stepwise_progress_write(deploy, "done");
    transaction_commit(deploy, statement_done);
}

/* ---- from statement to statement: those that run alone ---- */

/* The statement in hand cannot be run: `failure` says why, without a place. */
static void refuse_here(struct deploy *deploy, const struct failure *failure)
{
    struct failure here = *failure;
    here.sqlstate = SQLSTATE_FEATURE_NOT_SUPPORTED;
    here.location =
        arena_printf(&deploy->task->arena, "%s:%u", deploy->stepwise->step->revision->path,
                     stepwise_current(deploy)->line);
    deploy_refuse(deploy, &here);
}

/* Begins a statement that runs alone. */
static void statement_look(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    const struct statement *statement = stepwise_current(deploy);
    bool resumed = stepwise->progress[stepwise->at] == PROGRESS_RUNNING;
    stepwise->overlooked = false;
    if (stepwise->pooled && (deploy->task->job.schema[0] != '\0' || stepwise->has_settings)) {
        refuse_here(deploy,
                    &(struct failure){
                        .cause = FAILURE_CAUSE_SQL,
                        .message = "a pooler stands before the server, so that no search_path or "
                                   "other setting reaches a statement that cannot run in a "
                                   "transaction",
                        .hint = "give the target a direct connection",
                    });
    } else if (resumed && statement->kind != STATEMENT_REPEATABLE &&
               statement->index_name[0] == '\0') {
        refuse_here(deploy,
                    &(struct failure){
                        .cause = FAILURE_CAUSE_HALF_APPLIED,
                        .message = "an index without a name was being built when an attempt ended, "
                                   "so it cannot be told whether it was finished",
                        .hint = "look at the table's indexes; name indexes in migrations",
                    });
    } else if (resumed) {
        heal_orphan(deploy);
    } else if (statement->kind == STATEMENT_REPEATABLE || statement->index_name[0] == '\0') {
        alone_run(deploy);
    } else {
        heal_index(deploy);
    }
}

/* ---- from statement to statement ---- */

static void lock_released(struct deploy *deploy)
{
    deploy->locked = false;
    deploy->runner->segment_start(deploy);
}

static void leave(struct deploy *deploy)
{
    deploy_segment_over(deploy);
    if (deploy->stepwise->pooled) {
        deploy->runner->segment_start(deploy);
        return;
    }
    stepwise_begin(deploy);
    buffer_text_append(batch_own(&deploy->batch, "DISCARD ALL"), "DISCARD ALL");
    stepwise_send(deploy, NULL, lock_released);
}

/* The version rows move, history is written and progress forgotten, all in one transaction. */
static void conclude(struct deploy *deploy)
{
    transaction_open(deploy, &deploy->stepwise->key);
    transaction_record(deploy);
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_printf(sql, "DELETE FROM %s WHERE ", deploy->tables.progress);
    stepwise_key_append(deploy, sql);
    buffer_text_append(sql, ";\n");
    transaction_commit(deploy, leave);
}

static void statement_next(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    while (stepwise->at < stepwise->script->statement_count &&
           (stepwise_is_setting(stepwise_current(deploy)) ||
            stepwise->progress[stepwise->at] == PROGRESS_DONE)) {
        stepwise->has_settings =
            stepwise->has_settings || stepwise_is_setting(stepwise_current(deploy));
        stepwise->at++;
    }
    if (stepwise->at == stepwise->script->statement_count) {
        conclude(deploy);
    } else if (stepwise_current(deploy)->kind == STATEMENT_ORDINARY) {
        ordinary_run(deploy);
    } else {
        statement_look(deploy);
    }
}

/* ---- beginning ---- */

static void progress_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    struct stepwise *stepwise = deploy->stepwise;
    for (int row = 0; PQnfields(result) == 3 && row < PQntuples(result); row++) {
        unsigned long number = strtoul(PQgetvalue(result, row, 0), NULL, 10);
        if (number >= 1 && number <= stepwise->script->statement_count) {
            bool done = strcmp(PQgetvalue(result, row, 1), "done") == 0;
            stepwise->progress[number - 1] = done ? PROGRESS_DONE : PROGRESS_RUNNING;
            stepwise->backend[number - 1] = atoi(PQgetvalue(result, row, 2));
        }
    }
}

/* Makes the tables, asserts version rows and checksum, reads how far an earlier attempt came. */
static void progress_load(struct deploy *deploy)
{
    transaction_open(deploy, &deploy->stepwise->key);
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_printf(sql, "SELECT statement, state, coalesce(backend_pid, 0) FROM %s WHERE ",
                  deploy->tables.progress);
    stepwise_key_append(deploy, sql);
    buffer_text_append(sql, " ORDER BY statement;\n");
    deploy->row_wanted = progress_row;
    transaction_commit(deploy, statement_next);
}

static void lock_try(struct deploy *deploy);

static void lock_tried(struct deploy *deploy)
{
    if (!deploy->stepwise->answer) {
        deploy_poll(deploy, lock_try, "another session is deploying to this target");
        return;
    }
    deploy->locked = true;
    deploy->busy_since_ms = 0;
    progress_load(deploy);
}

static void lock_try(struct deploy *deploy)
{
    stepwise_begin(deploy);
    buffer_printf(batch_own(&deploy->batch, NULL), "SELECT pg_catalog.pg_try_advisory_lock(%s);\n",
                  deploy->tables.lock_key);
    deploy->stepwise->answer = false;
    stepwise_send(deploy, stepwise_answer_row, lock_tried);
}

static void backend_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) == 1 && PQntuples(result) == 1) {
        int pid = atoi(PQgetvalue(result, 0, 0));
        deploy->stepwise->pooled = pid != connection_backend_pid(deploy->connection);
    }
}

static void backend_known(struct deploy *deploy)
{
    if (deploy->stepwise->pooled || deploy->locked) { /* locked: the segment begins again */
        progress_load(deploy);
    } else {
        lock_try(deploy);
    }
}

void statements_start(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    struct stepwise *stepwise = arena_alloc(arena, sizeof *stepwise);
    const struct plan_step *step = &deploy->plan.steps[deploy->first];
    stepwise->step = step;
    stepwise->script =
        step->direction == DIRECTION_UP ? &step->revision->up : &step->revision->down;
    stepwise->key = (struct bookkeeping_step){
        .revision = step->revision->id,
        .direction = step_direction(step),
        .checksum = step->revision->checksum,
    };
    size_t count = stepwise->script->statement_count;
    stepwise->progress = arena_array(arena, count, sizeof *stepwise->progress);
    stepwise->backend = arena_array(arena, count, sizeof *stepwise->backend);
    stepwise->statement_done = statement_done;
    deploy->stepwise = stepwise;
    stepwise_begin(deploy);
    buffer_text_append(batch_own(&deploy->batch, NULL), "SELECT pg_catalog.pg_backend_pid();\n");
    stepwise_send(deploy, backend_row, backend_known);
}
