/* drover_progress: how far a non-transactional revision has come, and who is at it.
 *
 * Rows of one revision and direction:
 *
 *   statement 0   who is at it. `checksum` is a token, drawn by each attempt that takes the revision over;
 *                 state 'held', or 'free' when an attempt has left in order. `backend_pid` is 0 behind a
 *                 pooler; `started_at` is when the holder was last seen.
 *   statement n   'running': begun alone, by that backend; 'done'. `checksum` is the statement's own.
 *
 * Every transaction of a holder compares the token under the deploy lock, so that an attempt that was
 * taken over can change nothing any more. Rows without a statement 0 are of an older Drover: their
 * `checksum` is the revision's.
 */
#ifndef DROVER_SQL_PROGRESS_H
#define DROVER_SQL_PROGRESS_H

#include "worker/sql/bookkeeping.h"

enum { PROGRESS_TOKEN_BYTES = 33 };

/* Who is at which revision; texts are borrowed. */
struct progress_hold {
    const char *revision;
    const char *direction; /* "upgrade", "downgrade" */
    char token[PROGRESS_TOKEN_BYTES];
    const struct message_job *job;
    int backend_pid; /* of the holder's session; 0: behind a pooler */
};

/* A statement of the revision. */
struct progress_statement {
    size_t number; /* from 1 */
    const char *checksum;
};

/* Draws a token. */
void progress_hold_draw(struct progress_hold *hold);

/* Takes the revision over: asserts (REFUSAL_BUSY) that no other rollout is at it, reads its rows as
 * (statement, state, checksum, backend_pid, attempt of this rollout or 0), and writes the token. For a transaction that has the
 * deploy lock. An attempt of the same rollout is taken over at once: its lease is over; one of another
 * rollout when its session is gone, or says nothing any more. */
void progress_take(struct batch *batch, const struct bookkeeping *tables,
                   const struct progress_hold *hold, struct connection *connection,
                   struct arena *arena);

/* Asserts that nothing of the revision is begun or done. */
void progress_absent(struct batch *batch, const struct bookkeeping *tables,
                     const struct progress_hold *hold, struct connection *connection,
                     struct arena *arena);

/* Asserts (REFUSAL_TAKEN_OVER) that the token still stands. */
void progress_assert(struct batch *batch, const struct bookkeeping *tables,
                     const struct progress_hold *hold, struct connection *connection,
                     struct arena *arena);

/* Writes the row of a statement: "running", "done". After progress_assert. */
void progress_write(struct batch *batch, const struct bookkeeping *tables,
                    const struct progress_hold *hold, const struct progress_statement *statement,
                    const char *state, struct connection *connection, struct arena *arena);

/* Deletes all rows of the revision. After progress_assert. */
void progress_forget(struct batch *batch, const struct bookkeeping *tables,
                     const struct progress_hold *hold, struct connection *connection,
                     struct arena *arena);

/* How the statement that was begun alone has answered when its attempt leaves. */
enum progress_answer {
    PROGRESS_NONE_BEGUN,
    PROGRESS_FAILED, /* with an error: it was not done */
    PROGRESS_WELL,
};

/* A message of its own with which an attempt leaves in order: the statement's row as it answered, the
 * revision free for the next; nothing of it stands when nothing is done. Without effect when another has
 * taken it over. */
void progress_leave_sql(struct buffer *sql, const struct bookkeeping *tables,
                        const struct progress_hold *hold, size_t number,
                        enum progress_answer answer, struct connection *connection,
                        struct arena *arena);

#endif
