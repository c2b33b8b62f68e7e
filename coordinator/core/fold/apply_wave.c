/* Waves: defined, awaited, approved, started, ramped up, soaking, checked, finished. */
#include "coordinator/core/fold/apply_wave.h"

#include <stdlib.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/invariants.h"
#include "coordinator/core/facts/machine.h"
#include "coordinator/core/facts/wave.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_job.h"
#include "coordinator/core/fold/apply_rollout.h"
#include "coordinator/core/fold/named.h"
#include "coordinator/core/order/schedule.h"

void wave_move(struct core *core, struct wave *wave, enum event_type event, enum wave_state to)
{
    machine_check(MACHINE_WAVE, wave->state, event, to);
    core->rollout.waves_running -= wave_is_active(wave);
    wave->state = to;
    core->rollout.waves_running += wave_is_active(wave);
    wave_invariant(&core->rollout, wave);
}

void apply_wave_defined(struct core *core, const struct event *event)
{
    const struct wave_definition *defined = &event->wave_defined.wave;
    struct rollout *rollout = &core->rollout;
    struct intern *intern = &rollout->intern;
    rollout->waves = array_room(rollout->waves, rollout->wave_count, &rollout->wave_capacity,
                                sizeof *rollout->waves);
    struct wave *wave = &rollout->waves[rollout->wave_count++];
    *wave = (struct wave){.selector = selector_of(intern, defined->select)};
    layout_copy(wave_definition_layout(), &intern->arena, defined, &wave->definition);
    wave_move(core, wave, event->type, WAVE_WAITING);
}

void apply_wave_awaited(struct core *core, const struct event *event)
{
    wave_move(core, wave_at(core, event->wave_awaited.wave), event->type, WAVE_AWAITING);
}

void apply_wave_approved(struct core *core, const struct event *event)
{
    wave_at(core, event->wave_approved.wave)->approved = true;
}

void plan_rename(struct rollout *rollout, const char *digest)
{
    rollout->digest = intern_text(&rollout->intern, digest);
    for (uint32_t i = rollout->waves_started; i < rollout->wave_count; i++) {
        rollout->waves[i].approved = false;
    }
}

void apply_plan_changed(struct core *core, const struct event *event)
{
    plan_rename(&core->rollout, event->plan_changed.digest);
}

/* Lets the first `allowed` targets run; those between stand in line. */
static void wave_allow(struct core *core, uint32_t number, uint32_t allowed)
{
    struct rollout *rollout = &core->rollout;
    struct wave *wave = wave_at(core, number);
    uint32_t before = wave->counts.allowed;
    wave->counts.allowed = allowed < wave->counts.targets ? allowed : wave->counts.targets;
    for (uint32_t i = before; i < wave->counts.allowed; i++) {
        uint32_t target = rollout->wave_order[wave->first + i];
        if (rollout->targets[target].ahead) {
            wave->ahead--; /* its step has come */
            continue;
        }
        wave->open += target_is_open(&rollout->targets[target]);
        schedule_target_changed(core->schedule, target);
    }
}

void apply_wave_started(struct core *core, const struct event *event)
{
    const struct event_wave_started *started = &event->wave_started;
    INVARIANT_THAT(started->wave == core->rollout.waves_started, "wave %u starts after %u waves",
                   started->wave, core->rollout.waves_started);
    core->rollout.waves_started++;
    core->rollout.asking_ms = 0;
    wave_move(core, wave_at(core, started->wave), event->type, WAVE_RUNNING);
    if (core->rollout.state == ROLLOUT_GATE) {
        rollout_move(core, event->type, ROLLOUT_DEPLOYING);
    }
    wave_allow(core, started->wave, started->allowed);
}

void apply_wave_ramped(struct core *core, const struct event *event)
{
    wave_at(core, event->wave_ramped.wave)->ramped++;
    wave_allow(core, event->wave_ramped.wave, event->wave_ramped.allowed);
}

void apply_wave_filled(struct core *core, const struct event *event)
{
    const struct event_wave_filled *filled = &event->wave_filled;
    struct wave *wave = wave_at(core, filled->wave);
    struct target *target = target_at(core, filled->target);
    INVARIANT_THAT(target->wave == filled->wave + 1 && !wave_allows(&core->rollout, filled->target),
                   "target %s is not one that wave %s may be filled with", target->place.name,
                   wave->definition.name);
    target->ahead = true;
    wave->ahead++;
    wave->open += target_is_open(target);
    schedule_target_changed(core->schedule, filled->target);
    wave_invariant(&core->rollout, wave);
}

void wave_target_over(struct rollout *rollout, uint32_t number)
{
    const struct target *target = &rollout->targets[number];
    if (target->wave > 0 && wave_allows(rollout, number)) {
        INVARIANT(rollout->waves[target->wave - 1].open > 0);
        rollout->waves[target->wave - 1].open--;
    }
}

