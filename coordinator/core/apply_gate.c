/* The gate opens: every target that passed gets its place in a wave, or has nothing to do. */
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/apply.h"

/* Whether every text of `wanted` is among `labels`. */
static bool labels_match(struct texts wanted, struct texts labels)
{
    for (size_t i = 0; i < wanted.count; i++) {
        bool found = false;
        for (size_t j = 0; j < labels.count && !found; j++) {
            found = strcmp(wanted.items[i], labels.items[j]) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* How many targets the wave takes at most; percent of the whole fleet, rounded up. */
static uint32_t wave_limit(const struct rollout *rollout, const struct wave *wave)
{
    uint32_t limit = wave->count > 0 ? wave->count : UINT32_MAX;
    if (wave->percent > 0) {
        uint64_t share = ((uint64_t)rollout->target_count * wave->percent + 99) / 100;
        limit = share < limit ? (uint32_t)share : limit;
    }
    return limit;
}

static bool wave_takes(const struct rollout *rollout, const struct wave *wave,
                       const struct target *target)
{
    return wave->targets < wave_limit(rollout, wave) &&
           labels_match(intern_set_texts(&rollout->intern, wave->select),
                        intern_set_texts(&rollout->intern, target->labels));
}

/* The wave that nobody wrote, for the targets that no written one takes. */
static void rest_add(struct core *core)
{
    struct rollout *rollout = &core->rollout;
    rollout->waves = array_room(rollout->waves, rollout->wave_count, &rollout->wave_capacity,
                                sizeof *rollout->waves);
    struct wave *wave = &rollout->waves[rollout->wave_count++];
    *wave = (struct wave){.name = "rest",
                          .select = intern_set(&rollout->intern, (struct texts){NULL, 0})};
    wave_move(core, wave, EVENT_GATE_OPENED, WAVE_WAITING);
}

static void wave_assign(struct core *core, uint32_t number, uint32_t written)
{
    struct rollout *rollout = &core->rollout;
    struct target *target = &rollout->targets[number];
    uint32_t wave = 0;
    while (wave < written && !wave_takes(rollout, &rollout->waves[wave], target)) {
        wave++;
    }
    if (wave == rollout->wave_count) {
        rest_add(core);
    }
    target->wave = wave + 1;
    rollout->waves[wave].targets++;
    target->attempt = 0;
    target->tries = 0;
    bool to_do = rollout->paths[target->path].steps !=
                 intern_set_find(&rollout->intern, (struct texts){NULL, 0});
    rollout->to_do += to_do;
    rollout->waves[wave].unchanged += !to_do;
    target_move(core, number, EVENT_GATE_OPENED, to_do ? TARGET_PENDING : TARGET_UNCHANGED);
}

/* Sorts the targets by wave, keeping their order. */
static void wave_order_make(struct rollout *rollout)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        rollout->waves[i].first = first;
        first += rollout->waves[i].targets;
    }
    rollout->wave_order = memory_alloc((first > 0 ? first : 1) * sizeof *rollout->wave_order);
    uint32_t *filled = memory_alloc((rollout->wave_count + 1) * sizeof *filled);
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].wave > 0) {
            uint32_t wave = rollout->targets[i].wave - 1;
            rollout->wave_order[rollout->waves[wave].first + filled[wave]++] = i;
        }
    }
    free(filled);
}

void apply_gate_opened(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    rollout_move(core, event->type, ROLLOUT_GATE);
    rollout->digest = intern_text(&rollout->intern, event->gate_opened.digest);
    rollout->left_out = event->gate_opened.left_out;
    (void)intern_set(&rollout->intern, (struct texts){NULL, 0});
    uint32_t written = rollout->wave_count;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].state == TARGET_VALIDATED) {
            wave_assign(core, i, written);
        }
    }
    wave_order_make(rollout);
}

void apply_gate_refused(struct core *core, const struct event *event)
{
    rollout_move(core, event->type, ROLLOUT_CLOSED);
}

void apply_wave_started(struct core *core, const struct event *event)
{
    uint32_t number = event->wave_started.wave;
    wave_move(core, wave_at(core, number), event->type, WAVE_RUNNING);
    core->rollout.waves_started = number + 1;
    if (core->rollout.state == ROLLOUT_GATE) {
        rollout_move(core, event->type, ROLLOUT_DEPLOYING);
    }
    schedule_wave_started(core, number);
}

void apply_wave_finished(struct core *core, const struct event *event)
{
    wave_move(core, wave_at(core, event->wave_finished.wave), event->type, WAVE_FINISHED);
}
