/* Jobs: what a worker is asked to do, and how that ends. */
#ifndef DROVER_VOCABULARY_JOB_H
#define DROVER_VOCABULARY_JOB_H

#include <stdint.h>

#include "common/base/buffer.h"
#include "common/base/words.h"

/* What a worker is asked to do. */
#define JOB_KIND_LIST(X)                                                                           \
    X(DISCOVER, "discover") /* list the databases or schemas that a pattern or query names */      \
    X(INSPECT, "inspect")   /* validate one target: read-only */                                   \
    X(DEPLOY, "deploy")     /* take one target along its path */                                   \
    X(CHECK, "check")       /* SQL that must return true on one target: read-only */               \
    X(PROBE, "probe")       /* measure the load of one server: read-only */

enum job_kind {
#define ENUM_VALUE(NAME, word) JOB_##NAME,
    JOB_KIND_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(job_kind);
#define FIELD_ROW_job_kind FIELD_WORD, &job_kind_words

#define JOB_OUTCOME_LIST(X)                                                                        \
    X(NONE, "") /* not over yet */                                                                 \
    X(DONE, "done")                                                                                \
    X(ALREADY, "already") /* deploy: the heads were there before we came */                        \
    X(FAILED, "failed")                                                                            \
    X(CANCELLED, "cancelled") /* because the coordinator asked; rolled back */

enum job_outcome {
#define ENUM_VALUE(NAME, word) JOB_OUTCOME_##NAME,
    JOB_OUTCOME_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(job_outcome);
#define FIELD_ROW_job_outcome FIELD_WORD, &job_outcome_words

/* "3 revisions were applied and 1 undone by something else, probably Alembic": what is found on a
 * target and not in its history. One of the two is not 0. */
void unrecorded_append(struct buffer *out, uint64_t seen, uint64_t gone);

#endif
