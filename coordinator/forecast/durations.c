/* A hash table from steps to sums. */
#include "coordinator/forecast/durations.h"

#include <uthash.h>

#include "coordinator/core/facts/rollout.h"

struct duration {
    char *steps;
    uint32_t count;
    uint64_t sum_ms;
    UT_hash_handle hh;
};

/* "+a1\n+b2\n" */
static void steps_key(struct texts steps, struct buffer *key)
{
    buffer_clear(key);
    for (size_t i = 0; i < steps.count; i++) {
        buffer_printf(key, "%s\n", steps.items[i]);
    }
}

static const struct duration *duration_find(const struct durations *durations, struct texts steps,
                                            struct buffer *key)
{
    struct duration *found = NULL;
    steps_key(steps, key);
    HASH_FIND_STR(durations->earlier, buffer_text(key), found);
    return found;
}

static struct texts steps_of(const struct rollout *rollout, const struct path *path)
{
    return intern_set_texts(&rollout->intern, path->steps);
}

/* Of the deploys measured. */
static uint64_t path_mean_ms(const struct path *path)
{
    return path->measured > 0 ? path->elapsed_sum_ms / path->measured : 0;
}

static void duration_add(struct durations *durations, const struct rollout *rollout,
                         const struct path *path, struct buffer *key)
{
    struct duration *duration = NULL;
    steps_key(steps_of(rollout, path), key);
    HASH_FIND_STR(durations->earlier, buffer_text(key), duration);
    if (duration == NULL) {
        duration = arena_alloc(&durations->arena, sizeof *duration);
        duration->steps = arena_strdup(&durations->arena, buffer_text(key));
        HASH_ADD_KEYPTR(hh, durations->earlier, duration->steps, strlen(duration->steps), duration);
    }
    duration->count += path->measured;
    duration->sum_ms += path->measured * path_mean_ms(path);
}

void durations_take(struct durations *durations, const struct core *core)
{
    const struct rollout *rollout = core_rollout(core);
    struct buffer key = {0};
    for (size_t i = 0; i < rollout->path_count; i++) {
        const struct path *path = &rollout->paths[i];
        if (path->measured > 0) {
            duration_add(durations, rollout, path, &key);
            durations->step_sum_ms += path->measured * path_mean_ms(path);
            durations->step_count += path->measured * steps_of(rollout, path).count;
            durations->count += path->measured;
        }
    }
    buffer_free(&key);
}

/* What one step takes on average: in this rollout, else in those before. */
struct step_mean {
    uint64_t sum_ms;
    uint64_t count;
    uint32_t deploys;
};

static struct step_mean step_mean_find(const struct durations *durations,
                                       const struct rollout *rollout)
{
    struct step_mean mean = {0};
    for (size_t i = 0; i < rollout->path_count; i++) {
        const struct path *path = &rollout->paths[i];
        mean.sum_ms += path->measured * path_mean_ms(path);
        mean.count += path->measured * steps_of(rollout, path).count;
        mean.deploys += path->measured;
    }
    if (mean.count == 0) {
        mean = (struct step_mean){durations->step_sum_ms, durations->step_count, durations->count};
    }
    return mean;
}

/* 0 when neither this rollout nor an earlier one deployed the path. */
static uint64_t path_measured(const struct durations *durations, const struct rollout *rollout,
                              const struct path *path, struct buffer *key,
                              struct durations_basis *basis, bool *found)
{
    const struct duration *earlier = duration_find(durations, steps_of(rollout, path), key);
    *found = true;
    if (path->measured > 0) {
        basis->measured += path->measured;
        return path_mean_ms(path);
    }
    if (earlier != NULL) {
        basis->measured += earlier->count;
        basis->earlier = true;
        return earlier->sum_ms / earlier->count;
    }
    *found = false;
    return 0;
}

const uint64_t *durations_of_paths(const struct durations *durations, const struct core *core,
                                   struct arena *arena, struct durations_basis *basis)
{
    const struct rollout *rollout = core_rollout(core);
    struct step_mean mean = step_mean_find(durations, rollout);
    uint64_t *list = arena_array(arena, rollout->path_count, sizeof *list);
    struct buffer key = {0};
    *basis = (struct durations_basis){0};
    for (size_t i = 0; i < rollout->path_count; i++) {
        const struct path *path = &rollout->paths[i];
        size_t steps = steps_of(rollout, path).count;
        bool found;
        if (steps == 0) {
            continue;
        }
        list[i] = path_measured(durations, rollout, path, &key, basis, &found);
        if (!found) {
            list[i] = mean.count > 0 ? mean.sum_ms * steps / mean.count : 0;
            basis->guessed = true;
        }
    }
    buffer_free(&key);
    if (basis->guessed && basis->measured == 0) {
        basis->measured = mean.deploys;
    }
    return basis->guessed && mean.count == 0 ? NULL : list;
}

void durations_free(struct durations *durations)
{
    HASH_CLEAR(hh, durations->earlier);
    arena_free(&durations->arena);
    *durations = (struct durations){0};
}
