/* The questions (adopt.h). */
#include "worker/look/adopt.h"

#include <string.h>

#include "common/vocabulary/tool.h"
#include "worker/sql/ownership.h"
#include "worker/sql/session.h"

enum { TEXT_MAX = 500 };

static struct arena *arena_of(struct inspect *inspect)
{
    return &inspect->look.task->arena;
}

/* ---- which table ---- */

/* As SQL writes it: in the target's schema, or as it stands for the server to resolve. A name with a dot names
 * its schema. */
static const char *name_quoted(struct inspect *inspect)
{
    struct connection *connection = inspect->look.connection;
    struct arena *arena = arena_of(inspect);
    const char *name = inspect->adoption.table;
    const char *schema = inspect->look.task->job.place.schema;
    const char *dot = strchr(name, '.');
    if (dot != NULL) {
        schema = arena_strndup(arena, name, (size_t)(dot - name));
        name = dot + 1;
    }
    const char *quoted = connection_quote_identifier(connection, name, arena);
    return schema[0] == '\0'
               ? quoted
               : arena_printf(arena, "%s.%s",
                              connection_quote_identifier(connection, schema, arena), quoted);
}

static const char *field(struct inspect *inspect, const PGresult *result, int row, int column)
{
    return arena_strdup(arena_of(inspect), PQgetvalue(result, row, column));
}

static void ignore_take(struct inspect *inspect, const PGresult *result)
{
    (void)inspect;
    (void)result;
}

static void table_take(struct inspect *inspect, const PGresult *result)
{
    struct adoption *adoption = &inspect->adoption;
    struct connection *connection = inspect->look.connection;
    if (PQntuples(result) == 0) {
        return;
    }
    const char *schema = field(inspect, result, 0, 0);
    const char *name = field(inspect, result, 0, 1);
    adoption->shown = arena_printf(arena_of(inspect), "%s.%s", schema, name);
    adoption->place =
        arena_printf(arena_of(inspect), "%s.%s",
                     connection_quote_identifier(connection, schema, arena_of(inspect)),
                     connection_quote_identifier(connection, name, arena_of(inspect)));
    adoption->ordinary = strchr("rp", PQgetvalue(result, 0, 2)[0]) != NULL;
    adoption->readable = PQgetvalue(result, 0, 3)[0] == 't';
    adoption->columns = arena_printf(arena_of(inspect), ",%s,", PQgetvalue(result, 0, 4));
}

/* The name is resolved on the target's path, and the answer handed to the statement on our own. */
static void find_append(struct inspect *inspect, struct buffer *sql)
{
    buffer_printf(
        sql,
        "SET LOCAL search_path TO DEFAULT; "
        "SELECT pg_catalog.set_config('drover.tool_table', COALESCE(pg_catalog.to_regclass(%s)"
        "::pg_catalog.oid::pg_catalog.text, '0'), true); " SESSION_OWN_PATH "; "
        "SELECT n.nspname, c.relname, c.relkind,"
        " has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'),"
        " (SELECT string_agg(a.attname, ',') FROM pg_attribute a WHERE a.attrelid = c.oid"
        " AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'"
        " AND a.atttypid < 16384::oid)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = current_setting('drover.tool_table')::oid; ",
        connection_quote_literal(inspect->look.connection, name_quoted(inspect),
                                 arena_of(inspect)));
    inspect_part_add(inspect, ignore_take);
    inspect_part_add(inspect, table_take);
}

/* ---- what it holds ---- */

static void rows_take(struct inspect *inspect, const PGresult *result)
{
    struct adoption *adoption = &inspect->adoption;
    adoption->count = (size_t)PQntuples(result);
    adoption->rows = arena_array(arena_of(inspect), adoption->count, sizeof *adoption->rows);
    for (size_t i = 0; i < adoption->count; i++) {
        adoption->rows[i] = (struct adopted){.version = field(inspect, result, (int)i, 0),
                                             .fault = field(inspect, result, (int)i, 1),
                                             .implies = field(inspect, result, (int)i, 2)};
    }
}

static void read_append(struct inspect *inspect, struct buffer *sql)
{
    const struct adoption *adoption = &inspect->adoption;
    const char *gap = strstr(adoption->tool->question, "%s");
    buffer_printf(sql,
                  SESSION_OWN_PATH "; SELECT left(version, %d), fault, implies FROM (%.*s%s%s)"
                                   " AS theirs (version, fault, implies) LIMIT %d; ",
                  TEXT_MAX, (int)(gap - adoption->tool->question), adoption->tool->question,
                  adoption->place, gap + 2, ADOPTION_ROWS_MAX + 1);
    inspect_part_add(inspect, rows_take);
}

const char *adopt_lacking(const struct adoption *adoption, struct arena *arena)
{
    for (const char *at = adoption->tool->columns; *at != '\0'; at += *at == ',') {
        const char *column = arena_strndup(arena, at, strcspn(at, ","));
        if (strstr(adoption->columns, arena_printf(arena, ",%s,", column)) == NULL) {
            return column;
        }
        at += strlen(column);
    }
    return NULL;
}

static bool may_read(struct inspect *inspect)
{
    const struct adoption *adoption = &inspect->adoption;
    return adoption->place != NULL && adoption->ordinary && adoption->readable &&
           adopt_lacking(adoption, arena_of(inspect)) == NULL;
}

bool adopt_ask(struct inspect *inspect)
{
    struct adoption *adoption = &inspect->adoption;
    const struct message_job *job = &inspect->look.task->job;
    struct buffer sql = {0};
    if (adoption->stage == ADOPTION_BEFORE) {
        adoption->tool = tool_find(text_or_empty(job->tool));
        adoption->table = adoption->tool == NULL || text_or_empty(job->tool_table)[0] != '\0'
                              ? job->tool_table
                              : adoption->tool->table;
    }
    if (adoption->tool == NULL || adoption->stage == ADOPTION_OVER ||
        (adoption->stage == ADOPTION_FINDING && !may_read(inspect)) ||
        adoption->stage == ADOPTION_READING) {
        adoption->stage = ADOPTION_OVER;
        return false;
    }
    inspect->part_count = 0;
    inspect->part_next = 0;
    buffer_text_append(&sql,
                       connection_in_transaction(inspect->look.connection) ? "ROLLBACK; " : "");
    buffer_text_append(&sql, "BEGIN READ ONLY; ");
    settings_limits_append(&sql, &inspect->look.settings);
    for (const char *const *set = ownership_reading(inspect->look.connection); *set != NULL;
         set++) {
        buffer_printf(&sql, "%s; ", *set);
    }
    if (adoption->stage == ADOPTION_BEFORE) {
        adoption->stage = ADOPTION_FINDING;
        find_append(inspect, &sql);
    } else {
        adoption->stage = ADOPTION_READING;
        read_append(inspect, &sql);
    }
    buffer_text_append(&sql, SESSION_READ_END);
    look_ask(&inspect->look, buffer_text(&sql));
    buffer_free(&sql);
    return true;
}
