/* The calendar is asked once for each set of windows and path. */
#include "coordinator/forecast/window_misfits.h"

#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/window.h"

struct verdict {
    uint32_t windows;
    uint32_t path;
    bool fits;
    const struct verdict *next;
};

struct search {
    const struct rollout *rollout;
    const struct openings *openings;
    const uint64_t *durations;
    uint64_t at_ms;
    struct arena *arena;
    const struct verdict *verdicts;
};

static uint64_t needed_ms(const struct search *search, uint32_t path)
{
    uint64_t expected = path_expected_ms(search->rollout, path);
    uint64_t measured = search->durations != NULL ? search->durations[path] : 0;
    return expected > measured ? expected : measured;
}

static bool fits(struct search *search, uint32_t windows, uint32_t path)
{
    for (const struct verdict *verdict = search->verdicts; verdict != NULL;
         verdict = verdict->next) {
        if (verdict->windows == windows && verdict->path == path) {
            return verdict->fits;
        }
    }
    struct verdict *verdict = arena_alloc(search->arena, sizeof *verdict);
    *verdict = (struct verdict){
        .windows = windows,
        .path = path,
        .fits = openings_fit(search->openings, windows, search->at_ms, needed_ms(search, path)),
        .next = search->verdicts};
    search->verdicts = verdict;
    return verdict->fits;
}

void misfits_find(struct misfits *misfits, const struct core *core, const struct openings *openings,
                  const uint64_t *durations, uint64_t at_ms, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    struct search search = {rollout, openings, durations, at_ms, arena, NULL};
    bool *targets = arena_array(arena, rollout->target_count, sizeof *targets);
    for (size_t i = 0; i < rollout->target_count; i++) {
        targets[i] = misfits_has(misfits, i);
    }
    misfits->targets = targets;
    misfits->known = rollout->target_count;
    if (rollout->window_count == 0 || rollout_is_rollback(rollout)) { /* waits for no window */
        return;
    }
    for (size_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        bool open = target->state == TARGET_PENDING || target->state == TARGET_WAITING;
        if (open && target->windows != 0 && target->path != NUMBER_NONE &&
            !fits(&search, target->windows, target->path)) {
            targets[i] = true;
            misfits->count++;
        }
    }
}

bool misfits_has(const struct misfits *misfits, size_t target)
{
    return target < misfits->known && misfits->targets[target];
}
