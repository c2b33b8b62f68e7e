/* The SQL of the bookkeeping tables (bookkeeping.h). */
#include "worker/sql/bookkeeping.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/versions.h"
#include "worker/sql/ownership.h"
#include "worker/sql/session.h"

enum { TYPE_MODIFIER_OF_VARCHAR = 4 }; /* more than its length */

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

const char *bookkeeping_schema(const struct message_job *job)
{
    if (is_given(job->place.schema)) {
        return job->place.schema;
    }
    return is_given(job->version.version_schema) ? job->version.version_schema : "public";
}

void bookkeeping_name(struct bookkeeping *tables, const char *schema, const struct message_job *job,
                      const struct bundle *bundle, struct connection *connection,
                      struct arena *arena)
{
    const char *table =
        is_given(job->version.version_table) ? job->version.version_table : "alembic_version";
    const char *quoted = connection_quote_identifier(connection, schema, arena);
    tables->schema = arena_strdup(arena, schema);
    tables->schema_quoted = quoted;
    tables->version_name = arena_strdup(arena, table);
    tables->version =
        arena_printf(arena, "%s.%s", quoted, connection_quote_identifier(connection, table, arena));
    tables->version_key =
        connection_quote_identifier(connection, arena_printf(arena, "%s_pkc", table), arena);
    tables->version_literal = connection_quote_literal(connection, table, arena);
    tables->keyless = job->version.version_keyless;
    tables->characters =
        bundle == NULL ? VERSION_CHARACTERS : versions_characters(bundle_graph(bundle));
    tables->history = arena_printf(arena, "%s.drover_history", quoted);
    tables->progress = arena_printf(arena, "%s.drover_progress", quoted);
    tables->schema_literal = connection_quote_literal(connection, schema, arena);
    const char *const relations[] = {tables->version, tables->history, tables->progress};
    for (size_t i = 0; i < LENGTH(relations); i++) {
        tables->relations[i] = connection_quote_literal(connection, relations[i], arena);
    }
    tables->history_old_key = connection_quote_literal(
        connection, arena_printf(arena, "%s.drover_history_pkc", quoted), arena);
    tables->lock_key = arena_printf(
        arena, "pg_catalog.hashtextextended(%s, 0)",
        connection_quote_literal(connection, arena_printf(arena, "drover:%s", schema), arena));
}

/* ---- reading ---- */

/* Whether a table of the schema exists, as an expression; a role without USAGE sees it too.
 * `table` is a literal. */
static void exists_append(struct buffer *sql, const struct bookkeeping *tables, const char *table)
{
    buffer_printf(sql,
                  "EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON "
                  "n.oid = c.relnamespace"
                  " WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p'))",
                  tables->schema_literal, table);
}

void bookkeeping_present_sql(struct buffer *sql, const struct bookkeeping *tables)
{
    buffer_printf(sql, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s), ",
                  tables->schema_literal);
    exists_append(sql, tables, tables->version_literal);
    buffer_text_append(sql, ", ");
    exists_append(sql, tables, "'drover_history'");
    buffer_text_append(sql, ", ");
    exists_append(sql, tables, "'drover_progress'");
    buffer_text_append(sql, ";\n");
}

void bookkeeping_heads_sql(struct buffer *sql, const struct bookkeeping *tables)
{
    buffer_printf(sql, "SELECT version_num FROM %s LIMIT %d;\n", tables->version,
                  BOOKKEEPING_HEADS_MAX + 1);
}

struct texts bookkeeping_heads_read(const PGresult *result, struct arena *arena)
{
    size_t count = (size_t)PQntuples(result);
    const char **heads = arena_array(arena, count, sizeof *heads);
    for (size_t i = 0; i < count; i++) {
        heads[i] = arena_strdup(arena, PQgetvalue(result, (int)i, 0));
    }
    texts_sort(heads, count);
    return (struct texts){.items = heads, .count = count};
}

void bookkeeping_steps_sql(struct buffer *sql, const struct bookkeeping *tables)
{
    buffer_printf(sql, "SELECT number, revision, direction, checksum FROM %s;\n", tables->history);
}

void bookkeeping_last_sql(struct buffer *sql, const struct bookkeeping *tables)
{
    buffer_printf(sql,
                  "SELECT number, revision, direction, rollout, server_identity, " SESSION_TIMELINE
                  " FROM %s ORDER BY number DESC LIMIT 1;\n",
                  tables->history);
}

void bookkeeping_unfinished_sql(struct buffer *sql, const struct bookkeeping *tables)
{
    buffer_printf(sql,
                  "SELECT revision, direction, checksum, statement, state FROM %s"
                  " ORDER BY revision, direction, statement;\n",
                  tables->progress);
}

