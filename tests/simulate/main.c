/* simulate: worlds from seeds. A seed that breaks a promise is printed with the promise, the
 * virtual time, and how to see it again; the exit code is then 1. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/simulate/table.h"
#include "tests/lib/world/world.h"

struct options {
    uint64_t first;
    uint64_t last;
    uint32_t targets;
    uint32_t workers;
    bool trace;
    bool hashes;
    const char *regressions;
    const char *table;
    bool table_check;
};

struct tally {
    uint64_t seeds;
    uint64_t broken;
    uint64_t steps;
    uint64_t virtual_s;
    uint64_t hash;
    struct sights sights;
};

static const char usage[] =
    "usage: simulate [--seed N | --seeds A..B] [--targets N] [--workers N] [--trace] [--hashes]\n"
    "                [--regressions FILE]\n"
    "       simulate --table docs/testing.md [--check]   the mutants beside this program\n";

/* ---- a core that aborts ---- */

static volatile sig_atomic_t seed_low;
static volatile sig_atomic_t seed_high;

static void aborted(int signal_number)
{
    (void)signal_number;
    char line[] = "seed                     : the core does not abort: see --trace\n";
    uint64_t seed = (uint64_t)(unsigned)seed_high << 24 | (uint64_t)(unsigned)seed_low;
    char *digit = line + 24;
    do {
        *digit-- = (char)('0' + seed % 10);
        seed /= 10;
    } while (seed > 0);
    (void)!write(STDOUT_FILENO, line, sizeof line - 1);
    _exit(1);
}

/* ---- seeds ---- */

static void broken_print(const struct world *world, const struct options *options)
{
    struct buffer swarm = {0};
    swarm_print(&world->swarm, &swarm);
    uint64_t at_ms = world->now_ms - world->start_ms;
    (void)printf("seed %llu: %s: %s\n    at +%llu.%03llu s (virtual), step %llu\n    %s\n"
                 "    again: simulate --seed %llu",
                 (unsigned long long)world->seed, world->check.promise, world->check.detail,
                 (unsigned long long)(at_ms / 1000), (unsigned long long)(at_ms % 1000),
                 (unsigned long long)world->steps, buffer_text(&swarm),
                 (unsigned long long)world->seed);
    if (options->targets > 0) {
        (void)printf(" --targets %u", options->targets);
    }
    if (options->workers > 0) {
        (void)printf(" --workers %u", options->workers);
    }
    (void)printf(" --trace\n");
    buffer_free(&swarm);
}

static bool seed_run(uint64_t seed, const struct options *options, struct tally *tally)
{
    seed_low = (sig_atomic_t)(seed & 0xffffff);
    seed_high = (sig_atomic_t)(seed >> 24 & 0xffffff);
    struct world *world = world_create(seed, options->targets, options->workers, options->trace);
    world_run(world);
    bool good = !world->check.failed;
    if (!good) {
        broken_print(world, options);
    }
    if (options->hashes) {
        (void)printf("seed %llu: %016llx, %llu steps\n", (unsigned long long)seed,
                     (unsigned long long)world->hash, (unsigned long long)world->steps);
    }
    tally->seeds++;
    tally->broken += !good;
    tally->steps += world->steps;
    tally->virtual_s += (world->now_ms - world->start_ms) / 1000;
    tally->hash = (tally->hash ^ world->hash) * 0x100000001b3u;
#define SIGHT_ADD(name, words) tally->sights.name += world->sights.name;
    SIGHT_LIST(SIGHT_ADD)
#undef SIGHT_ADD
    world_free(world);
    return good;
}

/* One number a line; what follows it is a remark. */
static int regressions_run(const struct options *options, struct tally *tally)
{
    FILE *file = fopen(options->regressions, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "%s: %s\n", options->regressions, strerror(errno));
        return -1;
    }
    char line[512];
    bool good = true;
    while (good && fgets(line, sizeof line, file) != NULL) {
        if (line[0] >= '0' && line[0] <= '9') {
            good = seed_run(strtoull(line, NULL, 10), options, tally);
        }
    }
    (void)fclose(file);
    return good ? 0 : -1;
}

static int seeds_run(const struct options *options)
{
    struct tally tally = {0};
    if (options->regressions != NULL && regressions_run(options, &tally) != 0) {
        return 1;
    }
    for (uint64_t seed = options->first; seed <= options->last && tally.broken == 0; seed++) {
        (void)seed_run(seed, options, &tally);
    }
    (void)printf("seeds %llu..%llu: %llu worlds, %llu broken; %llu steps, %llu s of virtual time, "
                 "hash %016llx\n",
                 (unsigned long long)options->first, (unsigned long long)options->last,
                 (unsigned long long)tally.seeds, (unsigned long long)tally.broken,
                 (unsigned long long)tally.steps, (unsigned long long)tally.virtual_s,
                 (unsigned long long)tally.hash);
    const char *separator = "";
#define SIGHT_PRINT(name, words)                                                                   \
    (void)printf("%s%llu %s", separator, (unsigned long long)tally.sights.name, words);            \
    separator = ", ";
    SIGHT_LIST(SIGHT_PRINT)
#undef SIGHT_PRINT
    (void)printf("\n");
    return tally.broken > 0 ? 1 : 0;
}

/* ---- options ---- */

static bool seeds_read(const char *text, struct options *options)
{
    char *end;
    options->first = strtoull(text, &end, 10);
    options->last = options->first;
    if (strncmp(end, "..", 2) == 0) {
        options->last = strtoull(end + 2, &end, 10);
    }
    return *end == '\0' && end != text && options->last >= options->first;
}

static bool option_read(const char *name, const char *value, struct options *options, int *used)
{
    *used = 2;
    if (value != NULL && (strcmp(name, "--seed") == 0 || strcmp(name, "--seeds") == 0)) {
        return seeds_read(value, options);
    }
    if (value != NULL && strcmp(name, "--targets") == 0) {
        options->targets = (uint32_t)strtoul(value, NULL, 10);
    } else if (value != NULL && strcmp(name, "--workers") == 0) {
        options->workers = (uint32_t)strtoul(value, NULL, 10);
    } else if (value != NULL && strcmp(name, "--regressions") == 0) {
        options->regressions = value;
    } else if (value != NULL && strcmp(name, "--table") == 0) {
        options->table = value;
    } else {
        *used = 1;
        options->trace = options->trace || strcmp(name, "--trace") == 0;
        options->hashes = options->hashes || strcmp(name, "--hashes") == 0;
        options->table_check = options->table_check || strcmp(name, "--check") == 0;
        return strcmp(name, "--trace") == 0 || strcmp(name, "--hashes") == 0 ||
               strcmp(name, "--check") == 0;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.first = 1, .last = 1};
    int used;
    for (int i = 1; i < argc; i += used) {
        if (!option_read(argv[i], i + 1 < argc ? argv[i + 1] : NULL, &options, &used)) {
            (void)fputs(usage, stderr);
            return 64;
        }
    }
    if (options.table != NULL) {
        return table_make(argv[0], options.table, options.table_check);
    }
    (void)signal(SIGABRT, aborted);
    int result = seeds_run(&options);
    shapes_free();
    return result;
}
