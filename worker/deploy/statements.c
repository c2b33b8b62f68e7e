/* Non-transactional revisions (statements.h).
 *
 * start -> take over, load progress -> next statement -> ... -> move the version rows -> leave
 */
#include "worker/deploy/statements.h"

#include <stdlib.h>
#include <string.h>

#include "common/revision/statement.h"
#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/alone.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/index_repair.h"
#include "worker/deploy/message.h"
#include "worker/deploy/position.h"
#include "worker/deploy/stepwise.h"
#include "worker/deploy/transaction.h"
#include "worker/sql/session.h"

static void statement_next(struct deploy *deploy);

static void statement_done(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    stepwise->progress[stepwise->at] = PROGRESS_DONE;
    stepwise->at++;
    stepwise->alone_at = 0;
    stepwise->alone_well = false;
    stepwise->outside = false;
    stepwise->overlooked = false;
    deploy->busy_since_ms = 0;
    statement_next(deploy);
}

/* ---- ordinary statements ---- */

static void ordinary_run(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    stepwise_open(deploy);
    transaction_path(deploy, true);
    stepwise_settings(deploy);
    batch_script(&deploy->batch, stepwise->step->revision, stepwise_current(deploy));
    transaction_clean(deploy);
    stepwise_progress_write(deploy, "done");
    transaction_commit(deploy, statement_done);
}

/* ---- from statement to statement: those that run alone ---- */

/* "file:line" of the statement in hand. */
static const char *here(struct deploy *deploy)
{
    return arena_printf(&deploy->task->arena, "%s:%u", deploy->stepwise->step->revision->path,
                        stepwise_current(deploy)->line);
}

/* What must be set in the session does not reach the statement in hand. */
static void refuse_pooled(struct deploy *deploy)
{
    deploy_refuse(deploy,
                  &(struct failure){
                      .cause = FAILURE_CAUSE_SQL,
                      .sqlstate = SQLSTATE_FEATURE_NOT_SUPPORTED,
                      .message = "a pooler stands before the server, so that no search_path or "
                                 "other setting reaches a statement that cannot run in a "
                                 "transaction",
                      .hint = "give the target a direct connection",
                      .location = here(deploy),
                  });
}

/* Only who looks at the data can tell how far it came. */
static void refuse_interrupted(struct deploy *deploy)
{
    const struct stepwise *stepwise = deploy->stepwise;
    const struct revision *revision = stepwise->step->revision;
    struct arena *arena = &deploy->task->arena;
    deploy_heads_set(deploy, deploy_rows_before(deploy));
    deploy_refuse(
        deploy,
        &(struct failure){
            .cause = FAILURE_CAUSE_HALF_APPLIED,
            .sqlstate = SQLSTATE_HALF_APPLIED,
            .message = arena_printf(arena,
                                    "statement %zu of revision %s runs in no transaction and was "
                                    "interrupted: did it take effect, and how far?",
                                    stepwise->at + 1, revision->id),
            .detail = "look at what it changes",
            .hint = arena_printf(
                arena, "%s; '-- Idempotent: yes' in the header of %s says so for good. Else, %s",
                half_applied_answers(stepwise->at + 1, deploy->task->job.place.name, arena),
                revision->path, stepwise_ways(deploy)),
            .location = here(deploy),
        });
}

/* Begins a statement that runs alone. */
static void statement_look(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    enum statement_kind kind = stepwise_current(deploy)->kind;
    bool resumed = stepwise->progress[stepwise->at] == PROGRESS_RUNNING;
    bool asks = kind == STATEMENT_ONCE || kind == STATEMENT_ORDINARY;
    if (stepwise->pooled && (deploy->task->job.place.schema[0] != '\0' || stepwise->has_settings)) {
        refuse_pooled(deploy);
    } else if (resumed && asks && !stepwise->step->revision->idempotent &&
               stepwise->answered == ANSWERED_NOT) {
        refuse_interrupted(deploy);
    } else if (resumed) {
        heal_orphan(deploy);
    } else {
        heal_run(deploy);
    }
}

/* ---- from statement to statement ---- */

static void leave(struct deploy *deploy)
{
    deploy->stepwise = NULL;
    deploy->runner->segment_done(deploy);
}

/* The version rows move, history is written and progress forgotten, all in one transaction. */
static void conclude(struct deploy *deploy)
{
    stepwise_open(deploy);
    transaction_record(deploy);
    progress_forget(&deploy->batch, &deploy->tables, &deploy->stepwise->hold, deploy->connection,
                    &deploy->task->arena);
    transaction_commit(deploy, leave);
}

void statements_outside(struct deploy *deploy)
{
    deploy_say(deploy, DEPLOY_RETRYING, session_rollback, statement_look);
}

void statements_again(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    if (stepwise->alone_well) {
        alone_done(deploy);
        return;
    }
    stepwise->alone_at = 0;
    statement_next(deploy);
}

