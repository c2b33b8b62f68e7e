/* Workers in order of their instance. */
#include "coordinator/core/facts/worker.h"

uint32_t worker_position(const struct core *core, uint64_t instance)
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

const struct worker *worker_find(const struct core *core, uint64_t instance)
{
    uint32_t at = worker_position(core, instance);
    bool found = at < core->worker_count && core->workers[at].instance == instance;
    return found ? &core->workers[at] : NULL;
}

bool worker_is_connected(const struct worker *worker)
{
    return worker->state == WORKER_CONNECTED || worker->state == WORKER_DRAINING;
}

uint32_t worker_room(const struct worker *worker)
{
    bool takes =
        worker->state == WORKER_CONNECTED && worker->credit > worker->running && worker->alone == 0;
    return takes ? worker->credit - worker->running : 0;
}
