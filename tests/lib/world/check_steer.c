/* What keeps targets from running: windows, holds, throttles, failures that repeat. */
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/window.h"
#include "tests/lib/world/check_parts.h"

/* ---- windows ---- */

void check_window_defined(struct world *world, const struct event_window_defined *defined)
{
    struct check *check = &world->check;
    uint32_t number = check->window_count++;
    (void)defined;
    check->windows[number] = (struct watched_window){.deny = world->openings[number].deny,
                                                     .ring = world->openings[number].ring};
}

/* By the system's clock and the calendar, whatever the core knows of them: deny beats allow; no window that allows
 * means always. */
void check_window_open(struct world *world, uint32_t number, const struct watched_target *target)
{
    const struct check *check = &world->check;
    uint64_t clock_ms = world->now_ms + (uint64_t)world->set_ms;
    uint32_t ring = ring_of(world, target->database);
    bool free = check->rollback || check->refolding || check->overridden[SAFEGUARD_WINDOWS];
    bool any = false;
    bool allowed = false;
    bool denied = false;
    for (uint32_t i = 0; i < check->window_count && !free; i++) {
        const struct watched_window *window = &check->windows[i];
        if (window->ring != NONE && window->ring != ring) {
            continue;
        }
        uint64_t opens_ms = UINT64_MAX;
        uint64_t closes_ms = UINT64_MAX;
        coordinator_opening(world, i, clock_ms, &opens_ms, &closes_ms);
        bool active = opens_ms <= clock_ms && clock_ms < closes_ms;
        any = any || !window->deny;
        allowed = allowed || (!window->deny && active);
        denied = denied || (window->deny && active);
    }
    if (denied || (any && !allowed)) {
        check_fail(world, "no deploy outside of its window", "target %u", number);
    }
}

void check_windows(struct world *world)
{
    const struct coordinator *coordinator = &world->coordinator;
    uint64_t clock_ms = coordinator_clock_ms(world);
    if (!coordinator->up || world->healed || coordinator->set_ms != world->set_ms) {
        return;
    }
    const struct rollout *rollout = core_rollout(coordinator->core);
    for (uint32_t i = 0; i < rollout->window_count && windows_apply(rollout); i++) {
        const struct opening_times *known = &rollout->windows[i].opening;
        uint64_t opens_ms = UINT64_MAX;
        uint64_t closes_ms = UINT64_MAX;
        coordinator_opening(world, i, clock_ms, &opens_ms, &closes_ms);
        if (known->closes_ms > clock_ms &&
            (known->opens_ms != opens_ms || known->closes_ms != closes_ms)) {
            check_fail(world, "windows follow the clock", "window %u", i);
        }
    }
}

/* ---- overrides ---- */

/* A part is not watched. */
void check_overridden(struct world *world, enum safeguard safeguard, bool whole)
{
    world->check.overridden[safeguard] = world->check.overridden[safeguard] || whole;
}

/* ---- holds ---- */

void check_hold_placed(struct world *world, const struct event_hold_placed *placed)
{
    struct check *check = &world->check;
    ROOM(check, hold, check->hold_count);
    struct watched_hold *hold = &check->holds[check->hold_count++];
    (void)snprintf(hold->scope, sizeof hold->scope, "%s", placed->hold.scope);
}

void check_hold_lifted(struct world *world, uint32_t hold)
{
    struct check *check = &world->check;
    if (hold >= check->hold_count) {
        check_fail(world, "holds are numbered", "there is no hold %u", hold);
        return;
    }
    check->hold_count--;
    memmove(&check->holds[hold], &check->holds[hold + 1],
            (check->hold_count - hold) * sizeof *check->holds);
}

