/* Limits: shares of a whole, and changes while a rollout runs (limit_changes.def). */
#ifndef DROVER_VOCABULARY_LIMITS_H
#define DROVER_VOCABULARY_LIMITS_H

#include "common/vocabulary/record.h"

/* In limit_changes: a number that stays as it is; a time is 0 then. */
#define LIMIT_KEPT UINT32_MAX

/* How many of `whole` a budget allows: parts are rounded down. */
uint32_t share_allowed(struct share share, uint32_t whole);

/* How many of `whole` a share takes: parts are rounded up. */
uint32_t share_taken(struct share share, uint32_t whole);

/* "3", or "5%" when it is a part. */
void share_append(struct share share, struct buffer *out);

/* Changes that change nothing; and whether these do not. */
struct limit_changes limits_kept(void);
bool limits_are_kept(const struct limit_changes *changes);

/* Takes over every limit that `changes` does not keep. */
void limits_change(struct limits *limits, struct timeouts *timeouts,
                   const struct limit_changes *changes);

/* The limits of the list as they are. */
struct limit_changes limits_now(const struct limits *limits, const struct timeouts *timeouts);

/* "concurrency 64, per server 8, failures 1%, lock timeout 2 s". */
void limits_append(const struct limit_changes *limits, struct buffer *out);

#endif