void bookkeeping_invalid_sql(struct buffer *sql, const struct bookkeeping *tables, bool of_schema)
{
    buffer_printf(
        sql,
        "SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname) FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n"
        " ON n.oid = c.relnamespace WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)"
        " AND n.nspname %s %s AND c.relkind = 'i' AND NOT EXISTS (SELECT FROM"
        " pg_catalog.pg_locks l WHERE l.relation = i.indrelid AND l.granted"
        " AND l.mode = 'ShareUpdateExclusiveLock') ORDER BY 1 LIMIT 10;\n",
        of_schema ? "=" : "<>", of_schema ? tables->schema_literal : "'pg_toast'");
}

/* ---- writing ---- */

static void version_table_create(struct batch *batch, const struct bookkeeping *tables)
{
    struct buffer *sql = batch_assert(batch, REFUSAL_CREATE);
    buffer_printf(sql, "CREATE TABLE IF NOT EXISTS %s (version_num VARCHAR(%u) NOT NULL",
                  tables->version, tables->characters);
    if (!tables->keyless) {
        buffer_printf(sql, ", CONSTRAINT %s PRIMARY KEY (version_num)", tables->version_key);
    }
    buffer_text_append(sql, ");\n");
}

/* Bounded texts keep PostgreSQL from making a TOAST table, half the cost of a table that each
 * target gets. */
static void history_table_create(struct batch *batch, const struct bookkeeping *tables)
{
    buffer_printf(batch_assert(batch, REFUSAL_CREATE),
                  "CREATE TABLE IF NOT EXISTS %s (number bigint NOT NULL, revision varchar(%u),"
                  " direction varchar(9), checksum varchar(64), rollout varchar(200), attempt int,"
                  " epoch bigint, server_identity varchar(20), timeline varchar(8),"
                  " applied_at timestamptz, applied_by name,"
                  " CONSTRAINT drover_history_pkey PRIMARY KEY (number));\n",
                  tables->history, tables->characters);
}

void bookkeeping_progress_create(struct batch *batch, const struct bookkeeping *tables)
{
    buffer_printf(batch_assert(batch, REFUSAL_CREATE),
                  "CREATE TABLE IF NOT EXISTS %s (revision varchar(%u) NOT NULL,"
                  " direction varchar(9) NOT NULL, checksum varchar(64) NOT NULL,"
                  " statement int NOT NULL, state varchar(7) NOT NULL, rollout varchar(200),"
                  " attempt int, epoch bigint, backend_pid int, started_at timestamptz,"
                  " finished_at timestamptz, CONSTRAINT drover_progress_pkc"
                  " PRIMARY KEY (revision, direction, statement));\n",
                  tables->progress, tables->characters);
}

/* One that was made for shorter ids. */
static void table_widen(struct batch *batch, const struct bookkeeping *tables, const char *table,
                        const char *relation)
{
    buffer_printf(batch_own(batch, NULL),
                  "DO $$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid ="
                  " %s::pg_catalog.regclass AND attname = 'revision' AND atttypmod = %d)"
                  " THEN ALTER TABLE %s ALTER COLUMN revision TYPE varchar(%u);"
                  " END IF; END $$;\n",
                  relation, VERSION_CHARACTERS + TYPE_MODIFIER_OF_VARCHAR, table,
                  tables->characters);
}

/* concat is not immutable, so the cast of the sentence waits until the condition has proved false. */
void bookkeeping_assert_begin(struct buffer *sql)
{
    buffer_text_append(sql, "SELECT CASE WHEN ");
}

void bookkeeping_assert_end(struct buffer *sql, const char *sentence)
{
    buffer_printf(sql, " THEN 1 ELSE pg_catalog.concat('drover: %s')::pg_catalog.int4 END",
                  sentence);
}

void bookkeeping_lock(struct batch *batch, const struct bookkeeping *tables)
{
    struct buffer *sql = batch_assert(batch, REFUSAL_BUSY);
    bookkeeping_assert_begin(sql);
    buffer_printf(sql, "pg_catalog.pg_try_advisory_xact_lock(%s)", tables->lock_key);
    bookkeeping_assert_end(sql, "another session is deploying to this target");
    buffer_text_append(sql, ";\n");
}

static void identity_assert(struct batch *batch, const char *identity,
                            struct connection *connection, struct arena *arena)
{
    struct buffer *sql = batch_assert(batch, REFUSAL_OTHER_SERVER);
    bookkeeping_assert_begin(sql);
    buffer_printf(sql, "system_identifier::pg_catalog.text = %s",
                  connection_quote_literal(connection, identity, arena));
    bookkeeping_assert_end(sql, "this is another server than the one that was validated");
    buffer_text_append(sql, " FROM pg_catalog.pg_control_system();\n");
}

/* How many of the tables are used, in the order of enum bookkeeping_table. */
static size_t tables_used(const struct bookkeeping_opening *opening)
{
    return opening->alone ? 3 : 2;
}

/* As our own writes lock them, so that nobody changes what the tables are. In one of many
 * transactions, what another tool is about to write in the version rows is waited for, and what it
 * reads then is what we leave. Of another role's table its owner may not even make a child
 * meanwhile. */
