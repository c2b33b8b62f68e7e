/* A batch: statements that go out together, each in a message of its own (connection_pipeline).
 *
 * So the server itself refuses a text that holds two of them, and a fault belongs to one for
 * certain. The batch remembers what each must answer, and which line of which migration file it
 * came from.
 *
 * A statement of a script that would end or begin a transaction is not sent: batch_send refuses.
 * Nothing else can end one from inside: a COMMIT in a function, a procedure or a DO block fails in a
 * transaction (2D000).
 */
#ifndef DROVER_SQL_BATCH_H
#define DROVER_SQL_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buffer.h"
#include "common/pg/connection.h"
#include "common/revision/revision.h"

/* What it means when an assertion of ours fails. An assertion is plain SQL that ends in a cast of a
 * sentence to a number (22P02), because loading PL/pgSQL costs each new session more than all
 * assertions together; the sentence stands in the server's log. */
enum batch_refusal {
    REFUSAL_NONE,
    REFUSAL_BUSY,         /* another session holds the deploy lock */
    REFUSAL_OTHER_SERVER, /* the system identifier is not the one that validation saw */
    REFUSAL_CREATE,       /* a table could not be made (42501): perhaps it is there already */
    REFUSAL_NO_TABLE,     /* a table that was expected to be there is not (42P01) */
    REFUSAL_TAKEN_OVER,   /* another attempt is at this non-transactional revision */
    REFUSAL_FOREIGN,      /* a table of ours belongs to another role (ownership.h) */
    REFUSAL_MOVED,        /* the version rows are not those expected */
};

struct batch_entry {
    size_t offset;                     /* in batch.sql, of a statement of our own */
    char tag[24];                      /* command tag that must come back; "" for any */
    enum batch_refusal refusal;        /* an assertion of ours */
    bool parted;                       /* begins another part (connection_pipeline) */
    const struct revision *revision;   /* a script's statement; NULL for our own */
    const struct statement *statement; /* the same */
};

/* A zeroed struct is a valid empty batch. */
struct batch {
    struct buffer sql;           /* our own statements, with a NUL after each */
    struct batch_entry *entries; /* owned */
    size_t count;
    size_t capacity;
    bool parting; /* the next one will be */
    size_t
        control; /* how many entries up to the first that ends or begins a transaction; 0: none */
};

/* Begins a statement of our own; the caller appends its text to the buffer returned. `tag` may be NULL: any answer is right. */
struct buffer *batch_own(struct batch *batch, const char *tag);

/* Begins an assertion of our own, likewise. */
struct buffer *batch_assert(struct batch *batch, enum batch_refusal refusal);

/* What a fault of this entry means; REFUSAL_NONE when it is an error like any other. */
enum batch_refusal batch_refused(const struct batch_entry *entry, const struct pg_error *fault);

/* The next entry begins another part: what comes before is committed first, unless a BEGIN of its own
 * is open; an open transaction that has failed refuses all that follows. */
void batch_part(struct batch *batch);

/* Appends a statement of a script. Both are borrowed until the batch is cleared. */
void batch_script(struct batch *batch, const struct revision *revision,
                  const struct statement *statement);

/* The statement of a script that may not be sent; NULL when there is none. */
const struct batch_entry *batch_control(const struct batch *batch);

/* Sends all of it; the connection is idle, and there is at least one statement and no
 * batch_control. */
void batch_send(const struct batch *batch, struct connection *connection,
                const struct query_callbacks *callbacks);

/* The statement that a fault belongs to. NULL when it cannot be told. `line`
 * becomes the line in the file, exact within a statement where the position tells, and within its data where the
 * server says which; 0 for our own statements. */
const struct batch_entry *batch_locate(const struct batch *batch, const struct pg_error *fault,
                                       unsigned *line);

void batch_clear(struct batch *batch); /* keeps memory for the next message */
void batch_free(struct batch *batch);

#endif
