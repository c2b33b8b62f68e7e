/* Rollback: a rollout of its own over what an earlier one changed. */
#ifndef DROVER_DECIDE_ROLLBACK_H
#define DROVER_DECIDE_ROLLBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/vocabulary/failure.h"
#include "common/vocabulary/field.h"

struct arena;
struct core;
struct rollout;
struct step;

/* Begins the rollback that was asked for once nothing else runs; whether it did. */
bool rollback_begin(struct step *step);

/* The rollout with this id: at hand, or recalled from the journal and lent until the next call. NULL:
 * nobody knows it any more. */
const struct rollout *rollback_source(const struct core *core, const char *id);

/* What a rollback of it would do, for people: "rollout ... (upgrade to head, by ann): 3 targets, last
 * wave first: 3 from b2 to a1". In the arena; `count`: of the targets. */
const char *rollback_describe(const struct rollout *rollout, struct arena *arena, uint32_t *count);

/* Begins at once the rollback of one that was recalled, from this bundle. Nothing runs. */
int rollback_recalled(struct step *step, const struct rollout *rollout, const char *actor,
                      const char *bundle, struct error *error) MUST_CHECK;

/* The steps that undo these, in the arena. */
struct texts steps_reversed(struct arena *arena, struct texts steps);

/* Whether it can be rolled back. */
int rollback_possible(const struct rollout *rollout, struct error *error) MUST_CHECK;

/* The way back of a target of a rollback that stands at `heads` (sorted); -1: why there is none. */
int rollback_path(struct step *step, uint32_t target, struct texts heads, uint32_t *path,
                  enum failure_cause *cause, struct error *error) MUST_CHECK;

#endif
