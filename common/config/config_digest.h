/* What of a configuration a coordinator goes by, as a digest, and where two of them differ.
 *
 * Only what is meant counts: comments, order of keys, lines and the folder from which the file is named do not. What
 * is the process's own is left out: where the journal, the socket and the revisions are.
 */
#ifndef DROVER_CONFIG_CONFIG_DIGEST_H
#define DROVER_CONFIG_CONFIG_DIGEST_H

#include "common/config/config.h"
#include "common/revision/digest.h"

void config_digest(const struct config *config, char digest[DIGEST_TEXT_BYTES]);

/* The parts of the file that a coordinator goes by and that differ, by their keys ("targets", "rollout.waves"), in
 * `arena`. None: the digests are equal. */
struct texts config_changes(const struct config *before, const struct config *after,
                            struct arena *arena);

/* The keys that differ and that a process reads only when it begins: "journal", "coordinator". */
struct texts config_changes_at_start(const struct config *before, const struct config *after,
                                     struct arena *arena);

#endif
