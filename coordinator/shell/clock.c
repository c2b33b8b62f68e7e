/* When the system's clock steps back, ours goes on from where it was at the same pace, so that
 * nothing that waits for a time waits longer. */
#include "coordinator/shell/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "common/base/impossible.h"

static uint64_t system_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#ifdef DROVER_TESTS
/* The hook of the tests: a file with the milliseconds by which the clock is ahead, read at each
 * look, so that a test need not wait for the night. Only in builds with tests. */
static uint64_t test_offset_ms(void)
{
    const char *path = getenv("DROVER_TEST_CLOCK");
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    uint64_t offset = 0;
    if (file != NULL) {
        if (fscanf(file, "%" SCNu64, &offset) != 1) {
            offset = 0;
        }
        (void)fclose(file);
    }
    return offset;
}
#else
static uint64_t test_offset_ms(void)
{
    return 0;
}
#endif

uint64_t clock_now_ms(struct wall_clock *clock)
{
    uint64_t now = system_ms() + test_offset_ms() + clock->ahead_ms;
    if (now < clock->last_ms) {
        clock->ahead_ms += clock->last_ms - now;
        now = clock->last_ms;
    }
    clock->last_ms = now;
    return now;
}

void clock_reach(struct wall_clock *clock, uint64_t at_ms)
{
    if (at_ms > clock->last_ms) {
        clock->last_ms = at_ms;
    }
}

uint64_t chance_draw(void)
{
    uint64_t word;
    ssize_t drawn = getrandom(&word, sizeof word, 0);
    INVARIANT_THAT(drawn == (ssize_t)sizeof word, "the kernel's generator gave %zd of %zu bytes",
                   drawn, sizeof word);
    return word;
}
