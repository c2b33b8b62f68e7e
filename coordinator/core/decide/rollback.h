/* Rollback: a rollout of its own over what an earlier one changed. */
#ifndef DROVER_DECIDE_ROLLBACK_H
#define DROVER_DECIDE_ROLLBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/vocabulary/field.h"

struct core;
struct rollout;
struct step;

/* Begins the rollback that was asked for once nothing else runs; whether it did. */
bool rollback_begin(struct step *step);

/* The rollout whose id begins with `rollout`: the active or last one, or the kept one; for "" the
 * last that changed something. NULL: neither. */
const struct rollout *rollback_source(const struct core *core, const char *rollout);

/* Whether it can be rolled back. */
int rollback_possible(const struct rollout *rollout, struct error *error) MUST_CHECK;

/* The way back of a target of a rollback that stands at `heads` (sorted). */
int rollback_path(struct step *step, uint32_t target, struct texts heads, uint32_t *path,
                  struct error *error) MUST_CHECK;

#endif
