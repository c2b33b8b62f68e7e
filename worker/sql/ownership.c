/* What of another role's runs in a table (ownership.h). */
#include "worker/sql/ownership.h"

#include "common/base/array.h"

void ownership_runs_append(struct buffer *sql)
{
    static const struct {
        const char *condition;
        const char *what;
    } rows[] = {
        {"c.relkind <> 'r'", "is not an ordinary table"},
        {"EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)"
         " OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)",
         "has a parent or children"},
        {"EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid)",
         "has a trigger or a foreign key"},
        {"EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid)", "has a rule"},
        {"pg_catalog.row_security_active(c.oid)", "has row-level security"},
        {"EXISTS (SELECT FROM pg_catalog.pg_attrdef d WHERE d.adrelid = c.oid)",
         "has a default or a generated column"},
        {"EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype ="
         " 'c')",
         "has a check constraint"},
        {"EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid = c.oid"
         " AND (x.indexprs IS NOT NULL OR x.indpred IS NOT NULL))",
         "has an index with an expression"},
        {"EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0"
         " AND NOT a.attisdropped AND a.atttypid >= 16384::pg_catalog.oid)", /* those below are the server's */
         "has a column of a type that is not the server''s own"},
    };
    buffer_text_append(sql, "CASE");
    for (size_t i = 0; i < LENGTH(rows); i++) {
        buffer_printf(sql, " WHEN %s THEN '%s'", rows[i].condition, rows[i].what);
    }
    buffer_text_append(sql, " END");
}

/* The setting came with the fix of CVE-2024-7348, into these versions and all after 17. */
static bool refuses_views(int server_version)
{
    static const int first[] = {120020, 130016, 140013, 150008, 160004};
    for (size_t i = 0; i < LENGTH(first); i++) {
        if (server_version / 10000 == first[i] / 10000) {
            return server_version >= first[i];
        }
    }
    return server_version >= 170000;
}

const char *const *ownership_reading(const struct connection *connection)
{
    static const char *const settings[] = {
        "SET LOCAL row_security = off",
        "SET LOCAL restrict_nonsystem_relation_kind = 'view, foreign-table'",
        NULL,
    };
    bool refuses = refuses_views(connection_server_version(connection));
    return &settings[refuses ? 0 : LENGTH(settings) - 1];
}
