/* People: START, and verbs at any time; windows of time. */
#ifndef DROVER_TESTS_WORLD_OPERATOR_H
#define DROVER_TESTS_WORLD_OPERATOR_H

#include "coordinator/core/core.h"

struct world;

enum { WORLD_LABELS = 4 }; /* ring=0 .. ring=3 */

enum scope_kind { SCOPE_WHOLE, SCOPE_RING, SCOPE_TARGET, SCOPE_WAVE, SCOPE_SERVER, SCOPE_COUNT };

/* A verb as somebody gives it. */
struct verb {
    enum control_verb verb;
    enum scope_kind scope;
    uint32_t scope_number;
    bool now;
    bool misread; /* APPROVE: another plan than the one at hand */
    uint32_t concurrency;
    uint32_t per_server;
    uint32_t failures;
};

/* A window of time: open for `duration_ms` every `period_ms`. */
struct opening {
    bool deny;
    bool overrun;
    uint32_t ring; /* label of the targets that it selects, or NONE: all */
    uint64_t phase_ms;
    uint64_t period_ms;
    uint64_t duration_ms;
};

void operator_verb(struct world *world);
void operator_look(struct world *world);
void openings_draw(struct world *world);
/* The label of a database: 0 to WORLD_LABELS - 1; discovered ones have none (NONE). */
uint32_t ring_of(const struct world *world, uint32_t database);
/* The opening that contains the time, or the next one; once all is healed nothing is closed. */
void opening_at(const struct world *world, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                uint64_t *closes_ms);
/* "ring=2", in `arena`. */
const char *scope_text(const struct verb *verb, struct arena *arena);
/* The START that begins rollout `number`, in `arena`. */
struct core_start operator_start_make(struct world *world, uint32_t number, struct arena *arena);

#endif
