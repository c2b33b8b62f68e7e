/* What an earlier attempt left of a statement that runs alone (index_repair.h). */
#include "worker/deploy/index_repair.h"

#include "common/base/utf8.h"
#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/alone.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/message.h"
#include "worker/deploy/stepwise.h"
#include "worker/deploy/transaction.h"

static void heal_index(struct deploy *deploy);
static void heal_reindex(struct deploy *deploy);

/* ---- dropping what is left ---- */

static void invalid_drop(struct deploy *deploy, deploy_next *next)
{
    alone_own(deploy,
              arena_printf(&deploy->task->arena, "DROP INDEX CONCURRENTLY IF EXISTS %s",
                           deploy->stepwise->index_qualified),
              "DROP INDEX", next);
}

/* ---- an index by its name ---- */

/* The index is there, but it need not be the one that the file describes. */
static void refuse_edited(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    struct half_applied_row row = {.number = stepwise->at + 1};
    struct failure failure =
        half_applied_edited(&row, stepwise->step->revision, stepwise->script, &deploy->task->arena);
    failure.cause = FAILURE_CAUSE_HALF_APPLIED;
    failure.sqlstate = SQLSTATE_HALF_APPLIED;
    deploy_refuse(deploy, &failure);
}

static bool is_resumed(const struct stepwise *stepwise)
{
    return stepwise->progress[stepwise->at] == PROGRESS_RUNNING;
}

static void build_decide(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    if (stepwise->index == INDEX_VALID && is_resumed(stepwise)) {
        (stepwise->edited[stepwise->at] ? refuse_edited : alone_done)(deploy);
    } else if (stepwise->index == INDEX_INVALID && stepwise->built) {
        deploy_poll(deploy, heal_index, "another session is building the index");
    } else if (stepwise->index == INDEX_INVALID) {
        invalid_drop(deploy, alone_run);
    } else {
        stepwise->overlooked = stepwise->index == INDEX_VALID;
        alone_run(deploy);
    }
}

static void drop_decide(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    if (stepwise->index == INDEX_ABSENT && is_resumed(stepwise)) {
        (stepwise->edited[stepwise->at] ? refuse_edited : alone_done)(deploy);
    } else {
        alone_run(deploy);
    }
}

static void index_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    struct stepwise *stepwise = deploy->stepwise;
    if (PQnfields(result) == 3 && PQntuples(result) == 1) {
        stepwise->index = PQgetvalue(result, 0, 0)[0] == 't' ? INDEX_VALID : INDEX_INVALID;
        stepwise->index_qualified = arena_strdup(&deploy->task->arena, PQgetvalue(result, 0, 1));
        stepwise->built = PQgetvalue(result, 0, 2)[0] == 't';
    }
}

/* A question in a transaction that reads, with the search_path that the statement will see: every name of
 * ours is qualified, operators too. */
static void question_begin(struct deploy *deploy)
{
    deploy->stepwise->index = INDEX_ABSENT;
    stepwise_begin(deploy);
    buffer_text_append(batch_own(&deploy->batch, "BEGIN"), "BEGIN READ ONLY;\n");
    transaction_settings(deploy, &(struct settings){.local = true});
    transaction_path(deploy, true);
    stepwise_settings(deploy);
}

static void question_end(struct deploy *deploy, deploy_row *row, deploy_next *next)
{
    buffer_text_append(batch_own(&deploy->batch, "ROLLBACK"), "ROLLBACK;\n");
    stepwise_send(deploy, row, next);
}

/* The first columns of index_row, of index `i`, with `c` and `n` its class and schema. That somebody is
 * at work shows in the lock that a build and a REINDEX CONCURRENTLY hold on the table; progress views show
 * other roles' work to few. */
static const char index_columns[] =
    "SELECT i.indisvalid AND i.indisready AND i.indislive, pg_catalog.format('%I.%I',"
    " n.nspname, c.relname), EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE"
    " l.relation OPERATOR(pg_catalog.=) i.indrelid AND l.granted"
    " AND l.mode OPERATOR(pg_catalog.=) 'ShareUpdateExclusiveLock'"
    " AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()"
    " AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d"
    " WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))"
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c"
    " ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_namespace n"
    " ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE ";

/* Reads the state of the statement's index, which lies in the schema of its table. */
static void heal_index(struct deploy *deploy)
{
    const struct statement *statement = stepwise_current(deploy);
    struct arena *arena = &deploy->task->arena;
    question_begin(deploy);
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_text_append(sql, index_columns);
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
    question_end(deploy, index_row,
                 statement->kind == STATEMENT_INDEX_BUILD ? build_decide : drop_decide);
}

/* ---- what a REINDEX CONCURRENTLY left ---- */

