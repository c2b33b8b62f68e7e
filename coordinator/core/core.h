/* The core decides; the shell acts. No I/O, no clock, no randomness, no libuv, no libpq.
 *
 *                                         +-> events    what became true
 *   inputs  what arrives  ->  core_step --+
 *                                         +-> commands  what the shell shall do
 *
 * core_step decides and applies; the shell appends the events to the journal in one batch and
 * releases commands and answers only when they are durable. core_apply is the only mutator and
 * cannot fail; replaying the journal through it gives an equal state (core_state_equal). After
 * a replay core_resume derives what to do next. Time and chance are fields of the input; what
 * chance decided (jitter) stands in the event. Iteration is in id order.
 *
 * One rollout is active at a time; finished ones are kept as summaries.
 * Memory is under 1 KiB per target.
 */
#ifndef DROVER_CORE_CORE_H
#define DROVER_CORE_CORE_H

#include "common/base/error.h"
#include "coordinator/core/decide/input.h"
#include "coordinator/core/decide/output.h"
#include "coordinator/core/facts/event.h"
#include "coordinator/core/facts/ports.h"

struct core;

/* A core that knows nothing. What it cannot know it asks of the ports. */
struct core *core_create(const struct core_ports *ports);
void core_free(struct core *core);

/* Decides and applies. Returns -1 with a sentence when the input is refused (a rollout is running
 * already, nothing to resume, ...): then there are no events. Results from lost epochs, repeated or
 * unknown ones are not refused but acknowledged and ignored. */
int core_step(struct core *core, const struct input *input, struct core_output *output,
              struct error *error) MUST_CHECK;

/* The fold. */
void core_apply(struct core *core, const struct event *event);

/* Begins an epoch after the replay, at that Unix time: emits EPOCH_CLAIMED as it is given, and whatever follows. Its
 * claim is a random word. */
void core_resume(struct core *core, const struct event_epoch_claimed *epoch, uint64_t at_ms,
                 struct core_output *output);

/* When to feed INPUT_TICK next (Unix ms); UINT64_MAX: no need. */
uint64_t core_deadline_ms(const struct core *core);

#endif
