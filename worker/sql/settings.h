/* Settings: the SET statements that a session of ours works under. */
#ifndef DROVER_SQL_SETTINGS_H
#define DROVER_SQL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/message.h"
#include "worker/sql/batch.h"

struct settings {
    uint64_t lock_timeout_ms;      /* 0: none */
    uint64_t statement_timeout_ms; /* 0: none */
    const char *application;       /* a literal for application_name; NULL: as it is */
    bool local;                    /* end with the transaction; otherwise with RESET ALL */
    bool brief;                    /* only what a statement of ours needs after RESET ALL */
};

/* Appends how texts are read, limits and connection checks. `connection` only tells the server's
 * version. */
void settings_append(struct batch *batch, const struct settings *settings,
                     const struct connection *connection);

/* Appends how soon the server notices that we are gone. */
void settings_watch_append(struct batch *batch, bool local, const struct connection *connection);

/* Appends the limits alone, as text to go into a message of several statements. */
void settings_limits_append(struct buffer *sql, const struct settings *settings);

/* Appends the search_path that a script of the job's target shall see: what database, role and URL
 * say; in a target that is a schema, this schema before it, or what the target says of it. `connection` and `arena` are used for
 * quoting. */
void settings_path(struct batch *batch, const struct message_job *job,
                   struct connection *connection, struct arena *arena, bool local);

#endif