static void leftover_decide(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    if (stepwise->index == INDEX_ABSENT) {
        deploy->busy_since_ms = 0;
        alone_run(deploy);
    } else if (stepwise->built) {
        deploy_poll(deploy, heal_reindex, "another session is building an index of the table");
    } else {
        invalid_drop(deploy, heal_reindex);
    }
}

static void heal_reindex(struct deploy *deploy)
{
    const char *name = stepwise_current(deploy)->table_name;
    question_begin(deploy);
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_text_append(sql, index_columns);
    buffer_text_append(sql, "NOT i.indisvalid AND n.nspname OPERATOR(pg_catalog.<>) 'pg_toast'"
                            " AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$'");
    if (name[0] != '\0') {
        const char *literal = stepwise_literal(deploy, name);
        buffer_printf(sql,
                      " AND i.indrelid OPERATOR(pg_catalog.=) coalesce((SELECT x.indrelid FROM"
                      " pg_catalog.pg_index AS x WHERE x.indexrelid OPERATOR(pg_catalog.=)"
                      " pg_catalog.to_regclass(%s)), pg_catalog.to_regclass(%s))",
                      literal, literal);
    }
    buffer_text_append(sql, " LIMIT 1;\n");
    question_end(deploy, index_row, leftover_decide);
}

/* ---- by the kind of the statement ---- */

void heal_run(struct deploy *deploy)
{
    switch (stepwise_current(deploy)->kind) {
    case STATEMENT_INDEX_BUILD:
    case STATEMENT_INDEX_DROP: heal_index(deploy); break;
    case STATEMENT_REINDEX: heal_reindex(deploy); break;
    case STATEMENT_REPEATABLE:
    case STATEMENT_ORDINARY:
    case STATEMENT_ONCE: alone_run(deploy); break;
    }
}

/* ---- an orphan ---- */

static void orphan_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) == 1 && PQntuples(result) == 1) {
        deploy->stepwise->orphan = PQgetvalue(result, 0, 0)[0] == 't';
    }
}

static void orphan_decide(struct deploy *deploy)
{
    if (deploy->stepwise->orphan) {
        deploy_poll(deploy, heal_orphan,
                    "a statement of an earlier attempt is still running on the server");
        return;
    }
    deploy->busy_since_ms = 0;
    (deploy->stepwise->answered == ANSWERED_DONE ? alone_done : heal_run)(deploy);
}

/* Of pg_stat_activity: other sessions of this database, and such as are called as this one is; behind a pooler
 * a name tells nothing, it is what the last client of the session left. */
#define OTHERS                                                                                     \
    " AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()"                                 \
    " AND datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
#define NAMED_LIKE_OURS                                                                            \
    " AND application_name OPERATOR(pg_catalog.=) pg_catalog.current_setting('application_name')"

enum { BEGINNING_BYTES = 200 };

/* The statement's first bytes, as pg_stat_activity shows them. */
static const char *beginning_of(const struct statement *statement, struct arena *arena)
{
    size_t length = utf8_cut(statement->sql, statement->length, BEGINNING_BYTES);
    return arena_strndup(arena, statement->sql, length);
}

/* Is somebody still at work on the statement that an earlier attempt began? Behind a pooler another session
 * may be than the one that wrote the row, so it is known by its text. The session of an attempt
 * that was lost, and does nothing, is ended: what it may still be sent must not run. */
void heal_orphan(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    const struct statement *statement = stepwise_current(deploy);
    question_begin(deploy);
    if (stepwise->holder != 0) {
        buffer_printf(batch_own(&deploy->batch, NULL),
                      "SELECT pg_catalog.pg_terminate_backend(pid), '' FROM"
                      " pg_catalog.pg_stat_activity WHERE pid OPERATOR(pg_catalog.=) %d"
                      " AND state OPERATOR(pg_catalog.=) 'idle'"
                      " AND usename OPERATOR(pg_catalog.=) current_user" OTHERS NAMED_LIKE_OURS,
                      stepwise->holder);
    }
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_printf(sql,
                  "SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE"
                  " state OPERATOR(pg_catalog.<>) 'idle'" OTHERS "%s"
                  " AND (pid OPERATOR(pg_catalog.=) %d OR pg_catalog.starts_with(query, %s)))",
                  stepwise->pooled ? "" : NAMED_LIKE_OURS,
                  stepwise->pooled ? 0 : stepwise->backend[stepwise->at],
                  stepwise_literal(deploy, beginning_of(statement, &deploy->task->arena)));
    if (statement->kind == STATEMENT_INDEX_BUILD) {
        buffer_printf(sql,
                      " OR EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index"
                      " WHERE relid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)"
                      " AND datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                      " AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())",
                      stepwise_literal(deploy, statement->table_name));
    }
    buffer_text_append(sql, ";\n");
    stepwise->orphan = false;
    question_end(deploy, orphan_row, orphan_decide);
}
