/* Settings: the SET statements that a session of ours works under. */
#ifndef DROVER_SQL_SETTINGS_H
#define DROVER_SQL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/sql/batch.h"

struct settings {
    uint64_t lock_timeout_ms;      /* 0: none */
    uint64_t statement_timeout_ms; /* 0: none */
    bool local;                    /* end with the transaction; otherwise with RESET ALL */
    bool brief;                    /* only what a statement of ours needs after RESET ALL */
};

/* Appends how texts are read, limits and connection checks. `connection` only tells the server's
 * version; texts live in `arena` for as long as they are built. */
void settings_append(struct batch *batch, const struct settings *settings,
                     const struct connection *connection, struct arena *arena);

/* Appends the search_path that a script shall see: a schema and what is in public, or with NULL
 * what database, role and URL say. */
void settings_path(struct batch *batch, const char *schema_quoted, bool local);

#endif
