/* Time and chance for the core: the only place of the coordinator that reads a clock or draws. */
#ifndef DROVER_SHELL_CLOCK_H
#define DROVER_SHELL_CLOCK_H

#include <stdint.h>

/* Unix time in milliseconds that never steps back. A zeroed struct is valid. */
struct wall_clock {
    uint64_t last_ms;
    uint64_t ahead_ms; /* how far it runs before the system's clock, since that stepped back */
};

uint64_t clock_now_ms(struct wall_clock *clock);

/* Later answers are at least `at_ms`: the time of an event that is in the journal. */
void clock_reach(struct wall_clock *clock, uint64_t at_ms);

/* A random word. */
uint64_t chance_draw(void);

#endif
