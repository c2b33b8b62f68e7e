/* Time and chance for the core: the only place of the coordinator that reads a clock or draws. */
#ifndef DROVER_SHELL_CLOCK_H
#define DROVER_SHELL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Unix time in milliseconds, as the system's clock had it at the first look, and from there on at the pace of a
 * clock that nobody sets: it never steps. A zeroed struct is valid. */
struct wall_clock {
    uint64_t system_ms; /* the system's clock at the first look; 0: none yet */
    uint64_t steady_ms; /* the other one, at the same moment */
};

uint64_t clock_now_ms(struct wall_clock *clock);

/* Whether somebody has set the system's clock since the first look. */
bool clock_is_off(struct wall_clock *clock);

/* Says what the system's clock says, from here on. */
void clock_follow(struct wall_clock *clock);

/* A random word. */
uint64_t chance_draw(void);

#endif
