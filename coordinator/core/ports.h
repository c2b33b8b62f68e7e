/* Ports: what the core must know to decide and cannot, because it takes a calendar.
 *
 * They are called within core_step and core_resume only. What they answer is a decision and stands
 * in an event, so that a replay (core_apply) asks nothing. A port must not step the core that asks;
 * it may put questions to it.
 */
#ifndef DROVER_CORE_PORTS_H
#define DROVER_CORE_PORTS_H

#include <stdint.h>

/* Copied by core_create. A port that is NULL has nothing to give. */
struct core_ports {
    void *context; /* borrowed: the first parameter of each port */

    /* When the window with this number, of the rollout at hand, is open: the opening that contains
     * at_ms, or the next. It closes after at_ms; UINT64_MAX for both: it never opens again. Asked
     * when the opening known before is over. NULL: no window ever opens. */
    void (*opening)(void *context, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms);
};

#endif
