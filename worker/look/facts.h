/* The facts about a target that the verdict rests on (verdict.c): its server, the schema of the
 * version table, and which tables of ours lie there.
 */
#ifndef DROVER_LOOK_FACTS_H
#define DROVER_LOOK_FACTS_H

#include "common/base/buffer.h"
#include "common/vocabulary/record.h"
#include "worker/sql/bookkeeping.h"

enum { FACT_TABLES = 3 }; /* in the order of enum bookkeeping_table */

/* A relation of the name of a table of ours. */
struct fact_table {
    bool exists;
    bool ordinary; /* a table, partitioned or not, rather than a view or the like */
    bool ours;     /* ownership.h */
    bool readable;
    bool writable;       /* INSERT, UPDATE and DELETE */
    unsigned characters; /* of an id that its column takes; 0: any number, or it was not asked */
};

struct facts {
    bool known;
    bool rights;  /* they are asked for in full */
    bool unclear; /* a table is not simply the role's own: its rights are to be asked for in full */
    bool pooled;  /* another session answers than the one that was connected to */
    bool standby;
    bool read_only;
    unsigned server_version; /* 150020 */
    const char *role;
    struct server_seen server;
    bool schema_exists; /* the one of the names in use, and what the role may there */
    bool schema_usage;
    bool schema_create;
    struct fact_table (*tables)[FACT_TABLES]; /* by schema; those of facts_sql */
};

/* "alembic_version" or as the project has it, "drover_history", "drover_progress". */
const char *facts_table_name(const struct bookkeeping *tables, size_t table);

/* Appends two statements, whose answers facts_take and facts_tables_take read; `in_full` is facts->rights. Everybody
 * may read what they read. */
void facts_sql(struct buffer *sql, const struct bookkeeping *tables, struct texts schemas,
               bool in_full, struct connection *connection, struct arena *arena);

/* Every text is copied into `arena`. */
void facts_take(struct facts *facts, const PGresult *result, struct connection *connection,
                struct arena *arena);

/* facts->tables is made in `arena`, for `schemas` schemas; now all is known, or unclear. */
void facts_tables_take(struct facts *facts, const struct bookkeeping *tables, size_t schemas,
                       const PGresult *result, struct arena *arena);

/* Appends a statement that tells of each table in these names' schema that is another role's and
 * holds something that runs: name, owner, what (ownership.h). */
void facts_ownership_sql(struct buffer *sql, const struct bookkeeping *tables,
                         struct connection *connection, struct arena *arena);

#endif
