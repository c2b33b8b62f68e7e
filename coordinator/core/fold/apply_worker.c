/* Workers come and go; an epoch begins. */
#include "coordinator/core/fold/apply_worker.h"

#include "common/base/impossible.h"
#include "coordinator/core/facts/invariants.h"
#include "coordinator/core/facts/machine.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/fold/apply.h"

void worker_move(struct core *core, struct worker *worker, enum event_type event,
                 enum worker_state to)
{
    machine_check(MACHINE_WORKER, worker->state, event, to);
    core->workers_lost -= worker->state == WORKER_LOST;
    core->workers_lost += to == WORKER_LOST;
    worker->state = to;
    worker_invariant(worker);
    if (to == WORKER_GONE) {
        worker_remove(core, worker);
    }
}

static void worker_leaves(struct core *core, struct worker *worker, const struct event *event)
{
    worker->lost_ms = event->at_ms;
    worker_move(core, worker, event->type, worker->running > 0 ? WORKER_LOST : WORKER_GONE);
}

void apply_epoch_claimed(struct core *core, const struct event *event)
{
    INVARIANT_THAT(event->epoch_claimed.epoch > core->epoch, "epoch %llu after epoch %llu",
                   (unsigned long long)event->epoch_claimed.epoch, (unsigned long long)core->epoch);
    core->epoch = event->epoch_claimed.epoch;
    for (uint32_t i = core->worker_count; i > 0; i--) {
        struct worker *worker = &core->workers[i - 1];
        if (worker->state == WORKER_LOST) {
            worker->lost_ms = event->at_ms;
        } else {
            worker_leaves(core, worker, event);
        }
    }
}

static void window_set(struct core *core, struct worker *worker, const struct event *event,
                       uint32_t window)
{
    enum worker_state to = window > 0 ? WORKER_CONNECTED : WORKER_DRAINING;
    worker->window = window;
    if (worker->state != to) {
        worker_move(core, worker, event->type, to);
    }
}

void apply_worker_joined(struct core *core, const struct event *event)
{
    const struct event_worker_joined *joined = &event->worker_joined;
    struct worker *worker = worker_find(core, joined->instance);
    if (worker == NULL) {
        worker = worker_add(core, joined->instance, joined->name);
    }
    window_set(core, worker, event, joined->window);
}

void apply_worker_window_set(struct core *core, const struct event *event)
{
    struct worker *worker = worker_find(core, event->worker_window_set.instance);
    if (worker != NULL) {
        window_set(core, worker, event, event->worker_window_set.window);
    }
}

void apply_worker_left(struct core *core, const struct event *event)
{
    struct worker *worker = worker_find(core, event->worker_left.instance);
    if (worker != NULL) {
        worker_leaves(core, worker, event);
    }
}
