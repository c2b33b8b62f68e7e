/* Targets that are left out: told to stop, skipped, put back. */
#include "coordinator/core/fold/apply_skip.h"

#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_target.h"
#include "coordinator/core/fold/apply_wave.h"
#include "coordinator/core/fold/named.h"

void apply_target_skip_asked(struct core *core, const struct event *event)
{
    const struct event_target_skip_asked *asked = &event->target_skip_asked;
    struct rollout *rollout = &core->rollout;
    (void)target_at(core, asked->target);
    rollout->skips = array_room(rollout->skips, rollout->skip_count, &rollout->skip_capacity,
                                sizeof *rollout->skips);
    struct skip *skip = &rollout->skips[rollout->skip_count++];
    skip->asked = *asked;
    intern_record(&rollout->intern, who_layout(), &skip->asked.who);
}

void skip_end(struct rollout *rollout, uint32_t target)
{
    const struct skip *skip = rollout_skip_find(rollout, target);
    if (skip != NULL) {
        size_t at = (size_t)(skip - rollout->skips);
        rollout->skip_count--;
        memmove(&rollout->skips[at], &rollout->skips[at + 1],
                (rollout->skip_count - at) * sizeof *rollout->skips);
    }
}

void apply_target_skipped(struct core *core, const struct event *event)
{
    const struct event_target_skipped *skipped = &event->target_skipped;
    struct rollout *rollout = &core->rollout;
    struct target *target = target_at(core, skipped->target);
    enum target_state before = target->state;
    struct buffer note = {0};
    buffer_printf(&note, "skipped by %s: %s", skipped->who.actor, skipped->who.reason);
    target->note = intern_text(&rollout->intern, buffer_text(&note));
    buffer_free(&note);
    bool validated =
        before != TARGET_ADDED && before != TARGET_POSTPONED && before != TARGET_REFUSED;
    if (target->wave > 0 && validated) { /* a rollback's have a wave before */
        struct wave *wave = wave_at(core, target->wave - 1);
        wave->counts.skipped++;
        wave->counts.failed -= before == TARGET_FAILED;
        if (wave->forgiven > wave->counts.failed) {
            wave->forgiven = wave->counts.failed;
        }
        if (before != TARGET_FAILED) {
            wave_target_over(rollout, skipped->target);
        }
    }
    target_move(core, skipped->target, event->type, TARGET_SKIPPED);
    if (rollout->forgiven > rollout->counts[TARGET_FAILED]) {
        rollout->forgiven = rollout->counts[TARGET_FAILED];
    }
}

/* As if it had never run: its wave waits for it again. */
static void wave_takes_back(struct core *core, const struct event *event, uint32_t number)
{
    struct wave *wave = wave_at(core, core->rollout.targets[number].wave - 1);
    INVARIANT(wave->counts.skipped > 0);
    wave->counts.skipped--;
    wave_runs_on(core, wave, event);
    wave_target_reopened(&core->rollout, number);
}

void apply_target_unskipped(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    uint32_t number = event->target_unskipped.target;
    struct target *target = target_at(core, number);
    if (target->state != TARGET_SKIPPED) {
        skip_end(rollout, number);
        return;
    }
    target->note = "";
    target_begin_anew(rollout, number, event->at_ms);
    bool placed = rollout->wave_order != NULL;
    if (placed) {
        wave_takes_back(core, event, number);
    }
    target_move(core, number, event->type, placed ? TARGET_PENDING : TARGET_ADDED);
}
