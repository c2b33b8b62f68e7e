/* The calendar is asked once for each set of windows. */
#include "coordinator/forecast/window_misfits.h"

#include <string.h>

#include "coordinator/core/facts/override.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/window.h"

/* What an opening of a set of windows can hold. */
struct room {
    uint32_t windows;
    uint64_t longest_ms;
    const struct room *next;
};

struct search {
    const struct rollout *rollout;
    const struct openings *openings;
    const uint64_t *durations;
    uint64_t at_ms;
    uint64_t most_ms; /* that any path needs, at least 1 */
    struct arena *arena;
    const struct room *rooms;
};

static uint64_t needed_ms(const struct search *search, uint32_t path)
{
    uint64_t expected = path_expected_ms(search->rollout, path);
    uint64_t measured = search->durations != NULL ? search->durations[path] : 0;
    return expected > measured ? expected : measured;
}

static uint64_t most_needed_ms(const struct search *search)
{
    uint64_t most = 1;
    for (uint32_t i = 0; i < search->rollout->path_count; i++) {
        uint64_t needed = needed_ms(search, i);
        most = needed > most ? needed : most;
    }
    return most;
}

static uint64_t longest_ms(struct search *search, uint32_t windows)
{
    for (const struct room *room = search->rooms; room != NULL; room = room->next) {
        if (room->windows == windows) {
            return room->longest_ms;
        }
    }
    uint64_t enough = openings_overrun(search->openings, windows) ? 1 : search->most_ms;
    struct room *room = arena_alloc(search->arena, sizeof *room);
    *room = (struct room){.windows = windows,
                          .longest_ms =
                              openings_longest(search->openings, windows, search->at_ms, enough),
                          .next = search->rooms};
    search->rooms = room;
    return room->longest_ms;
}

static bool fits(struct search *search, uint32_t windows, uint32_t path)
{
    uint64_t longest = longest_ms(search, windows);
    return longest > 0 &&
           (openings_overrun(search->openings, windows) || longest >= needed_ms(search, path));
}

void misfits_find(struct misfits *misfits, const struct core *core, const struct openings *openings,
                  const uint64_t *durations, uint64_t at_ms, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    struct search search = {.rollout = rollout,
                            .openings = openings,
                            .durations = durations,
                            .at_ms = at_ms,
                            .arena = arena};
    bool *targets = arena_array(arena, rollout->target_count, sizeof *targets);
    for (size_t i = 0; i < rollout->target_count; i++) {
        targets[i] = misfits_has(misfits, i);
    }
    misfits->targets = targets;
    misfits->known = rollout->target_count;
    if (rollout->window_count == 0 || rollout_is_rollback(rollout)) { /* waits for no window */
        return;
    }
    search.most_ms = most_needed_ms(&search);
    for (size_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        bool open = target->state == TARGET_PENDING || target->state == TARGET_WAITING;
        if (open && target->windows != 0 && !target_windows_overridden(core, (uint32_t)i) &&
            target->path != NUMBER_NONE && !fits(&search, target->windows, target->path)) {
            targets[i] = true;
            misfits->count++;
        }
    }
}

bool misfits_has(const struct misfits *misfits, size_t target)
{
    return target < misfits->known && misfits->targets[target];
}
