/* Inspecting a target: may it be migrated, and where does it stand?
 *
 * One simple-protocol message: a row of facts, then the version rows, the checksums and the
 * unfinished revisions from those tables that the last target had. A fleet is alike, so the guess
 * is nearly always right; when a guessed table is missing the message fails with 42P01 after the
 * facts have come, and when there is one more, it has not been asked for: a second message then
 * asks exactly. All of it is a transaction that cannot write and sees our own search_path
 * (session.h).
 *
 * A job without a bundle is a survey: it wants the version rows and judges nothing.
 */
#include "worker/look/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "common/vocabulary/sqlstate.h"
#include "worker/connections/pool.h"
#include "worker/sql/bookkeeping.h"
#include "worker/sql/session.h"

static void ask(struct inspect *inspect);

static bool is_survey(const struct inspect *inspect)
{
    return inspect->look.task->job.bundle[0] == '\0';
}

/* ---- the message ---- */

const char *inspect_table_name(const struct inspect *inspect, size_t table)
{
    static const char *const names[INSPECT_TABLES] = {NULL, "drover_history", "drover_progress"};
    return table == 0 ? inspect->tables.version_name : names[table];
}

/* One row, read by facts_take in this order. `schema` and `tables` are expressions of type oid,
 * NULL for what does not exist. */
static void facts_append(struct buffer *sql, const char *schema,
                         const char *const tables[INSPECT_TABLES])
{
    buffer_printf(sql,
                  "SELECT pg_catalog.pg_is_in_recovery(), "
                  "pg_catalog.current_setting('default_transaction_read_only'),"
                  " (pg_catalog.pg_control_system()).system_identifier,"
                  " CASE WHEN pg_catalog.pg_is_in_recovery() THEN ''"
                  " ELSE pg_catalog.substr(pg_catalog.pg_walfile_name("
                  "pg_catalog.pg_current_wal_lsn()), 1, 8) END,"
                  " current_user, %s IS NOT NULL, pg_catalog.has_schema_privilege(%s, 'USAGE'),"
                  " pg_catalog.has_schema_privilege(%s, 'CREATE')",
                  schema, schema, schema);
    for (size_t i = 0; i < INSPECT_TABLES; i++) {
        const char *t = tables[i];
        buffer_printf(sql,
                      ", %s IS NOT NULL, pg_catalog.has_table_privilege(%s, 'SELECT'),"
                      " pg_catalog.has_table_privilege(%s, 'INSERT') AND "
                      "pg_catalog.has_table_privilege(%s, 'UPDATE')"
                      " AND pg_catalog.has_table_privilege(%s, 'DELETE')",
                      t, t, t, t, t);
    }
    buffer_text_append(sql, ", pg_catalog.pg_backend_pid()");
}

/* to_regclass('"schema".table'), and so on. */
static const char *lookup(struct inspect *inspect, const char *function, const char *name)
{
    struct arena *arena = &inspect->look.task->arena;
    return arena_printf(arena, "%s(%s)", function,
                        connection_quote_literal(inspect->look.connection, name, arena));
}

/* By the server's name lookup, which costs a third of the joins below on a new session, but raises
 * 42501 when the role may not use the schema. */
static void facts_quick_append(struct inspect *inspect, struct buffer *sql)
{
    const struct bookkeeping *tables = &inspect->tables;
    const char *const expressions[] = {lookup(inspect, "pg_catalog.to_regclass", tables->version),
                                       lookup(inspect, "pg_catalog.to_regclass", tables->history),
                                       lookup(inspect, "pg_catalog.to_regclass", tables->progress)};
    facts_append(sql, lookup(inspect, "pg_catalog.to_regnamespace", tables->schema_quoted),
                 expressions);
    buffer_text_append(sql, ";\n");
}

/* From the catalogue, which everybody may read. */
static void facts_thorough_append(struct inspect *inspect, struct buffer *sql)
{
    static const char *const expressions[] = {"v.oid", "h.oid", "p.oid"};
    facts_append(sql, "n.oid", expressions);
    buffer_printf(sql,
                  " FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = %s",
                  inspect->tables.schema_literal);
    for (size_t i = 0; i < INSPECT_TABLES; i++) {
        char t = expressions[i][0];
        const char *name = connection_quote_literal(
            inspect->look.connection, inspect_table_name(inspect, i), &inspect->look.task->arena);
        buffer_printf(
            sql,
            " LEFT JOIN pg_catalog.pg_class %c ON %c.relnamespace = n.oid AND %c.relname = %s"
            " AND %c.relkind IN ('r', 'p')",
            t, t, t, name, t);
    }
    buffer_text_append(sql, ";\n");
}

static bool is_true(const PGresult *result, int column)
{
    return PQgetvalue(result, 0, column)[0] == 't';
}

static const char *field(struct inspect *inspect, const PGresult *result, int row, int column)
{
    return arena_strdup(&inspect->look.task->arena, PQgetvalue(result, row, column));
}

