/* The statement in hand of a non-transactional revision (stepwise.h). */
#include "worker/deploy/stepwise.h"

#include <string.h>

#include "common/revision/script.h"
#include "common/revision/statement.h"
#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/message.h"
#include "worker/deploy/transaction.h"

char *stepwise_literal(struct deploy *deploy, const char *text)
{
    return connection_quote_literal(deploy->connection, text, &deploy->task->arena);
}

const struct statement *stepwise_current(const struct deploy *deploy)
{
    return &deploy->stepwise->script->statements[deploy->stepwise->at];
}

void stepwise_settings(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    for (size_t i = 0; i < stepwise->at; i++) {
        if (statement_is_setting(&stepwise->script->statements[i])) {
            batch_script(&deploy->batch, stepwise->step->revision,
                         &stepwise->script->statements[i]);
        }
    }
}

bool stepwise_is_outside(struct deploy *deploy, const char *sqlstate)
{
    struct stepwise *stepwise = deploy->stepwise;
    if (stepwise == NULL || stepwise->outside || stepwise->alone_at != 0 ||
        !(sqlstate_is(sqlstate, SQLSTATE_INVALID_TRANSACTION_TERMINATION) ||
          sqlstate_is(sqlstate, SQLSTATE_ACTIVE_SQL_TRANSACTION))) {
        return false;
    }
    stepwise->outside = true;
    return true;
}

static const char *index_left(const struct deploy *deploy)
{
    const struct stepwise *stepwise = deploy->stepwise;
    bool failed = stepwise->alone_at != 0 && !stepwise->alone_well &&
                  stepwise_current(deploy)->kind == STATEMENT_INDEX_BUILD;
    return failed ? stepwise_current(deploy)->index_name : NULL;
}

void stepwise_tell(struct deploy *deploy)
{
    const struct stepwise *stepwise = deploy->stepwise;
    struct message_result *result = &deploy->task->result;
    struct arena *arena = &deploy->task->arena;
    if (stepwise == NULL || !stepwise->held) {
        return;
    }
    struct half_applied_count count = {.all = 0};
    for (size_t i = 0; i < stepwise->script->statement_count; i++) {
        bool counts = !statement_is_setting(&stepwise->script->statements[i]);
        bool here = i == stepwise->at && stepwise->alone_well;
        count.all += counts;
        count.done += counts && (here || stepwise->progress[i] == PROGRESS_DONE);
        count.interrupted += counts && !here && stepwise->progress[i] == PROGRESS_RUNNING;
    }
    const char **sentences = arena_array(arena, 2, sizeof *sentences);
    size_t told = 0;
    if (count.done + count.interrupted > 0) {
        sentences[told++] =
            half_applied_told(stepwise->step->revision->id, stepwise->hold.direction, count, arena);
    }
    if (index_left(deploy) != NULL) {
        sentences[told++] = arena_printf(arena, "index %s was not built whole", index_left(deploy));
    }
    result->rows.unfinished = (struct texts){.items = sentences, .count = told};
}

const char *stepwise_ways(struct deploy *deploy)
{
    const struct plan_step *step = deploy->stepwise->step;
    return half_applied_ways(step->revision->id, step->direction == DIRECTION_UP, &step->rows_after,
                             deploy_rows_before(deploy), deploy->task->job.place.name,
                             &deploy->task->arena);
}

/* ---- sending plain messages ---- */

void stepwise_begin(struct deploy *deploy)
{
    batch_clear(&deploy->batch);
    deploy->opening = 0;
}

void stepwise_send(struct deploy *deploy, deploy_row *row, deploy_next *next)
{
    deploy->opening = 0;
    deploy_send(deploy, DEPLOY_PLAIN, row, next);
}

/* ---- progress rows ---- */

void stepwise_open(struct deploy *deploy)
{
    transaction_open(deploy, TRANSACTION_NEXT);
    progress_assert(&deploy->batch, &deploy->tables, &deploy->stepwise->hold, deploy->connection,
                    &deploy->task->arena);
    deploy->opening = deploy->batch.count;
}

void stepwise_progress_write(struct deploy *deploy, const char *state)
{
    const struct stepwise *stepwise = deploy->stepwise;
    char checksum[65];
    statement_checksum(stepwise_current(deploy), checksum);
    progress_write(&deploy->batch, &deploy->tables, &stepwise->hold,
                   &(struct progress_statement){.number = stepwise->at + 1, .checksum = checksum},
                   state, deploy->connection, &deploy->task->arena);
}

bool stepwise_leave_sql(struct deploy *deploy, struct buffer *sql)
{
    const struct stepwise *stepwise = deploy->stepwise;
    if (stepwise == NULL || !stepwise->held) {
        return false;
    }
    enum progress_answer answer = stepwise->alone_well      ? PROGRESS_WELL
                                  : stepwise->alone_at != 0 ? PROGRESS_FAILED
                                                            : PROGRESS_NONE_BEGUN;
    progress_leave_sql(sql, &deploy->tables, &stepwise->hold, stepwise->at + 1, answer,
                       deploy->connection, &deploy->task->arena);
    return true;
}
