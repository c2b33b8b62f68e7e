/* What each store of the journal provides; journal.c calls through it.
 * Only the stores include this. */
#ifndef DROVER_JOURNAL_STORE_H
#define DROVER_JOURNAL_STORE_H

#include "coordinator/journal/journal.h"
#include "coordinator/journal/trail.h"

struct journal_operations {
    uint64_t (*claim)(struct journal *journal, struct error *error);
    int (*replay)(struct journal *journal, journal_apply *apply, void *context,
                  struct error *error);
    void (*append)(struct journal *journal, uv_loop_t *loop, const struct event *events,
                   size_t count, journal_appended *done, void *context);
    int (*bundle_put)(struct journal *journal, const char *digest, struct bytes content,
                      struct error *error);
    int (*bundle_get)(struct journal *journal, const char *digest, struct arena *arena,
                      struct bytes *content, struct error *error);
    /* NULL: there is no reading beside the writer */
    struct journal *(*reader)(const struct journal *journal, struct error *error);
    void (*close)(struct journal *journal);
};

/* The first member of each store's own struct. */
struct journal {
    const struct journal_operations *operations;
    const char *path;        /* NULL: in memory. Borrowed from the store */
    uint64_t identity;       /* 0: in memory, or open for reading only */
    const atomic_bool *stop; /* ends a replay; or NULL */
    struct trail trail;      /* as far as this handle replayed and appended */
};

/* Whether the replay is to end; then the error is set. */
int journal_stop_check(const struct journal *journal, struct error *error) MUST_CHECK;

/* Decodes the payload that comes next in a replay and hands it to `apply`. */
int journal_payload_apply(struct journal *journal, struct bytes payload, journal_apply *apply,
                          void *context, struct error *error) MUST_CHECK;

#endif