/* The scopes that operator.c writes. */
static bool hold_holds(const struct world *world, const struct watched_hold *hold,
                       const struct watched_target *target)
{
    const char *equals = strchr(hold->scope, '=');
    const char *value = equals != NULL ? equals + 1 : "";
    if (strncmp(hold->scope, "ring=", 5) == 0) {
        return ring_of(world, target->database) == strtoul(value, NULL, 10);
    }
    if (strncmp(hold->scope, "target=", 7) == 0) {
        return target->database == strtoul(value + 1, NULL, 10);
    }
    if (strncmp(hold->scope, "wave=", 5) == 0) {
        return target->wave != NONE && target->wave + 1 == strtoul(value, NULL, 10);
    }
    return target->identity != NONE && target->identity == strtoul(value + 1, NULL, 10);
}

void check_holds(struct world *world, uint32_t number, const struct watched_target *target)
{
    const struct check *check = &world->check;
    for (uint32_t i = 0; i < check->hold_count; i++) {
        if (hold_holds(world, &check->holds[i], target)) {
            check_fail(world, "no dispatch of what is held", "target %u, %s", number,
                       check->holds[i].scope);
        }
    }
}

/* ---- servers ---- */

void check_identity_learned(struct world *world, struct watched_target *target, uint32_t server)
{
    struct check *check = &world->check;
    uint32_t host = world->databases[target->database].host;
    target->identity = server;
    if (check->host_identities[host] == NONE) {
        check->host_identities[host] = server;
    }
    if (check_server(check, server) == NULL) {
        ROOM(check, server, check->server_count);
        check->servers[check->server_count++] =
            (struct watched_server){.server = server, .over = check->throttled};
    }
}

const struct watched_server *check_server(const struct check *check, uint32_t group)
{
    for (uint32_t i = 0; i < check->server_count; i++) {
        if (check->servers[i].server == group) {
            return &check->servers[i];
        }
    }
    return NULL;
}

void check_server_probed(struct world *world, const struct event_server_probed *probed)
{
    struct check *check = &world->check;
    check_result(world, probed->job);
    check_job_ended(world, probed->job);
    if (probed->identity >= check->server_count) {
        check_fail(world, "servers are numbered", "there is no server %u", probed->identity);
        return;
    }
    struct watched_server *server = &check->servers[probed->identity];
    server->cap = probed->verdict.cap;
    server->over = probed->verdict.over;
    server->probed = true;
    bool done = check->cause != NULL && check->cause->letter.outcome.outcome == JOB_OUTCOME_DONE;
    if (!check->refolding && done &&
        probed->verdict.over != (strtoul(check->cause->letter.outcome.value, NULL, 10) >= 10)) {
        check_fail(world, "a probe's numbers decide", "server %u", server->server);
    }
}

/* ---- the brake ---- */

void check_brake_count(struct world *world, const struct watched_target *target,
                       const struct event_target_failed *failed)
{
    struct check *check = &world->check;
    char key[64];
    (void)snprintf(key, sizeof key, "%s %s",
                   failed->failure.sqlstate[0] != '\0' ? failed->failure.sqlstate
                                                       : failure_cause_word(failed->failure.cause),
                   failed->failure.location);
    uint32_t number = 0;
    while (number < check->brake_count && strcmp(check->brakes[number].key, key) != 0) {
        number++;
    }
    ROOM(check, brake, number);
    struct watched_brake *brake = &check->brakes[number];
    if (number == check->brake_count) {
        check->brake_count++;
        *brake = (struct watched_brake){0};
        (void)snprintf(brake->key, sizeof brake->key, "%s", key);
    }
    uint32_t server = target->identity != NONE ? target->identity
                                               : 1000000 + world->databases[target->database].host;
    for (uint32_t i = 0; i < brake->count; i++) {
        if (brake->servers[i] == server) {
            return;
        }
    }
    if (brake->count < CORE_BRAKE_SERVERS) {
        brake->servers[brake->count++] = server;
    }
}

bool check_brake_on(const struct check *check)
{
    for (uint32_t i = 0; i < check->brake_count; i++) {
        if (check->brakes[i].count >= CORE_BRAKE_SERVERS) {
            return true;
        }
    }
    return false;
}
