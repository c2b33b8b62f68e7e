/* Inspecting a target: may it be migrated, and where does it stand?
 *
 * One simple-protocol message: the schemas on the server's path, the facts, then the version rows,
 * the checksums and the unfinished revisions from those tables that the last target had. A fleet is
 * alike, so the guess is nearly always right; when a guessed table is missing the message fails with
 * 42P01 after the facts have come, when there is one more, it has not been asked for, and when the
 * path is another, all of it was about other tables: a second message then asks exactly. All of it
 * is a transaction that cannot write, sees our own search_path (session.h) and reads nothing but
 * tables (ownership.h).
 *
 * A job without a bundle is a survey: it wants the version rows and judges nothing.
 */
#include "worker/look/inspect.h"

#include <string.h>

#include "common/vocabulary/sqlstate.h"
#include "worker/connections/pool.h"
#include "worker/look/adopt.h"
#include "worker/sql/ownership.h"
#include "worker/sql/session.h"

/* Somebody who moves the tables between two questions is not followed for ever. */
enum { MESSAGES_MAX = 8 };

static void ask(struct inspect *inspect);

static bool is_survey(const struct inspect *inspect)
{
    return inspect->look.task->job.bundle[0] == '\0';
}

static struct arena *arena_of(struct inspect *inspect)
{
    return &inspect->look.task->arena;
}

const struct fact_table *inspect_table(const struct inspect *inspect, size_t table)
{
    const struct texts schemas = inspect->path.schemas;
    size_t at = 0;
    while (at + 1 < schemas.count && strcmp(schemas.items[at], inspect->tables.schema) != 0) {
        at++;
    }
    return &inspect->facts.tables[at][table];
}

bool inspect_refuse(struct inspect *inspect, const struct failure *failure)
{
    task_fail(inspect->look.task, failure);
    return true;
}

/* ---- results ---- */

static const char *field(struct inspect *inspect, const PGresult *result, int row, int column)
{
    return arena_strdup(arena_of(inspect), PQgetvalue(result, row, column));
}

static void path_take(struct inspect *inspect, const PGresult *result)
{
    inspect->misled = !version_path_take(&inspect->path, result, arena_of(inspect));
}

static void server_take(struct inspect *inspect, const PGresult *result)
{
    struct message_result *told = &inspect->look.task->result;
    facts_take(&inspect->facts, result, inspect->look.connection, arena_of(inspect));
    told->seen.server = inspect->facts.server;
}

static void tables_take(struct inspect *inspect, const PGresult *result)
{
    if (!inspect->misled) {
        facts_tables_take(&inspect->facts, &inspect->tables, inspect->path.schemas.count, result,
                          arena_of(inspect));
    }
}