static void facts_take(struct inspect *inspect, const PGresult *result)
{
    struct facts *facts = &inspect->facts;
    facts->known = true;
    facts->standby = is_true(result, 0);
    facts->read_only = strcmp(PQgetvalue(result, 0, 1), "on") == 0;
    facts->server_version = (unsigned)connection_server_version(inspect->look.connection);
    inspect->look.task->result.server_identity = field(inspect, result, 0, 2);
    inspect->look.task->result.timeline = field(inspect, result, 0, 3);
    facts->role = field(inspect, result, 0, 4);
    facts->schema_exists = is_true(result, 5);
    facts->schema_usage = is_true(result, 6);
    facts->schema_create = is_true(result, 7);
    for (int i = 0; i < INSPECT_TABLES; i++) {
        facts->tables[i] = (struct fact_table){
            .exists = is_true(result, 8 + 3 * i),
            .readable = is_true(result, 9 + 3 * i),
            .writable = is_true(result, 10 + 3 * i),
        };
    }
    facts->pooled = atoi(PQgetvalue(result, 0, 8 + 3 * INSPECT_TABLES)) !=
                    connection_backend_pid(inspect->look.connection);
}

static void heads_take(struct inspect *inspect, const PGresult *result)
{
    inspect->look.task->result.heads = bookkeeping_heads_read(result, &inspect->look.task->arena);
    inspect->look.task->result.heads_known = true;
}

static int recorded_compare(const void *left, const void *right)
{
    const struct recorded *a = left;
    const struct recorded *b = right;
    int order = strcmp(a->revision, b->revision);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static uint64_t number_of(const PGresult *result, int row)
{
    return strtoull(PQgetvalue(result, row, 0), NULL, 10);
}

static void recorded_take(struct inspect *inspect, const PGresult *result)
{
    int rows = PQntuples(result);
    struct recorded *recorded =
        arena_array(&inspect->look.task->arena, (size_t)rows, sizeof *recorded);
    size_t count = 0;
    uint64_t purged = 0;
    for (int i = 0; i < rows; i++) {
        uint64_t number = number_of(result, i);
        bool purge = strcmp(PQgetvalue(result, i, 2), "purge") == 0;
        purged = purge && number > purged ? number : purged;
    }
    for (int i = 0; i < rows; i++) {
        if (number_of(result, i) > purged) {
            const char *direction = PQgetvalue(result, i, 2);
            const char *checksum = field(inspect, result, i, 3);
            recorded[count++] = (struct recorded){
                .number = number_of(result, i),
                .revision = field(inspect, result, i, 1),
                .applied = strcmp(direction, "upgrade") == 0 || strcmp(direction, "seen") == 0 ||
                           (strcmp(direction, "stamp") == 0 && checksum[0] != '\0'),
                .ran = strcmp(direction, "upgrade") == 0,
                .checksum = checksum,
            };
        }
    }
    if (count > 1) {
        qsort(recorded, count, sizeof *recorded, recorded_compare);
    }
    inspect->recorded = recorded;
    inspect->recorded_count = count;
}

static void unfinished_take(struct inspect *inspect, const PGresult *result)
{
    inspect->unfinished_count = (size_t)PQntuples(result);
    inspect->unfinished = arena_array(&inspect->look.task->arena, inspect->unfinished_count,
                                      sizeof *inspect->unfinished);
    bool older = true; /* the rows come by revision, direction and number */
    for (int i = 0; i < PQntuples(result); i++) {
        struct unfinished *unfinished = &inspect->unfinished[i];
        *unfinished = (struct unfinished){
            .revision = field(inspect, result, i, 0),
            .direction = field(inspect, result, i, 1),
            .row = {.number = strtoul(PQgetvalue(result, i, 3), NULL, 10),
                    .done = strcmp(PQgetvalue(result, i, 4), "done") == 0,
                    .checksum = field(inspect, result, i, 2)},
        };
        bool same = i > 0 && strcmp(unfinished[-1].revision, unfinished->revision) == 0 &&
                    strcmp(unfinished[-1].direction, unfinished->direction) == 0;
        older = (older || !same) && unfinished->row.number > 0;
        unfinished->row.older = older;
    }
}

static void take(struct look *look, const PGresult *result, unsigned index)
{
    (void)index;
    struct inspect *inspect = (struct inspect *)look;
    if (PQresultStatus(result) == PGRES_TUPLES_OK && inspect->part_next < inspect->part_count) {
        inspect->parts[inspect->part_next++](inspect, result);
    }
}

static void part_add(struct inspect *inspect, inspect_part *part)
{
    inspect->parts[inspect->part_count++] = part;
}

/* Tables that are there, as the facts say. */
static unsigned tables_present(const struct facts *facts)
{
    unsigned present = 0;
    for (unsigned i = 0; i < INSPECT_TABLES; i++) {
        present |= facts->tables[i].exists && facts->tables[i].readable ? 1U << i : 0U;
    }
    return facts->schema_usage ? present : 0;
}

/* A fault that a better question avoids: a guessed table is missing, or something may not be read.
 */
static bool is_misguess(const struct pg_error *fault)
{
    return !fault->lost && (sqlstate_is(fault->sqlstate, SQLSTATE_UNDEFINED_TABLE) ||
                            sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_SCHEMA_NAME) ||
                            sqlstate_is(fault->sqlstate, SQLSTATE_INSUFFICIENT_PRIVILEGE));
}

