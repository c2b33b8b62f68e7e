/* Settings: the SET statements that a session of ours works under. */
#ifndef DROVER_SQL_SETTINGS_H
#define DROVER_SQL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/sql/batch.h"

struct settings {
    uint64_t lock_timeout_ms;      /* 0: none */
    uint64_t statement_timeout_ms; /* 0: none */
    const char *schema_quoted;     /* first in the search_path; NULL: the path stays as it is */
    bool local;                    /* end with the transaction; otherwise with RESET ALL */
    bool brief;                    /* only what a statement of ours needs after RESET ALL */
};

/* Appends limits, connection checks and the search_path. `connection` only tells the server's
 * version; texts live in `arena` for as long as they are built. */
void settings_append(struct batch *batch, const struct settings *settings,
                     const struct connection *connection, struct arena *arena);

#endif
