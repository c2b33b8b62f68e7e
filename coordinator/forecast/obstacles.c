/* One look at the servers, one at the targets. */
#include "coordinator/forecast/obstacles.h"

#include <inttypes.h>

#include "coordinator/core/facts/outage.h"
#include "coordinator/core/facts/override.h"
#include "coordinator/core/facts/rollout.h"

enum {
    SLOW_TIMES = 5, /* as long as is usual: something is in the way */
    SLOW_MS = 5000, /* and so much longer */
    TRIES_MANY = 2, /* that failed: the next one may, too */
};

/* ---- servers ---- */

static bool target_is_to_do(const struct target *target)
{
    return target->state == TARGET_PENDING || target->state == TARGET_WAITING ||
           target->state == TARGET_RUNNING;
}

static const char *server_down(const struct rollout *rollout, struct arena *arena)
{
    for (uint32_t i = 0; i < rollout->servers.count; i++) {
        uint32_t waiting = 0;
        for (uint32_t t = 0; server_is_down(rollout, i) && t < rollout->target_count; t++) {
            waiting += rollout->targets[t].server == i && target_awaits_server(rollout, t);
        }
        if (waiting > 0) {
            return arena_printf(arena, "%s cannot be reached, %" PRIu32 " target%s",
                                rollout->servers.items[i].key, waiting,
                                waiting == 1 ? " waits for it" : "s wait for it");
        }
    }
    return "";
}

static const char *server_throttled(const struct replica *replica, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(replica->core);
    const struct servers *servers = &rollout->servers;
    for (uint32_t i = 0; i < servers->identity_count; i++) {
        bool heeded = replica_is_throttled(replica, i) && !server_throttles_overridden(rollout, i);
        uint32_t waiting = 0;
        for (uint32_t t = 0; heeded && t < rollout->target_count; t++) {
            waiting += rollout->targets[t].identity == i && target_is_to_do(&rollout->targets[t]);
        }
        if (waiting > 0) {
            return arena_printf(arena, "%s is throttled, %s; %" PRIu32 " target%s",
                                servers->items[servers->loads[i].server].key,
                                servers->loads[i].verdict.reason, waiting,
                                waiting == 1 ? " waits for it" : "s wait for it");
        }
    }
    return "";
}

/* ---- targets ---- */

static uint64_t running_ms(const struct replica *replica, uint32_t target, uint64_t now_ms)
{
    uint64_t leased_ms = timeline_target_of(&replica->timeline, target).leased_ms;
    bool runs = core_rollout(replica->core)->targets[target].state == TARGET_RUNNING;
    return runs && leased_ms > 0 && leased_ms < now_ms ? now_ms - leased_ms : 0;
}

static bool target_is_tried_again(const struct target *target)
{
    bool waits = target->state == TARGET_WAITING || target->state == TARGET_RUNNING;
    return waits && target->trial.tries >= TRIES_MANY;
}

static const char *and_more(uint32_t count, struct arena *arena)
{
    return count > 1 ? arena_printf(arena, ", and so %s %" PRIu32 " more",
                                    count == 2 ? "does" : "do", count - 1)
                     : "";
}

static const char *target_slow(const struct replica *replica, const uint64_t *durations,
                               uint64_t now_ms, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(replica->core);
    uint32_t slowest = 0;
    uint64_t most = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; durations != NULL && i < rollout->target_count; i++) {
        uint32_t path = rollout->targets[i].path;
        uint64_t usual_ms = path < rollout->path_count ? durations[path] : 0;
        uint64_t ms = running_ms(replica, i, now_ms);
        if (usual_ms > 0 && ms > SLOW_TIMES * usual_ms && ms > usual_ms + SLOW_MS) {
            count++;
            slowest = ms / usual_ms > most ? i : slowest;
            most = ms / usual_ms > most ? ms / usual_ms : most;
        }
    }
    return count == 0
               ? ""
               : arena_printf(arena, "%s runs %" PRIu64 " times longer than the others%s",
                              rollout->targets[slowest].place.name, most, and_more(count, arena));
}

static const char *target_retried(const struct rollout *rollout, struct arena *arena)
{
    const struct target *first = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        if (target_is_tried_again(target)) {
            count++;
            first = first == NULL || target->trial.tries > first->trial.tries ? target : first;
        }
    }
    return count == 0
               ? ""
               : arena_printf(arena, "%s has failed %" PRIu32 " tries and is tried again%s",
                              first->place.name, first->trial.tries,
                              count > 1
                                  ? arena_printf(arena, ", %" PRIu32 " more likewise", count - 1)
                                  : "");
}

const char *obstacles_tell(const struct replica *replica, const uint64_t *durations,
                           uint64_t now_ms, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(replica->core);
    const char *told = server_down(rollout, arena);
    told = told[0] != '\0' ? told : server_throttled(replica, arena);
    told = told[0] != '\0' ? told : target_slow(replica, durations, now_ms, arena);
    return told[0] != '\0' ? told : target_retried(rollout, arena);
}

/* ---- tries ---- */

struct tries tries_count(const struct core *core)
{
    const struct rollout *rollout = core_rollout(core);
    struct tries tries = {.made = rollout->counts[TARGET_DEPLOYED]};
    for (uint32_t i = 0; rollout->digest[0] != '\0' && i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        bool deploys = target->wave > 0 && target->state != TARGET_REFUSED;
        uint32_t failed =
            target->state == TARGET_FAILED && target->trial.tries == 0 ? 1 : target->trial.tries;
        tries.failed += deploys ? failed : 0;
    }
    tries.made += tries.failed;
    return tries;
}

const uint64_t *tries_scale(struct tries tries, const uint64_t *durations, size_t count,
                            struct arena *arena)
{
    uint32_t good = tries.made - tries.failed;
    if (durations == NULL || tries.failed == 0 || good == 0) {
        return durations;
    }
    uint64_t *scaled = arena_array(arena, count, sizeof *scaled);
    for (size_t i = 0; i < count; i++) {
        scaled[i] = durations[i] * tries.made / good;
    }
    return scaled;
}
