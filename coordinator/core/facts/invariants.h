/* What is true of a rollout, a wave, a target or a worker once it stands in a state: asked after
 * every move, live and in a replay, and the process dies of what does not hold.
 *
 * These say how the facts fit together. Whether a decision was right (a budget, a cap, an approval)
 * is not asked here: that is for the simulator, which judges the core from outside.
 */
#ifndef DROVER_FACTS_INVARIANTS_H
#define DROVER_FACTS_INVARIANTS_H

#include <stdint.h>

struct core;
struct rollout;
struct wave;
struct worker;

void rollout_invariant(const struct core *core);
void wave_invariant(const struct rollout *rollout, const struct wave *wave);
void target_invariant(const struct rollout *rollout, uint32_t number);
void worker_invariant(const struct worker *worker);

/* That every count kept beside the facts is what counting gives. Costs as much as there are targets
 * and jobs: asked when a rollout ends. */
void core_invariant(const struct core *core);

#endif
