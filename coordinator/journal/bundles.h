/* Bundles in the coordinator: parsed ones for the core, bytes for the workers. */
#ifndef DROVER_JOURNAL_BUNDLES_H
#define DROVER_JOURNAL_BUNDLES_H

#include "common/revision/bundle.h"
#include "coordinator/journal/journal.h"

enum { BUNDLES_HELD = 4 };

/* The few last used, newest first; all others are in the journal, if there is one (it may be NULL).
 * A zeroed struct is valid. */
struct bundles {
    struct bundle *held[BUNDLES_HELD];
    const struct bundle *lent; /* one of them, or NULL */
    struct bundle *known;      /* one that this process has already, shared; or NULL */
};

/* The bundle, from memory or from the journal; NULL with error code ERROR_NONE if neither has it.
 * It stays until others were asked for. */
const struct bundle *bundles_find(struct bundles *bundles, struct journal *journal,
                                  const char *digest, struct error *error);

/* Its graph, as the core's port wants it: it stays until another is lent. */
const struct graph *bundles_lend(struct bundles *bundles, struct journal *journal,
                                 const char *digest, struct error *error);

/* Checks what a command sent, takes it over, keeps it in the journal and holds it. */
const struct bundle *bundles_take(struct bundles *bundles, struct journal *journal,
                                  const char *digest, struct buffer *content, struct error *error);

void bundles_free(struct bundles *bundles);

#endif
