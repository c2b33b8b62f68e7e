/* Whose ways down a rollback goes. */
#ifndef DROVER_DECIDE_ROLLBACK_BUNDLE_H
#define DROVER_DECIDE_ROLLBACK_BUNDLE_H

#include "common/base/error.h"

struct arena;
struct core;
struct rollout;

/* The bundle of the rollback: the rollout's own where it has every way down; else `offered` ("": none), when
 * that has them, and the ways up of what is taken back are what they were. In `arena`; NULL with the reason that there
 * is neither. */
const char *rollback_bundle(const struct core *core, const struct rollout *rollout,
                            const char *offered, struct arena *arena, struct error *error);

#endif
