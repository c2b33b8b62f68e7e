/* Views of what cannot be reached. */
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/outage.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/view/view.h"

static uint32_t targets_waiting(const struct rollout *rollout, uint32_t server)
{
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        waiting += rollout->targets[i].server == server && target_awaits_server(rollout, i);
    }
    return waiting;
}

static struct failure failure_of(const struct rollout *rollout, uint32_t number)
{
    const struct kept_failure *kept = intern_failure_at(&rollout->intern, number);
    struct failure failure;
    layout_absent(failure_layout(), &failure);
    return kept != NULL ? kept->failure : failure;
}

static void server_view(const struct rollout *rollout, uint32_t number,
                        struct outage_status *status)
{
    const struct server *server = &rollout->servers.items[number];
    layout_absent(outage_status_layout(), status);
    status->server = server->key;
    status->unreached_ms = server->down_ms;
    status->asking = server->ask;
    status->targets = targets_waiting(rollout, number);
    status->failure = failure_of(rollout, server->failure);
}

static void blindness_view(const struct core *core, const struct blindness *blind,
                           struct outage_status *status)
{
    const struct worker *worker = worker_find(core, blind->worker);
    layout_absent(outage_status_layout(), status);
    status->server = core->rollout.servers.items[blind->server].key;
    status->worker = worker->name;
    status->unreached_ms = blind->begun_ms;
    status->asking = blind->ask;
    status->aside = worker_is_aside(worker);
    status->failure = failure_of(&core->rollout, blind->failure);
}

struct outage_status_list core_outages(const struct core *core, struct arena *arena)
{
    const struct rollout *rollout = &core->rollout;
    const struct servers *servers = &rollout->servers;
    struct outage_status_list list = {NULL, 0};
    if (!rollout_is_active(rollout) || servers->down + servers->blind_count == 0) {
        return list;
    }
    list.items = arena_array(arena, servers->down + servers->blind_count, sizeof *list.items);
    for (uint32_t i = 0; servers->down > 0 && i < servers->count; i++) {
        if (server_is_down(rollout, i)) {
            server_view(rollout, i, &list.items[list.count++]);
        }
    }
    for (uint32_t i = 0; i < servers->blind_count; i++) {
        if (!server_is_down(rollout, servers->blind[i].server)) {
            blindness_view(core, &servers->blind[i], &list.items[list.count++]);
        }
    }
    return list;
}
