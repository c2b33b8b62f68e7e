/* The SQL of the facts, and its answers (facts.h). */
#include "worker/look/facts.h"

#include <stdlib.h>
#include <string.h>

#include "common/revision/revision.h"
#include "worker/sql/ownership.h"
#include "worker/sql/session.h"

const char *facts_table_name(const struct bookkeeping *tables, size_t table)
{
    static const char *const names[FACT_TABLES] = {NULL, "drover_history", "drover_progress"};
    return table == 0 ? tables->version_name : names[table];
}

/* An expression of type regnamespace, NULL when it does not exist. */
static const char *schema_lookup(const char *schema, struct connection *connection,
                                 struct arena *arena)
{
    const char *quoted = connection_quote_identifier(connection, schema, arena);
    return arena_printf(arena, "pg_catalog.to_regnamespace(%s)",
                        connection_quote_literal(connection, quoted, arena));
}

static void server_sql(struct buffer *sql, const char *schema)
{
    buffer_printf(sql,
                  "SELECT pg_catalog.pg_is_in_recovery(), "
                  "pg_catalog.current_setting('default_transaction_read_only'),"
                  " (pg_catalog.pg_control_system()).system_identifier,"
                  " " SESSION_TIMELINE_OR_NONE ","
                  " current_user, %s IS NOT NULL, pg_catalog.has_schema_privilege(%s, 'USAGE'),"
                  " pg_catalog.has_schema_privilege(%s, 'CREATE'),"
                  " pg_catalog.pg_backend_pid();\n",
                  schema, schema, schema);
}

/* Types are named where the server would have to weigh operators otherwise, and each name is compared by
 * itself: a list would have it look for how lists of names are compared. Either costs a new session a third
 * of the whole statement. */
static void relations_append(struct buffer *sql, const struct bookkeeping *tables)
{
    buffer_printf(sql,
                  "(relname = %s::pg_catalog.name OR relname = 'drover_history'::pg_catalog.name"
                  " OR relname = 'drover_progress'::pg_catalog.name)",
                  tables->version_literal);
}

/* Whose the table is and what may be done with it: the owner's name and whether nothing was granted, which is
 * all where that is this role's own; else what it comes to. */
static void rights_append(struct buffer *sql, bool in_full)
{
    buffer_text_append(
        sql, in_full ? ", " OWNERSHIP_OURS ", pg_catalog.has_table_privilege(oid, 'SELECT'),"
                       " pg_catalog.has_table_privilege(oid, 'INSERT')"
                       " AND pg_catalog.has_table_privilege(oid, 'UPDATE')"
                       " AND pg_catalog.has_table_privilege(oid, 'DELETE'), "
                     : ", pg_catalog.pg_get_userbyid(relowner), relacl IS NULL, 0, ");
}

void facts_sql(struct buffer *sql, const struct bookkeeping *tables, struct texts schemas,
               bool in_full, struct connection *connection, struct arena *arena)
{
    server_sql(sql, schema_lookup(tables->schema, connection, arena));
    struct buffer places = {0};
    for (size_t i = 0; i < schemas.count; i++) {
        buffer_printf(&places, "%s%s::pg_catalog.oid", i > 0 ? ", " : "",
                      schema_lookup(schemas.items[i], connection, arena));
    }
    buffer_text_append(sql, "SELECT ");
    if (schemas.count == 1) {
        buffer_text_append(sql, "1");
    } else {
        buffer_printf(sql, "pg_catalog.array_position(ARRAY[%s], relnamespace)",
                      buffer_text(&places));
    }
    buffer_text_append(sql, ", relname, relkind");
    rights_append(sql, in_full);
    buffer_text_append(sql,
                       tables->characters > VERSION_CHARACTERS
                           ? "(SELECT atttypmod - 4 FROM pg_catalog.pg_attribute WHERE attrelid"
                             " = c.oid AND attname IN ('version_num', 'revision'))"
                           : "0");
    buffer_text_append(sql, " FROM pg_catalog.pg_class c WHERE ");
    relations_append(sql, tables);
    buffer_text_append(sql, " AND (");
    for (size_t i = 0; i < schemas.count; i++) {
        buffer_printf(sql, "%srelnamespace = %s::pg_catalog.oid", i > 0 ? " OR " : "",
                      schema_lookup(schemas.items[i], connection, arena));
    }
    buffer_text_append(sql, ");\n");
    buffer_free(&places);
}

static bool is_true(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

void facts_take(struct facts *facts, const PGresult *result, struct connection *connection,
                struct arena *arena)
{
    facts->standby = is_true(result, 0, 0);
    facts->read_only = strcmp(PQgetvalue(result, 0, 1), "on") == 0;
    facts->server.server_identity = arena_strdup(arena, PQgetvalue(result, 0, 2));
    facts->server.timeline = arena_strdup(arena, PQgetvalue(result, 0, 3));
    facts->role = arena_strdup(arena, PQgetvalue(result, 0, 4));
    facts->schema_exists = is_true(result, 0, 5);
    facts->schema_usage = is_true(result, 0, 6);
    facts->schema_create = is_true(result, 0, 7);
    facts->pooled = atoi(PQgetvalue(result, 0, 8)) != connection_backend_pid(connection);
    facts->server_version = (unsigned)connection_server_version(connection);
}

/* From column 3 on. */
static void rights_take(struct facts *facts, struct fact_table *table, const PGresult *result,
                        int row)
{
    if (facts->rights) {
        table->ours = is_true(result, row, 3);
        table->readable = is_true(result, row, 4);
        table->writable = is_true(result, row, 5);
    } else {
        bool own = strcmp(PQgetvalue(result, row, 3), facts->role) == 0 && is_true(result, row, 4);
        table->ours = table->readable = table->writable = own;
        facts->unclear = facts->unclear || !own;
    }
}

void facts_tables_take(struct facts *facts, const struct bookkeeping *tables, size_t schemas,
                       const PGresult *result, struct arena *arena)
{
    facts->tables = arena_array(arena, schemas, sizeof *facts->tables);
    facts->unclear = false;
    for (int row = 0; row < PQntuples(result); row++) {
        size_t schema = strtoul(PQgetvalue(result, row, 0), NULL, 10);
        int characters = atoi(PQgetvalue(result, row, 6));
        for (size_t i = 0; schema >= 1 && schema <= schemas && i < FACT_TABLES; i++) {
            struct fact_table *table = &facts->tables[schema - 1][i];
            if (strcmp(PQgetvalue(result, row, 1), facts_table_name(tables, i)) == 0) {
                *table = (struct fact_table){
                    .exists = true,
                    .ordinary = strchr("rp", PQgetvalue(result, row, 2)[0]) != NULL,
                    .characters = (unsigned)(characters > 0 ? characters : 0),
                };
                rights_take(facts, table, result, row);
            }
        }
    }
    facts->known = !facts->unclear;
}

void facts_ownership_sql(struct buffer *sql, const struct bookkeeping *tables,
                         struct connection *connection, struct arena *arena)
{
    buffer_text_append(sql,
                       "SELECT * FROM (SELECT relname, pg_catalog.pg_get_userbyid(relowner), ");
    ownership_runs_append(sql);
    buffer_text_append(sql, " AS what FROM pg_catalog.pg_class c WHERE ");
    relations_append(sql, tables);
    buffer_printf(sql,
                  " AND relnamespace = %s::pg_catalog.oid AND NOT " OWNERSHIP_OURS
                  ") AS others WHERE what IS NOT NULL;\n",
                  schema_lookup(tables->schema, connection, arena));
}
