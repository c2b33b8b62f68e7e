/* What an earlier attempt left of a statement that runs alone (index_repair.h). */
#include "worker/deploy/index_repair.h"

#include "worker/deploy/alone.h"
#include "worker/deploy/message.h"
#include "worker/deploy/stepwise.h"
#include "worker/deploy/transaction.h"

static void invalid_dropped(struct deploy *deploy)
{
    alone_run(deploy);
}

static void invalid_drop(struct deploy *deploy)
{
    stepwise_begin(deploy);
    const struct stepwise *stepwise = deploy->stepwise;
    buffer_printf(batch_own(&deploy->batch, "DROP INDEX"), "DROP INDEX CONCURRENTLY %s;\n",
                  stepwise->index_qualified);
    stepwise_send(deploy, NULL, invalid_dropped);
}

static void invalid_drop_set(struct deploy *deploy)
{
    if (deploy->stepwise->pooled) {
        invalid_drop(deploy);
        return;
    }
    stepwise_begin(deploy);
    transaction_settings(deploy, &(struct settings){.local = false});
    stepwise_send(deploy, NULL, invalid_drop);
}

static void build_decide(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    bool resumed = stepwise->progress[stepwise->at] == PROGRESS_RUNNING;
    if (stepwise->index == INDEX_VALID && resumed) {
        alone_done(deploy);
    } else if (stepwise->index == INDEX_INVALID) {
        invalid_drop_set(deploy);
    } else {
        stepwise->overlooked = stepwise->index == INDEX_VALID;
        alone_run(deploy);
    }
}

static void drop_decide(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    bool resumed = stepwise->progress[stepwise->at] == PROGRESS_RUNNING;
    if (stepwise->index == INDEX_ABSENT && resumed) {
        alone_done(deploy);
    } else {
        alone_run(deploy);
    }
}

static void index_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    struct stepwise *stepwise = deploy->stepwise;
    if (PQnfields(result) == 2 && PQntuples(result) == 1) {
        stepwise->index = PQgetvalue(result, 0, 0)[0] == 't' ? INDEX_VALID : INDEX_INVALID;
        stepwise->index_qualified = arena_strdup(&deploy->task->arena, PQgetvalue(result, 0, 1));
    }
}

/* Reads the state of the statement's index, in a transaction of its own, with the search_path that
 * the statement will see, so that every name of ours is qualified, operators too. An index lies in the schema of its table. */
void heal_index(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    const struct statement *statement = stepwise_current(deploy);
    struct arena *arena = &deploy->task->arena;
    stepwise->index = INDEX_ABSENT;
    stepwise_begin(deploy);
    buffer_text_append(batch_own(&deploy->batch, "BEGIN"), "BEGIN READ ONLY;\n");
    transaction_settings(deploy, &(struct settings){.local = true});
    transaction_path(deploy, true);
    stepwise_settings(deploy);
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_text_append(
        sql, "SELECT i.indisvalid AND i.indisready AND i.indislive, pg_catalog.format('%I.%I',"
             " n.nspname, c.relname) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c"
             " ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_namespace n"
             " ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE ");
    if (statement->kind == STATEMENT_INDEX_BUILD) {
        buffer_printf(sql,
                      "c.relname OPERATOR(pg_catalog.=) %s AND c.relnamespace"
                      " OPERATOR(pg_catalog.=) (SELECT t.relnamespace FROM pg_catalog.pg_class t"
                      " WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s));\n",
                      stepwise_literal(deploy, statement->index_name),
                      stepwise_literal(deploy, statement->table_name));
    } else {
        char *name = connection_quote_identifier(deploy->connection, statement->index_name, arena);
        if (statement->index_schema[0] != '\0') {
            name = arena_printf(
                arena, "%s.%s",
                connection_quote_identifier(deploy->connection, statement->index_schema, arena),
                name);
        }
        buffer_printf(sql, "c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s);\n",
                      stepwise_literal(deploy, name));
    }
    buffer_text_append(batch_own(&deploy->batch, "ROLLBACK"), "ROLLBACK;\n");
    stepwise_send(deploy, index_row,
                  statement->kind == STATEMENT_INDEX_BUILD ? build_decide : drop_decide);
}

static void orphan_decide(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    if (stepwise->answer) {
        deploy_poll(deploy, heal_orphan,
                    "a statement of an earlier attempt is still running on the server");
        return;
    }
    deploy->busy_since_ms = 0;
    if (stepwise_current(deploy)->kind == STATEMENT_REPEATABLE) {
        alone_run(deploy);
    } else {
        heal_index(deploy);
    }
}

/* Is somebody still at work on the statement that an earlier attempt began? */
void heal_orphan(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    stepwise_begin(deploy);
    buffer_text_append(batch_own(&deploy->batch, "BEGIN"), "BEGIN READ ONLY;\n");
    transaction_settings(deploy, &(struct settings){.local = true});
    transaction_path(deploy, true);
    stepwise_settings(deploy);
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_printf(sql,
                  "SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE"
                  " pid OPERATOR(pg_catalog.=) %d"
                  " AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()"
                  " AND state OPERATOR(pg_catalog.<>) 'idle'"
                  " AND datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                  " AND application_name OPERATOR(pg_catalog.=)"
                  " pg_catalog.current_setting('application_name'))",
                  stepwise->backend[stepwise->at]);
    if (stepwise_current(deploy)->kind == STATEMENT_INDEX_BUILD) {
        buffer_printf(sql,
                      " OR EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index"
                      " WHERE relid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)"
                      " AND datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                      " AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())",
                      stepwise_literal(deploy, stepwise_current(deploy)->table_name));
    }
    buffer_text_append(sql, ";\n");
    buffer_text_append(batch_own(&deploy->batch, "ROLLBACK"), "ROLLBACK;\n");
    stepwise->answer = false;
    stepwise_send(deploy, stepwise_answer_row, orphan_decide);
}
