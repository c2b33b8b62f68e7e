/* The journal: the append-only record from which the coordinator's state is rebuilt.
 *
 * One interface, several stores: memory (tests, and surveys that leave no trace) and SQLite. A
 * batch is appended whole or not at all; each append states the sequence number it expects and its
 * epoch, so that a coordinator that lost its journal to another one can write nothing. Bundles are
 * kept beside the events, by digest.
 */
#ifndef DROVER_JOURNAL_JOURNAL_H
#define DROVER_JOURNAL_JOURNAL_H

#include <stdatomic.h>
#include <uv.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/vocabulary/field.h"
#include "coordinator/core/facts/event.h"

struct journal;

/* What to do with one that is damaged. */
#define JOURNAL_DAMAGED_HINT                                                                       \
    "put a copy of the journal back, or move it away and run the same command again: nothing on "  \
    "the databases is lost, they themselves record what is applied"

/* In memory. `failures` may be NULL; tests use it to inject faults. */
struct journal_failures {
    uint64_t fail_append_at;      /* 1 = the next append fails before writing; 0 = never */
    uint64_t ambiguous_append_at; /* that append writes, then reports failure */
    bool hold;                    /* appends report nothing before journal_memory_release */
};
struct journal *journal_memory_open(struct journal_failures *failures);

/* Lets an append that is held back report; none: nothing happens. */
void journal_memory_release(struct journal *journal);

/* A file; folder and file are created (0700, 0600). WAL, synchronous FULL. Another process that
 * holds it is ERROR_BUSY with its pid in the message. A file of a newer format is ERROR_JOURNAL. */
struct journal *journal_sqlite_open(const char *path, struct error *error);

/* The same for reading only, beside a running coordinator or none: replay and bundle_get work,
 * nothing else. A missing file is ERROR_JOURNAL with a hint. */
struct journal *journal_sqlite_read(const char *path, struct error *error);

/* Another handle on the same record, for reading only: replay and bundle_get work. Made and used on
 * any one thread, also while the first is appended to; it sees what is durable. A replay through it
 * ends with ERROR_JOURNAL soon after `stop` (set by any thread) became true. The first handle is
 * closed last. NULL with ERROR_JOURNAL when there is nothing that could be read again (memory). */
struct journal *journal_reader(const struct journal *journal, const atomic_bool *stop,
                               struct error *error);

/* A random number, made with the journal and kept in it for ever: another one is another record, or none.
 * 0: in memory. A journal that was written without one gets it when it is opened for writing. */
uint64_t journal_identity(const struct journal *journal);

/* Claims the next epoch and returns it; 0 and an error if it cannot. */
uint64_t journal_claim(struct journal *journal, struct error *error);

/* Calls `apply` for each event in order. Texts live until apply returns. An event of an unknown
 * number or a newer format is ERROR_JOURNAL: facts are never skipped, so the caller must give up.
 */
typedef void journal_apply(const struct event *event, void *context);
int journal_replay(struct journal *journal, journal_apply *apply, void *context,
                   struct error *error) MUST_CHECK;

/* Starts appending a batch on the journal's own thread; events are encoded before it returns, so
 * the caller may reuse them. One append may be in flight at a time. `done` is called on the loop,
 * with NULL once the batch is durable, or with an error: then the process must end (the journal
 * says what was written). */
typedef void journal_appended(const struct error *error, void *context);
void journal_append(struct journal *journal, uv_loop_t *loop, const struct event *events,
                    size_t count, journal_appended *done, void *context);

/* The last events of the journal, one a line, then `pending`, which are to follow them: for the
 * last words of a process (common/base/impossible.h). A NULL journal has none. */
void journal_trail_print(const struct journal *journal, const struct event *pending, size_t count,
                         struct buffer *out);

/* Bundles by digest. put is durable when it returns 0 (it is called
 * rarely; at the start of a rollout). */
int journal_bundle_put(struct journal *journal, const char *digest, struct bytes content,
                       struct error *error) MUST_CHECK;
/* The content in `arena`; 1 found, 0 not there, -1 error. */
int journal_bundle_get(struct journal *journal, const char *digest, struct arena *arena,
                       struct bytes *content, struct error *error) MUST_CHECK;

/* Waits for an append in flight, closes. NULL is fine. `done` callbacks are not called any more. On
 * the loop's thread; if anything was appended, the loop must run once more to give its handle back.
 */
void journal_close(struct journal *journal);

/* ---- event codec (event_codec.c), on common/wire/schema.h ---- */
void event_encode(const struct event *event, struct buffer *out);
int event_decode(struct bytes payload, struct arena *arena, struct event *event,
                 struct error *error) MUST_CHECK;

#endif