static void statement_next(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    while (stepwise->at < stepwise->script->statement_count &&
           (statement_is_setting(stepwise_current(deploy)) ||
            stepwise->progress[stepwise->at] == PROGRESS_DONE)) {
        stepwise->has_settings =
            stepwise->has_settings || statement_is_setting(stepwise_current(deploy));
        stepwise->at++;
    }
    if (stepwise->at == stepwise->script->statement_count) {
        conclude(deploy);
    } else if (stepwise_current(deploy)->kind == STATEMENT_ORDINARY && !stepwise->outside &&
               stepwise->progress[stepwise->at] == PROGRESS_NONE) {
        ordinary_run(deploy);
    } else {
        statement_look(deploy);
    }
}

/* ---- beginning ---- */

/* One row of a statement. */
static void progress_take_row(struct deploy *deploy, const PGresult *result, int row, bool older)
{
    struct stepwise *stepwise = deploy->stepwise;
    struct half_applied_row *found = arena_alloc(&deploy->task->arena, sizeof *found);
    *found = (struct half_applied_row){
        .number = strtoul(PQgetvalue(result, row, 0), NULL, 10),
        .done = strcmp(PQgetvalue(result, row, 1), "done") == 0,
        .older = older,
        .checksum = arena_strdup(&deploy->task->arena, PQgetvalue(result, row, 2)),
    };
    bool there = found->number <= stepwise->script->statement_count;
    bool fits = half_applied_fits(found, stepwise->step->revision, stepwise->script);
    if (!fits && (found->done || !there) && stepwise->misfit == NULL) {
        stepwise->misfit = found;
    }
    if (there) {
        size_t at = found->number - 1;
        stepwise->progress[at] = found->done ? PROGRESS_DONE : PROGRESS_RUNNING;
        stepwise->backend[at] = atoi(PQgetvalue(result, row, 3));
        stepwise->edited[at] = !fits;
        const struct statement_answer *answer = &deploy->task->job.answer;
        if (!found->done && answer->answered == found->number &&
            strtoul(PQgetvalue(result, row, 4), NULL, 10) <= answer->until_attempt) {
            stepwise->answered = answer->answered_again ? ANSWERED_AGAIN : ANSWERED_DONE;
        }
    }
}

static void progress_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) != 5 || strcmp(PQfname(result, 0), "statement") != 0) {
        return;
    }
    bool older = true;
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), "0") == 0) {
            deploy->stepwise->holder = atoi(PQgetvalue(result, row, 3));
            older = false;
        } else {
            progress_take_row(deploy, result, row, older);
        }
    }
}

static void progress_known(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    stepwise->held = true;
    deploy->busy_since_ms = 0;
    if (stepwise->misfit == NULL) {
        statement_next(deploy);
        return;
    }
    struct failure failure = half_applied_edited(stepwise->misfit, stepwise->step->revision,
                                                 stepwise->script, &deploy->task->arena);
    failure.cause = FAILURE_CAUSE_HALF_APPLIED;
    failure.sqlstate = SQLSTATE_HALF_APPLIED;
    failure.hint = arena_printf(&deploy->task->arena, "%s; otherwise, %s", failure.hint,
                                stepwise_ways(deploy));
    deploy_heads_set(deploy, deploy_rows_before(deploy));
    deploy_refuse(deploy, &failure);
}

/* Makes the tables, asserts version rows, takes the revision over, reads how far an earlier attempt
 * came. */
static void progress_load(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    stepwise->hold.backend_pid = stepwise->pooled ? 0 : connection_backend_pid(deploy->connection);
    transaction_open(deploy, TRANSACTION_FIRST);
    progress_take(&deploy->batch, &deploy->tables, &stepwise->hold, deploy->connection,
                  &deploy->task->arena);
    deploy->opening = deploy->batch.count;
    deploy->row_wanted = progress_row;
    transaction_commit(deploy, progress_known);
}

static void backend_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) == 1 && PQntuples(result) == 1) {
        int pid = atoi(PQgetvalue(result, 0, 0));
        deploy->stepwise->pooled = pid != connection_backend_pid(deploy->connection);
    }
}

void statements_start(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    struct stepwise *stepwise = arena_alloc(arena, sizeof *stepwise);
    const struct plan_step *step = &deploy->plan.steps[deploy->first];
    stepwise->step = step;
    stepwise->script = step_script(step);
    stepwise->hold = (struct progress_hold){.revision = step->revision->id,
                                            .direction = step_direction(step),
                                            .job = &deploy->task->job};
    progress_hold_draw(&stepwise->hold);
    size_t count = stepwise->script->statement_count;
    stepwise->progress = arena_array(arena, count, sizeof *stepwise->progress);
    stepwise->backend = arena_array(arena, count, sizeof *stepwise->backend);
    stepwise->edited = arena_array(arena, count, sizeof *stepwise->edited);
    stepwise->statement_done = statement_done;
    deploy->stepwise = stepwise;
    stepwise_begin(deploy);
    buffer_text_append(batch_own(&deploy->batch, NULL), "SELECT pg_catalog.pg_backend_pid();\n");
    stepwise_send(deploy, backend_row, progress_load);
}
