/* The statement in hand of a non-transactional revision (stepwise.h). */
#include "worker/deploy/stepwise.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "worker/deploy/message.h"

char *stepwise_literal(struct deploy *deploy, const char *text)
{
    return connection_quote_literal(deploy->connection, text, &deploy->task->arena);
}

const struct statement *stepwise_current(const struct deploy *deploy)
{
    return &deploy->stepwise->script->statements[deploy->stepwise->at];
}

static bool first_word_is(const char *sql, const char *word)
{
    size_t length = strlen(word);
    return strncasecmp(sql, word, length) == 0 && !isalnum((unsigned char)sql[length]) &&
           sql[length] != '_';
}

bool stepwise_is_setting(const struct statement *statement)
{
    return statement->kind == STATEMENT_ORDINARY &&
           (first_word_is(statement->sql, "SET") || first_word_is(statement->sql, "RESET"));
}

void stepwise_settings(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    for (size_t i = 0; i < stepwise->at; i++) {
        if (stepwise_is_setting(&stepwise->script->statements[i])) {
            batch_script(&deploy->batch, stepwise->step->revision,
                         &stepwise->script->statements[i]);
        }
    }
}

/* ---- sending plain messages ---- */

void stepwise_begin(struct deploy *deploy)
{
    batch_clear(&deploy->batch);
    deploy->opening = 0;
}

void stepwise_send(struct deploy *deploy, deploy_row *row, deploy_next *next)
{
    deploy_send(deploy, DEPLOY_PLAIN, row, next);
}

void stepwise_answer_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) == 1 && PQntuples(result) == 1) {
        deploy->stepwise->answer = PQgetvalue(result, 0, 0)[0] == 't';
    }
}

/* ---- progress rows ---- */

void stepwise_key_append(struct deploy *deploy, struct buffer *sql)
{
    const struct bookkeeping_step *key = &deploy->stepwise->key;
    buffer_printf(sql, "revision = %s AND direction = '%s'",
                  stepwise_literal(deploy, key->revision), key->direction);
}

void stepwise_progress_write(struct deploy *deploy, const char *state)
{
    const struct stepwise *stepwise = deploy->stepwise;
    const struct message_job *job = &deploy->task->job;
    buffer_printf(
        batch_own(&deploy->batch, "INSERT 0 1"),
        "INSERT INTO %s AS p (revision, direction, checksum, statement, state, rollout,"
        " attempt, epoch, backend_pid, started_at, finished_at) VALUES (%s, '%s', '%s', %zu, '%s',"
        " %s, %u, %" PRIu64
        ", pg_catalog.pg_backend_pid(), pg_catalog.clock_timestamp(), %s) ON CONFLICT ON CONSTRAINT"
        " drover_progress_pkc DO UPDATE SET state = excluded.state, rollout ="
        " excluded.rollout, attempt = excluded.attempt, epoch = excluded.epoch,"
        " backend_pid = excluded.backend_pid, finished_at = excluded.finished_at,"
        " started_at = CASE excluded.state WHEN 'running' THEN excluded.started_at"
        " ELSE p.started_at END;\n",
        deploy->tables.progress, stepwise_literal(deploy, stepwise->key.revision),
        stepwise->key.direction, stepwise->key.checksum, stepwise->at + 1, state,
        stepwise_literal(deploy, job->rollout), job->attempt, job->epoch,
        strcmp(state, "done") == 0 ? "pg_catalog.clock_timestamp()" : "NULL");
}
