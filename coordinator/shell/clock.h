/* Time and chance for the core: the only place of the coordinator that reads a clock or draws. */
#ifndef DROVER_SHELL_CLOCK_H
#define DROVER_SHELL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/vocabulary/record.h"

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

/* Which boot of the machine this is, and when that was, as the clock has it. Another machine or another beginning of
 * its time (a namespace of its own) counts as another; number 0: the kernel does not say. */
struct boot clock_boot(struct wall_clock *clock);

/* A random word. */
uint64_t chance_draw(void);

#endif
