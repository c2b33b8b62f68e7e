/* Workers in order of their instance. */
#include "coordinator/core/facts/worker.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"

static uint32_t worker_position(const struct core *core, uint64_t instance)
{
    uint32_t low = 0;
    uint32_t high = core->worker_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (core->workers[middle].instance < instance) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct worker *worker_find(const struct core *core, uint64_t instance)
{
    uint32_t at = worker_position(core, instance);
    bool found = at < core->worker_count && core->workers[at].instance == instance;
    return found ? &core->workers[at] : NULL;
}

struct worker *worker_known(const struct core *core, uint64_t instance)
{
    struct worker *worker = worker_find(core, instance);
    INVARIANT_THAT(worker != NULL, "worker %llu is not known", (unsigned long long)instance);
    return worker;
}

struct worker *worker_add(struct core *core, uint64_t instance, const char *name)
{
    uint32_t at = worker_position(core, instance);
    INVARIANT(at == core->worker_count || core->workers[at].instance != instance);
    core->workers = array_room(core->workers, core->worker_count, &core->worker_capacity,
                               sizeof *core->workers);
    struct worker *worker = &core->workers[at];
    memmove(worker + 1, worker, (core->worker_count - at) * sizeof *worker);
    core->worker_count++;
    *worker = (struct worker){.instance = instance};
    worker->name = memory_alloc(strlen(name) + 1);
    memcpy(worker->name, name, strlen(name) + 1);
    return worker;
}

void worker_remove(struct core *core, struct worker *worker)
{
    INVARIANT_THAT(worker->running == 0, "worker %llu is forgotten with %u jobs in hand",
                   (unsigned long long)worker->instance, worker->running);
    free(worker->name);
    uint32_t at = (uint32_t)(worker - core->workers);
    core->worker_count--;
    memmove(worker, worker + 1, (core->worker_count - at) * sizeof *worker);
}

bool worker_is_connected(const struct worker *worker)
{
    return worker->state == WORKER_CONNECTED || worker->state == WORKER_DRAINING;
}
