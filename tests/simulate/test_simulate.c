/* A few worlds over the libraries of the preset, with its sanitizers; that seeds replay exactly;
 * that the page names every mutant. The many seeds are `simulate`'s (scripts/test
 * simulate). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "tests/lib/world/world.h"

enum { SEEDS = 60, SMALL_SEEDS = 100, SMALL_TARGETS = 10 };

struct seen {
    uint64_t hash;
    uint64_t succeeded; /* rollouts */
};

/* To its end; what was seen of it. */
static struct seen world_live(struct world *world)
{
    world_run(world);
    struct seen seen = {world->hash, world->sights.succeeded};
    cr_expect(!world->check.failed, "seed %llu: %s: %s", (unsigned long long)world->seed,
              world->check.promise, world->check.detail);
    world_free(world);
    return seen;
}

/* The hash of all that happened. */
static uint64_t seed_live(uint64_t seed)
{
    return world_live(world_create(seed, 0, 0, false)).hash;
}

Test(simulate, the_same_seed_gives_the_same_world)
{
    uint64_t before = 0;
    for (uint64_t seed = 101; seed < 111; seed++) {
        uint64_t hash = seed_live(seed);
        cr_expect_eq(hash, seed_live(seed));
        cr_expect_neq(hash, before);
        before = hash;
    }
    shapes_free();
}

Test(simulate, promises_are_kept)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        (void)seed_live(seed);
    }
    shapes_free();
}

Test(simulate, a_replay_of_every_step_gives_the_live_state)
{
    uint64_t succeeded = 0;
    for (uint64_t seed = 1; seed <= SMALL_SEEDS; seed++) {
        struct world *world = world_create(seed, SMALL_TARGETS, 0, false);
        world->replays = true;
        succeeded += world_live(world).succeeded;
    }
    shapes_free();
    cr_expect_gt(succeeded, SMALL_SEEDS / 4, "the world is too hard to show anything");
}

Test(simulate, what_once_failed_stays_good)
{
    FILE *file = fopen("tests/simulate/regressions.txt", "r");
    cr_assert_not_null(file);
    char line[512];
    unsigned seeds = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] >= '0' && line[0] <= '9') {
            (void)seed_live(strtoull(line, NULL, 10));
            seeds++;
        }
    }
    (void)fclose(file);
    shapes_free();
    cr_expect_gt(seeds, 0);
}

/* A promise that is broken is noticed, and the world stops there. */
Test(simulate, a_broken_promise_stops_the_world)
{
    struct world *world = world_create(1, 0, 0, false);
    world->databases[0].lock = 0; /* held by nobody, for ever */
    world_run(world);
    cr_expect(world->check.failed);
    cr_expect_str_neq(world->check.promise, "");
    world_free(world);
    shapes_free();
}

Test(simulate, the_page_names_every_mutant)
{
    static const char *const names[] = {
#define MUTANT(name, sentence) "`" name "`",
#include "mutants.def"
#undef MUTANT
    };
    struct buffer page = {0};
    FILE *file = fopen("docs/testing.md", "r");
    cr_assert_not_null(file);
    char line[1024];
    while (fgets(line, sizeof line, file) != NULL) {
        buffer_text_append(&page, line);
    }
    (void)fclose(file);
    for (size_t i = 0; i < LENGTH(names); i++) {
        cr_expect_not_null(strstr(buffer_text(&page), names[i]), "%s is not in docs/testing.md",
                           names[i]);
    }
    buffer_free(&page);
}
