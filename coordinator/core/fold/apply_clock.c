/* The clock was set: what waits, and since when, is set with it. Windows follow the clock: which
 * opening is now or next has to be found out anew. */
#include "coordinator/core/facts/state.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/order/schedule.h"

/* From one clock to the other. */
struct turn {
    uint64_t was_ms;
    uint64_t now_ms;
};

/* How long a wait lasts yet, or has lasted. 0 stands for never. */
static void wait_turn(uint64_t *time_ms, struct turn turn)
{
    if (*time_ms == 0) {
        return;
    }
    if (*time_ms >= turn.was_ms) {
        *time_ms = turn.now_ms + (*time_ms - turn.was_ms);
    } else {
        uint64_t ago_ms = turn.was_ms - *time_ms;
        *time_ms = turn.now_ms > ago_ms ? turn.now_ms - ago_ms : 1;
    }
}

/* When something was. What a clock that is set back has behind it was not seen by the other one. */
static void time_turn(uint64_t *time_ms, struct turn turn)
{
    bool back = turn.now_ms < turn.was_ms;
    if (!back || *time_ms > turn.now_ms) {
        wait_turn(time_ms, turn);
    }
}

static void rollout_turn(struct rollout *rollout, struct turn turn)
{
    time_turn(&rollout->started_ms, turn);
    time_turn(&rollout->finished_ms, turn);
    time_turn(&rollout->progressed_ms, turn);
    wait_turn(&rollout->asking_ms, turn);
    wait_turn(&rollout->listed_ms, turn);
    time_turn(&rollout->pause.paused_ms, turn);
    for (uint32_t i = 0; i < rollout->source_count; i++) {
        wait_turn(&rollout->sources[i].trial.not_before_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        wait_turn(&rollout->targets[i].trial.not_before_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        wait_turn(&rollout->waves[i].until_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->override_count; i++) {
        time_turn(&rollout->overrides[i].status.since_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->hold_count; i++) {
        time_turn(&rollout->holds[i].status.since_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->orphan_count; i++) {
        time_turn(&rollout->orphans[i].lost_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->servers.identity_count; i++) {
        wait_turn(&rollout->servers.loads[i].probed_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->servers.count; i++) {
        struct server *server = &rollout->servers.items[i];
        wait_turn(&server->heard_ms, turn);
        wait_turn(&server->asking_ms, turn);
        wait_turn(&server->down_ms, turn);
        wait_turn(&server->ask.again_ms, turn);
        wait_turn(&server->ask.until_ms, turn);
        wait_turn(&server->asked_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->servers.blind_count; i++) {
        wait_turn(&rollout->servers.blind[i].begun_ms, turn);
        wait_turn(&rollout->servers.blind[i].ask.again_ms, turn);
    }
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        rollout->windows[i].opening = (struct opening_times){0};
    }
}

/* For the log: the next rollout brings what it begins with. */
void apply_configuration_read(struct core *core, const struct event *event)
{
    (void)core;
    (void)event;
}

void apply_clock_set(struct core *core, const struct event *event)
{
    const struct turn turn = {.was_ms = event->clock_set.was_ms, .now_ms = event->at_ms};
    rollout_turn(&core->rollout, turn);
    core->boot.at_ms += turn.now_ms - turn.was_ms;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        wait_turn(&core->workers[i].lost_ms, turn);
    }
    schedule_windows_changed(core->schedule);
}