static void foreign_take(struct inspect *inspect, const PGresult *result)
{
    if (PQntuples(result) > 0) {
        inspect->foreign = (struct foreign_table){
            .name = field(inspect, result, 0, 0),
            .owner = field(inspect, result, 0, 1),
            .what = field(inspect, result, 0, 2),
        };
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

void inspect_part_add(struct inspect *inspect, inspect_part *part)
{
    inspect->parts[inspect->part_count++] = part;
}

/* ---- which question is next ---- */

/* Tables that are there and may be read, as the facts say. */
static unsigned tables_present(const struct inspect *inspect)
{
    unsigned present = 0;
    for (unsigned i = 0; i < FACT_TABLES; i++) {
        const struct fact_table *table = inspect_table(inspect, i);
        present |= table->exists && table->readable && table->ordinary ? 1U << i : 0U;
    }
    return inspect->facts.schema_usage ? present : 0;
}

/* A guess at tables; none where they may not be read before it is known what they are. */
static unsigned tables_guess(const struct inspect *inspect)
{
    const struct expected_tables *expected = pool_expected_tables(inspect->look.task->pool);
    if (ownership_reading(inspect->look.connection)[0] == NULL) {
        return 0;
    }
    if (is_survey(inspect)) {
        return TABLE_VERSION;
    }
    return expected->learned ? expected->tables : TABLE_VERSION | TABLE_HISTORY;
}

/* The tables are in this schema; what was read in another one is forgotten. */
static void names_use(struct inspect *inspect, const char *schema)
{
    struct task *task = inspect->look.task;
    bookkeeping_name(&inspect->tables, schema, &task->job, task->bundle, inspect->look.connection,
                     &task->arena);
    inspect->facts.known = false;
    inspect->misled = false;
    inspect->recorded_count = 0;
    inspect->unfinished_count = 0;
    inspect->invalid.count = 0;
    task->result.rows.heads = (struct texts){0};
    task->result.rows.heads_known = false;
    inspect->asked = tables_guess(inspect);
}

/* Where the version table is said to be: the first schema on the path that has one, or where it
 * would be made. Before the facts are known: where it was on the target before, if that is here. */
static const char *schema_of_path(const struct inspect *inspect)
{
    const struct version_path *path = &inspect->path;
    const char *expected = pool_expected_tables(inspect->look.task->pool)->schema;
    for (size_t i = 0; i < path->visible; i++) {
        bool here = inspect->facts.known
                        ? inspect->facts.tables[i][0].exists
                        : expected != NULL && strcmp(path->schemas.items[i], expected) == 0;
        if (here) {
            return path->schemas.items[i];
        }
    }
    return path->schemas.items[0];
}

/* A fault that a better question avoids: a guessed table is missing, or something may not be read.
 */
static bool is_misguess(const struct pg_error *fault)
{
    return !fault->lost &&
           (sqlstate_is(fault->sqlstate, SQLSTATE_UNDEFINED_TABLE) ||
            sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_SCHEMA_NAME) ||
            sqlstate_is(fault->sqlstate, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE) ||
            sqlstate_is(fault->sqlstate, SQLSTATE_INSUFFICIENT_PRIVILEGE));
}

/* Asks again, with other names, when the tables are in another schema. */
static bool ask_elsewhere(struct inspect *inspect)
{
    if (!inspect->path.told || (!inspect->facts.known && !inspect->misled)) {
        return false;
    }
    const char *schema = schema_of_path(inspect);
    if (!inspect->misled && strcmp(schema, inspect->tables.schema) == 0) {
        return false;
    }
    names_use(inspect, schema);
    ask(inspect);
    return true;
}

/* Asks again, for the rights in full; so all later targets are asked at once. */
static bool ask_rights(struct inspect *inspect)
{
    if (!inspect->facts.unclear) {
        return false;
    }
    pool_expected_tables(inspect->look.task->pool)->rights = true;
    inspect->facts.unclear = false;
    names_use(inspect, inspect->tables.schema);
    ask(inspect);
    return true;
}

/* Asks for exactly the tables that there are, when others were asked for. */
static bool ask_exactly(struct inspect *inspect, bool failed)
{
    if (!inspect->facts.known) {
        return false;
    }
    unsigned wanted = tables_present(inspect);
    version_path_learn(&inspect->path, inspect->tables.schema,
                       pool_expected_tables(inspect->look.task->pool));
    if (is_survey(inspect)) {
        wanted &= TABLE_VERSION | TABLE_PROGRESS;
    } else {
        struct expected_tables *expected = pool_expected_tables(inspect->look.task->pool);
        expected->learned = true;
        expected->tables = wanted;
    }
    bool again = failed ? wanted != inspect->asked : (wanted & ~inspect->asked) != 0;
    inspect->asked = wanted;
    if (again && wanted != 0) {
        ask(inspect);
    }
    return again && wanted != 0;
}

/* Asks what another role's tables hold. A survey writes nothing there, and reads nothing that
 * runs. */
static bool ask_ownership(struct inspect *inspect)
{
    bool theirs = false;
    for (unsigned i = 0; i < FACT_TABLES && inspect->facts.known; i++) {
        const struct fact_table *table = inspect_table(inspect, i);
        theirs = theirs || (table->exists && table->ordinary && !table->ours);
    }
    if (!theirs || inspect->ownership || is_survey(inspect) || inspect->look.task->job.survey) {
        return false;
    }
    inspect->ownership = true;
    ask(inspect);
    return true;
}

/* What is there is no table, which is for the verdict to say. */
static bool is_no_table(const struct inspect *inspect)
{
    bool no_table = false;
    for (unsigned i = 0; i < FACT_TABLES && inspect->facts.known; i++) {
        const struct fact_table *table = inspect_table(inspect, i);
        no_table = no_table || (table->exists && !table->ordinary);
    }
    return no_table;
}

static bool ask_better(struct inspect *inspect, const struct pg_error *fault)
{
    return inspect->messages < MESSAGES_MAX && (fault == NULL || is_misguess(fault)) &&
           (ask_rights(inspect) || ask_elsewhere(inspect) || ask_exactly(inspect, fault != NULL) ||
            (fault == NULL && ask_ownership(inspect)));
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

static void refuse_fault(struct inspect *inspect, const struct pg_error *fault)
{
    struct task *task = inspect->look.task;
    const struct failure failure = task_failure_of(task, task_cause_of(fault, PLACE_OWN), fault);
    task_fail(task, &failure);
    look_end(&inspect->look, false);
}

static void answered(struct look *look, const struct pg_error *fault)
{
    struct inspect *inspect = (struct inspect *)look;
    if (inspect->unread.asking) {
        if (!unread_answered(inspect, fault)) {
            refuse_fault(inspect, fault);
        }
        return;
    }
    if (is_statement_pooling(fault)) {
        refuse_pooling(inspect, fault);
        return;
    }
    bool own = inspect->adoption.stage == ADOPTION_BEFORE; /* what was asked is of our tables */
    if (own &&
        ((!inspect->pooler_asked && ask_better(inspect, fault)) || ask_pooler(inspect, fault))) {
        return;
    }
    bool avoided = own && inspect->facts.known && (inspect->asked == 0 || is_no_table(inspect));
    if (fault != NULL && !(is_misguess(fault) && avoided)) {
        refuse_fault(inspect, fault);
        return;
    }
    if (!inspect->facts.known || strcmp(schema_of_path(inspect), inspect->tables.schema) != 0) {
        task_fail(look->task, &(struct failure){
                                  .cause = FAILURE_CAUSE_MOVED,
                                  .message = "the version table does not stay in one schema",
                              });
        look_end(look, false);
        return;
    }
    if (adopt_ask(inspect)) {
        return;
    }
    unfinished_tell(inspect);
    inspect->look.task->result.pooled = inspect->facts.pooled;
    inspect_judge(inspect);
    if (look->task->result.outcome != JOB_OUTCOME_DONE || !rehearse_ask(inspect)) {
        inspect_conclude(inspect);
    }
}

void inspect_conclude(struct inspect *inspect)
{
    const struct task *task = inspect->look.task;
    if (task->result.outcome != JOB_OUTCOME_DONE || !unread_ask(inspect)) {
        look_end(&inspect->look, !task->job.final);
    }
}

/* ---- the message ---- */

static void ask(struct inspect *inspect)
{
    struct connection *connection = inspect->look.connection;
    struct buffer sql = {0};
    inspect->messages++;
    inspect->part_count = 0;
    inspect->part_next = 0;
    if (connection_in_transaction(connection)) {
        buffer_text_append(&sql, "ROLLBACK; "); /* the question before has failed */
    }
    buffer_text_append(&sql, "BEGIN READ ONLY; ");
    if (!inspect->path.told) {
        inspect_part_add(inspect, path_take);
        version_path_sql(&inspect->path, &sql);
    }
    buffer_text_append(&sql, SESSION_OWN_PATH "; ");
    settings_limits_append(&sql, &inspect->look.settings);
    if (inspect->ownership) {
        inspect_part_add(inspect, foreign_take);
        facts_ownership_sql(&sql, &inspect->tables, connection, arena_of(inspect));
    } else {
        for (const char *const *set = ownership_reading(connection); *set != NULL; set++) {
            buffer_printf(&sql, "%s; ", *set);
        }
        if (!inspect->facts.known) {
            inspect_part_add(inspect, server_take);
            inspect_part_add(inspect, tables_take);
            inspect->facts.rights = pool_expected_tables(inspect->look.task->pool)->rights;
            facts_sql(&sql, &inspect->tables, inspect->path.schemas, inspect->facts.rights,
                      connection, arena_of(inspect));
        }
        inspect_rows_append(inspect, &sql);
    }
    buffer_text_append(&sql, SESSION_READ_END);
    look_ask(&inspect->look, buffer_text(&sql));
    buffer_free(&sql);
}

static void begin(struct look *look)
{
    struct inspect *inspect = (struct inspect *)look;
    struct task *task = look->task;
    version_path_begin(&inspect->path, task, look->connection);
    names_use(inspect, schema_of_path(inspect));
    ask(inspect);
}

void inspect_start(struct task *task)
{
    static const struct look_kind kind = {.begin = begin, .result = take, .answered = answered};
    struct inspect *inspect = arena_alloc(&task->arena, sizeof *inspect);
    look_start(&inspect->look, task, &kind, LOOK_LIMITS);
}