/* Asks once more if that helps; each question is more exact than the one before, so it ends. */
static bool ask_better(struct inspect *inspect, const struct pg_error *fault)
{
    if (fault != NULL && !is_misguess(fault)) {
        return false;
    }
    if (!inspect->facts.known) {
        if (inspect->thorough) {
            return false;
        }
        inspect->thorough = true;
        inspect->asked = 0;
        ask(inspect);
        return true;
    }
    unsigned wanted = tables_present(&inspect->facts);
    if (is_survey(inspect)) {
        wanted &= TABLE_VERSION;
    } else {
        *pool_expected_tables(inspect->look.task->pool) =
            (struct expected_tables){.learned = true, .tables = wanted};
    }
    bool again = fault != NULL ? wanted != inspect->asked : (wanted & ~inspect->asked) != 0;
    inspect->asked = wanted;
    if (again && wanted != 0) {
        ask(inspect);
    }
    return again && wanted != 0;
}

/* PgBouncer says in words alone why it ends a session. */
static bool is_statement_pooling(const struct pg_error *fault)
{
    return fault != NULL && fault->lost && strstr(fault->message, "statement pooling") != NULL;
}

static void refuse_pooling(struct inspect *inspect, const struct pg_error *fault)
{
    struct failure failure = task_failure_of(inspect->look.task, FAILURE_CAUSE_POOLING, fault);
    failure.hint = "set pool_mode of this database to transaction or session in PgBouncer, or name "
                   "the server itself in the target's URL";
    task_fail(inspect->look.task, &failure);
    look_end(&inspect->look, false);
}

/* A pooler may give each statement to another session: then no transaction outlives a message. */
static bool ask_pooler(struct inspect *inspect, const struct pg_error *fault)
{
    if (fault != NULL || is_survey(inspect) || !inspect->facts.pooled || inspect->pooler_asked) {
        return false;
    }
    inspect->pooler_asked = true;
    look_ask(&inspect->look, SESSION_READ_BEGIN);
    return true;
}

static void answered(struct look *look, const struct pg_error *fault)
{
    struct inspect *inspect = (struct inspect *)look;
    if (is_statement_pooling(fault)) {
        refuse_pooling(inspect, fault);
        return;
    }
    if ((!inspect->pooler_asked && ask_better(inspect, fault)) || ask_pooler(inspect, fault)) {
        return;
    }
    if (fault != NULL && !(is_misguess(fault) && inspect->facts.known && inspect->asked == 0)) {
        const struct failure failure =
            task_failure_of(look->task, task_cause_of(fault, PLACE_OWN), fault);
        task_fail(look->task, &failure);
        look_end(look, false);
        return;
    }
    inspect_judge(inspect);
    look_end(look, !look->task->job.final);
}

static void ask(struct inspect *inspect)
{
    struct buffer sql = {0};
    inspect->part_count = 0;
    inspect->part_next = 0;
    if (connection_in_transaction(inspect->look.connection)) {
        buffer_text_append(&sql, "ROLLBACK; "); /* the question before has failed */
    }
    buffer_text_append(&sql, SESSION_READ_BEGIN);
    settings_limits_append(&sql, &inspect->look.settings);
    if (!inspect->facts.known) {
        part_add(inspect, facts_take);
        (inspect->thorough ? facts_thorough_append : facts_quick_append)(inspect, &sql);
    }
    if ((inspect->asked & TABLE_VERSION) != 0) {
        part_add(inspect, heads_take);
        bookkeeping_heads_sql(&sql, &inspect->tables);
    }
    if ((inspect->asked & TABLE_HISTORY) != 0) {
        part_add(inspect, recorded_take);
        bookkeeping_steps_sql(&sql, &inspect->tables);
    }
    if ((inspect->asked & TABLE_PROGRESS) != 0) {
        part_add(inspect, unfinished_take);
        bookkeeping_unfinished_sql(&sql, &inspect->tables);
    }
    buffer_text_append(&sql, SESSION_READ_END);
    look_ask(&inspect->look, buffer_text(&sql));
    buffer_free(&sql);
}

static void begin(struct look *look)
{
    struct inspect *inspect = (struct inspect *)look;
    struct task *task = look->task;
    bookkeeping_name(&inspect->tables, &task->job, look->connection, &task->arena);
    const struct expected_tables *expected = pool_expected_tables(task->pool);
    if (is_survey(inspect)) {
        inspect->asked = TABLE_VERSION;
    } else {
        inspect->asked = expected->learned ? expected->tables : TABLE_VERSION | TABLE_HISTORY;
    }
    ask(inspect);
}

void inspect_start(struct task *task)
{
    static const struct look_kind kind = {.begin = begin, .result = take, .answered = answered};
    struct inspect *inspect = arena_alloc(&task->arena, sizeof *inspect);
    look_start(&inspect->look, task, &kind, LOOK_LIMITS);
}