void wave_runs_on(struct core *core, struct wave *wave, const struct event *event)
{
    if (wave->state == WAVE_SOAKING || wave->state == WAVE_CHECKING ||
        wave->state == WAVE_FINISHED) {
        wave_move(core, wave, event->type, WAVE_RUNNING);
    }
}

void wave_target_reopened(struct rollout *rollout, uint32_t number)
{
    const struct target *target = &rollout->targets[number];
    if (target->wave > 0 && wave_allows(rollout, number)) {
        rollout->waves[target->wave - 1].open++;
    }
}

void apply_wave_soaking(struct core *core, const struct event *event)
{
    struct wave *wave = wave_at(core, event->wave_soaking.wave);
    wave->until_ms = event->wave_soaking.until_ms;
    wave_move(core, wave, event->type, WAVE_SOAKING);
}

void apply_wave_finished(struct core *core, const struct event *event)
{
    wave_move(core, wave_at(core, event->wave_finished.wave), event->type, WAVE_FINISHED);
}

/* ---- checks ---- */

static bool target_is_good(const struct target *target)
{
    return target->state == TARGET_DEPLOYED || target->state == TARGET_UNCHANGED;
}

/* Evenly over the wave: the k-th of `wanted` among `good`. */
static bool sample_takes(uint32_t position, uint32_t good, uint32_t wanted)
{
    return (uint64_t)(position + 1) * wanted / good > (uint64_t)position * wanted / good;
}

static void check_begin(struct core *core, uint32_t number)
{
    struct target *target = &core->rollout.targets[number];
    target->check = CHECK_WANTED;
    target->trial.attempt = 0;
    target->trial.tries = 0;
    schedule_target_changed(core->schedule, number);
}

static void check_want(struct core *core, uint32_t number)
{
    struct target *target = &core->rollout.targets[number];
    struct wave *wave = &core->rollout.waves[target->wave - 1];
    wave->unchecked++;
    if (target->check == CHECK_WANTED || target->check == CHECK_RUNNING ||
        target->check == CHECK_WAITING) {
        return; /* asked for when the wave was checked before; still to come */
    }
    check_begin(core, number);
}

void apply_wave_checking(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    struct wave *wave = wave_at(core, event->wave_checking.wave);
    uint32_t good = wave->counts.deployed + wave->counts.unchanged;
    uint32_t position = 0;
    wave->unchecked = 0;
    wave->bad = 0;
    for (uint32_t i = 0; i < wave->counts.targets; i++) {
        uint32_t number = rollout->wave_order[wave->first + i];
        if (target_is_good(&rollout->targets[number])) {
            if (sample_takes(position++, good, event->wave_checking.targets)) {
                check_want(core, number);
            }
        }
    }
    wave_move(core, wave, event->type, WAVE_CHECKING);
}

static struct wave *check_end(struct core *core, uint64_t job, uint32_t number,
                              const struct event *event, enum check_state state)
{
    struct target *target = target_at(core, number);
    struct wave *wave = wave_at(core, target->wave - 1);
    struct server *server = &core->rollout.servers.items[target->server];
    if (job != 0) {
        job_end(core, job, event->type);
    }
    target->check = state;
    bool asked = server->witness == number;
    if (asked || state == CHECK_PASSED) {
        server->heard_ms = event->at_ms;
    }
    if (asked) {
        server->witness = NUMBER_NONE;
        server->asking_ms = 0;
        server->unsure = false;
    } else if (wave->unchecked > 0) {
        wave->unchecked--;
    }
    return wave;
}

void apply_target_asked(struct core *core, const struct event *event)
{
    uint32_t number = event->target_asked.target;
    const struct target *target = target_at(core, number);
    struct server *server = &core->rollout.servers.items[target->server];
    INVARIANT(target->state == TARGET_DEPLOYED && server->witness == NUMBER_NONE);
    server->witness = number;
    server->asking_ms = event->at_ms;
    if (core->rollout.asking_ms == 0) {
        core->rollout.asking_ms = event->at_ms;
    }
    check_begin(core, number);
}

/* It is not asked again at once. */
void apply_server_unsure(struct core *core, const struct event *event)
{
    const struct event_server_unsure *unsure = &event->server_unsure;
    if (unsure->open) {
        struct rollout *rollout = &core->rollout;
        rollout->servers.items[target_at(core, unsure->target)->server].unsure = true;
        return;
    }
    (void)check_end(core, unsure->job, unsure->target, event, CHECK_NONE);
}

void apply_check_passed(struct core *core, const struct event *event)
{
    const struct event_check_passed *passed = &event->check_passed;
    (void)check_end(core, passed->job, passed->target, event, CHECK_PASSED);
    core->rollout.targets[passed->target].trial.failure = INTERN_NONE;
}

void apply_check_failed(struct core *core, const struct event *event)
{
    const struct event_check_failed *failed = &event->check_failed;
    check_end(core, failed->job, failed->target, event, CHECK_BAD)->bad++;
    core->rollout.targets[failed->target].trial.failure =
        intern_failure(&core->rollout.intern, "check", &failed->failure);
}
