/* Workers come and go; an epoch begins. */
#include "coordinator/core/fold/apply_worker.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/invariants.h"
#include "coordinator/core/facts/machine.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_outage.h"
#include "coordinator/core/fold/named.h"

/* Without a job in hand. */
static void worker_remove(struct core *core, struct worker *worker)
{
    INVARIANT_THAT(worker->running == 0, "worker %llu is forgotten with %u jobs in hand",
                   (unsigned long long)worker->instance, worker->running);
    worker_forgotten(core, worker);
    free((void *)worker->name);
    uint32_t at = (uint32_t)(worker - core->workers);
    core->worker_count--;
    memmove(worker, worker + 1, (core->worker_count - at) * sizeof *worker);
}

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
    uint64_t claim = event->epoch_claimed.claim;
    core->claim = claim != 0 ? claim : core->epoch;
    core->boot = event->epoch_claimed.boot;
    for (uint32_t i = core->worker_count; i > 0; i--) {
        struct worker *worker = &core->workers[i - 1];
        if (worker->state == WORKER_LOST) {
            worker->lost_ms = event->at_ms;
        } else {
            worker_leaves(core, worker, event);
        }
    }
}

static void credit_set(struct core *core, struct worker *worker, const struct event *event,
                       uint32_t credit)
{
    enum worker_state to = credit > 0 ? WORKER_CONNECTED : WORKER_DRAINING;
    worker->credit = credit;
    if (worker->state != to) {
        worker_move(core, worker, event->type, to);
    }
}

/* One that is not known yet, in no state. */
static struct worker *worker_add(struct core *core, uint64_t instance, const char *name)
{
    uint32_t at = worker_position(core, instance);
    INVARIANT(at == core->worker_count || core->workers[at].instance != instance);
    core->workers = array_room(core->workers, core->worker_count, &core->worker_capacity,
                               sizeof *core->workers);
    struct worker *worker = &core->workers[at];
    memmove(worker + 1, worker, (core->worker_count - at) * sizeof *worker);
    core->worker_count++;
    *worker = (struct worker){.instance = instance};
    char *copy = memory_alloc(strlen(name) + 1);
    memcpy(copy, name, strlen(name) + 1);
    worker->name = copy;
    return worker;
}

void apply_worker_joined(struct core *core, const struct event *event)
{
    const struct event_worker_joined *joined = &event->worker_joined;
    struct worker *worker = worker_at(core, joined->instance);
    if (worker == NULL) {
        worker = worker_add(core, joined->instance, joined->name);
    }
    credit_set(core, worker, event, joined->credit);
    servers_ask_at(&core->rollout, event->at_ms);
}

void apply_worker_credit_set(struct core *core, const struct event *event)
{
    struct worker *worker = worker_at(core, event->worker_credit_set.instance);
    if (worker != NULL) {
        credit_set(core, worker, event, event->worker_credit_set.credit);
    }
}

void apply_worker_left(struct core *core, const struct event *event)
{
    struct worker *worker = worker_at(core, event->worker_left.instance);
    if (worker != NULL) {
        worker_leaves(core, worker, event);
    }
}