static void tables_lock(struct batch *batch, const struct bookkeeping *tables,
                        const struct bookkeeping_opening *opening)
{
    buffer_printf(batch_own(batch, "LOCK TABLE"), "LOCK TABLE ONLY %s, ONLY %s%s%s IN %s MODE;\n",
                  tables->version, tables->history, opening->alone ? ", ONLY " : "",
                  opening->alone ? tables->progress : "",
                  opening->alone || opening->foreign ? "SHARE ROW EXCLUSIVE" : "ROW EXCLUSIVE");
}

/* One question for each table: to look for both at once costs a new session a third more. */
static void ownership_assert(struct batch *batch, const struct bookkeeping *tables,
                             const struct bookkeeping_opening *opening)
{
    struct buffer *sql = batch_assert(batch, REFUSAL_FOREIGN);
    bookkeeping_assert_begin(sql);
    for (size_t i = 0; i < tables_used(opening); i++) {
        buffer_printf(sql, "%s(SELECT ", i > 0 ? " AND " : "");
        if (opening->foreign) {
            buffer_text_append(sql, "(c.relkind IN ('r', 'p') AND " OWNERSHIP_OURS ") OR (");
            ownership_runs_append(sql);
            buffer_text_append(sql, ") IS NULL");
        } else {
            buffer_text_append(sql, OWNERSHIP_OURS);
        }
        buffer_printf(sql,
                      " FROM pg_catalog.pg_class c"
                      " WHERE c.oid = %s::pg_catalog.regclass::pg_catalog.oid)",
                      tables->relations[i]);
    }
    bookkeeping_assert_end(sql, "a table belongs to another role and may run what that put in");
    buffer_text_append(sql, ";\n");
}

/* Each expected row as often as expected and no other row: counting costs a new session a quarter
 * of what sorting rows into an array does. */
static void rows_are(struct buffer *sql, struct texts heads, struct connection *connection,
                     struct arena *arena)
{
    bookkeeping_assert_begin(sql);
    buffer_printf(sql, "pg_catalog.count(*) = %zu", heads.count);
    for (size_t i = 0, next = 0; i < heads.count; i = next) {
        while (next < heads.count && strcmp(heads.items[next], heads.items[i]) == 0) {
            next++;
        }
        buffer_printf(sql, " AND pg_catalog.count(*) FILTER (WHERE " BOOKKEEPING_ROW_IS ") = %zu",
                      connection_quote_literal(connection, heads.items[i], arena), next - i);
    }
}

void bookkeeping_rows_assert(struct batch *batch, const struct bookkeeping *tables,
                             struct texts rows, struct connection *connection, struct arena *arena)
{
    struct buffer *sql = batch_own(batch, NULL);
    rows_are(sql, rows, connection, arena);
    bookkeeping_assert_end(sql, "the version rows are not those that the revision leads to");
    buffer_printf(sql, " FROM %s;\n", tables->version);
}

static void heads_assert(struct batch *batch, const struct bookkeeping *tables,
                         const struct bookkeeping_opening *opening, struct connection *connection,
                         struct arena *arena)
{
    struct buffer *sql = batch_assert(batch, REFUSAL_MOVED);
    rows_are(sql, opening->heads, connection, arena);
    if (opening->stamped_by != NULL) {
        buffer_printf(sql,
                      " AND NOT EXISTS (SELECT FROM %s WHERE direction IN ('purge', 'stamp') AND "
                      "rollout = %s)",
                      tables->history,
                      connection_quote_literal(connection, opening->stamped_by, arena));
    }
    bookkeeping_assert_end(sql, "the version rows are not those that validation saw");
    buffer_printf(sql, " FROM %s;\n", tables->version);
}

void bookkeeping_open(struct batch *batch, const struct bookkeeping *tables,
                      const struct bookkeeping_opening *opening, struct connection *connection,
                      struct arena *arena)
{
    bookkeeping_lock(batch, tables);
    if (opening->server_identity != NULL && opening->server_identity[0] != '\0') {
        identity_assert(batch, opening->server_identity, connection, arena);
    }
    if (opening->create_version) {
        version_table_create(batch, tables);
    }
    if (opening->create_history) {
        history_table_create(batch, tables);
    }
    if (opening->create_progress) {
        bookkeeping_progress_create(batch, tables);
    }
    if (tables->characters > VERSION_CHARACTERS) {
        table_widen(batch, tables, tables->history, tables->relations[1]);
    }
    if (tables->characters > VERSION_CHARACTERS && opening->alone) {
        table_widen(batch, tables, tables->progress, tables->relations[2]);
    }
    tables_lock(batch, tables, opening);
    ownership_assert(batch, tables, opening);
    heads_assert(batch, tables, opening, connection, arena);
}

void bookkeeping_rekey(struct batch *batch, const struct bookkeeping *tables)
{
    buffer_printf(batch_own(batch, "ALTER TABLE"),
                  "ALTER TABLE %s DROP CONSTRAINT drover_history_pkc,"
                  " ADD CONSTRAINT drover_history_pkey PRIMARY KEY (number)",
                  tables->history);
}
