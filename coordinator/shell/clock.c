/* Unix time that nobody sets: the core's waits go by it. Windows go by the system's clock, so when
 * that was set the core is told (EVENT_CLOCK_SET), and the two are one again. */
#include "coordinator/shell/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/impossible.h"
#include "coordinator/core/facts/bounds.h"

static uint64_t clock_read_ms(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The hook of the tests: a file with the milliseconds that have passed besides, so that a test need not wait for
 * the night, and by how many the system's clock was set; read at each look. Only in builds with tests. */
struct test_clock {
    uint64_t passed_ms;
    int64_t set_ms;
};

#ifdef DROVER_TESTS
static struct test_clock test_clock(void)
{
    const char *path = getenv("DROVER_TEST_CLOCK");
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    struct test_clock test = {0};
    if (file != NULL) {
        if (fscanf(file, "%" SCNu64 " %" SCNd64, &test.passed_ms, &test.set_ms) < 1) {
            test = (struct test_clock){0};
        }
        (void)fclose(file);
    }
    return test;
}
#else
static struct test_clock test_clock(void)
{
    return (struct test_clock){0};
}
#endif

static struct wall_clock clocks_read(void)
{
    struct test_clock test = test_clock();
    return (struct wall_clock){
        .system_ms = clock_read_ms(CLOCK_REALTIME) + test.passed_ms + (uint64_t)test.set_ms,
        .steady_ms = clock_read_ms(CLOCK_BOOTTIME) + test.passed_ms, /* goes on in suspension */
    };
}

static uint64_t clock_at(const struct wall_clock *clock, uint64_t steady_ms)
{
    return clock->system_ms + (steady_ms - clock->steady_ms);
}

/* What both say; the first look is remembered. */
static struct wall_clock clock_look(struct wall_clock *clock)
{
    struct wall_clock now = clocks_read();
    if (clock->system_ms == 0) {
        *clock = now;
    }
    return now;
}

uint64_t clock_now_ms(struct wall_clock *clock)
{
    struct wall_clock now = clock_look(clock);
    return clock_at(clock, now.steady_ms);
}

bool clock_is_off(struct wall_clock *clock)
{
    struct wall_clock now = clock_look(clock);
    uint64_t ours = clock_at(clock, now.steady_ms);
    uint64_t off = ours > now.system_ms ? ours - now.system_ms : now.system_ms - ours;
    return off >= CORE_CLOCK_OFF_MS;
}

void clock_follow(struct wall_clock *clock)
{
    *clock = clocks_read();
}

/* Sixty of its random bits; 0: there are none. */
static uint64_t boot_id(void)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    uint32_t parts[3] = {0};
    bool read = file != NULL && fscanf(file, "%8" SCNx32 "-%4" SCNx32 "-%4" SCNx32, &parts[0],
                                       &parts[1], &parts[2]) == 3;
    if (file != NULL) {
        (void)fclose(file);
    }
    return read ? (uint64_t)parts[0] << 32 | parts[1] << 16 | parts[2] : 0;
}

struct boot clock_boot(struct wall_clock *clock)
{
    (void)clock_look(clock);
    uint64_t number = boot_id();
    struct stat time_space;
    if (number != 0 && stat("/proc/self/ns/time", &time_space) == 0) {
        number ^= time_space.st_ino;
    }
    return (struct boot){number, clock->system_ms - clock->steady_ms};
}

uint64_t chance_draw(void)
{
    uint64_t word;
    ssize_t drawn = getrandom(&word, sizeof word, 0);
    INVARIANT_THAT(drawn == (ssize_t)sizeof word, "the kernel's generator gave %zd of %zu bytes",
                   drawn, sizeof word);
    return word;
}
