/* The gate opens: every target that passed gets its place in a wave, or has nothing to do. */
#include <stdlib.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_rollout.h"
#include "coordinator/core/fold/apply_target.h"
#include "coordinator/core/fold/apply_wave.h"
#include "coordinator/core/fold/named.h"

/* What a canary wave has taken already: of each cohort, and whether of each server. Servers whose
 * identity is not known are told apart by name. */
struct canary {
    uint32_t *cohorts; /* by path */
    bool *identities;
    bool *servers;
};

struct assignment {
    struct core *core;
    struct canary *canaries; /* by wave */
    uint32_t written;        /* waves that the configuration names */
    uint32_t nothing;        /* the empty set */
};

static void canary_make(struct canary *canary, const struct rollout *rollout)
{
    canary->cohorts = memory_alloc((rollout->path_count + 1) * sizeof *canary->cohorts);
    canary->identities =
        memory_alloc((rollout->servers.identity_count + 1) * sizeof *canary->identities);
    canary->servers = memory_alloc((rollout->servers.count + 1) * sizeof *canary->servers);
}

static void canary_free(struct canary *canary)
{
    free(canary->cohorts);
    free(canary->identities);
    free(canary->servers);
}

static bool *canary_server(struct canary *canary, const struct target *target)
{
    return target->identity != NUMBER_NONE ? &canary->identities[target->identity]
                                           : &canary->servers[target->server];
}

/* How many targets the wave takes at most; percent of the whole fleet, rounded up. */
static uint32_t wave_limit(const struct rollout *rollout, const struct wave *wave)
{
    const struct wave_definition *definition = &wave->definition;
    uint32_t limit = definition->count > 0 ? definition->count : UINT32_MAX;
    if (definition->percent > 0) {
        struct share share = {.percent = definition->percent};
        uint32_t taken = share_taken(share, rollout->target_count);
        limit = taken < limit ? taken : limit;
    }
    return limit;
}

static bool target_has_steps(const struct assignment *assignment, const struct target *target)
{
    return assignment->core->rollout.paths[target->path].steps != assignment->nothing;
}

static bool wave_takes(struct assignment *assignment, uint32_t number, const struct target *target)
{
    const struct rollout *rollout = &assignment->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    if (wave->counts.targets >= wave_limit(rollout, wave) ||
        !selector_matches_labels(wave->selector,
                                 intern_set_texts(&rollout->intern, target->labels))) {
        return false;
    }
    if (wave->definition.canary == 0) {
        return true;
    }
    if (!target_has_steps(assignment, target)) {
        return false;
    }
    struct canary *canary = &assignment->canaries[number];
    bool *server = canary_server(canary, target);
    if (canary->cohorts[target->path] >= wave->definition.canary && *server) {
        return false;
    }
    canary->cohorts[target->path]++;
    *server = true;
    return true;
}

/* The wave that nobody wrote, for the targets that no written one takes. */
static void rest_add(struct core *core, enum event_type event, const char *name, bool approve)
{
    struct rollout *rollout = &core->rollout;
    rollout->waves = array_room(rollout->waves, rollout->wave_count, &rollout->wave_capacity,
                                sizeof *rollout->waves);
    struct wave *wave = &rollout->waves[rollout->wave_count++];
    *wave = (struct wave){.definition = {.name = intern_text(&rollout->intern, name),
                                         .select = "",
                                         .approve = approve},
                          .selector = selector_of(&rollout->intern, "")};
    wave_move(core, wave, event, WAVE_WAITING);
}

/* Puts a validated target into a wave (from 1). */
static void target_place(struct assignment *assignment, uint32_t number, uint32_t wave_number,
                         enum event_type event)
{
    struct rollout *rollout = &assignment->core->rollout;
    struct target *target = &rollout->targets[number];
    struct wave *wave = &rollout->waves[wave_number - 1];
    bool to_do = target_has_steps(assignment, target);
    target->wave = wave_number;
    target->trial.attempt = 0;
    target->trial.tries = 0;
    target->trial.unreached = 0;
    wave->counts.targets++;
    wave->counts.unchanged += !to_do;
    rollout->to_do += to_do;
    target_move(assignment->core, number, event, to_do ? TARGET_PENDING : TARGET_UNCHANGED);
}

static void wave_assign(struct assignment *assignment, uint32_t number)
{
    struct core *core = assignment->core;
    struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    uint32_t wave = 0;
    if (target->wave > 0) { /* a rollback says so */
        wave = target->wave - 1;
    } else {
        while (wave < assignment->written && !wave_takes(assignment, wave, target)) {
            wave++;
        }
    }
    if (wave == rollout->wave_count) {
        rest_add(core, EVENT_GATE_OPENED, "rest", false);
    }
    target_place(assignment, number, wave + 1, EVENT_GATE_OPENED);
}

/* Appends the targets of the waves from `first` on, by wave, keeping their order. */
static void wave_order_extend(struct rollout *rollout, uint32_t first)
{
    uint32_t placed = rollout->placed;
    for (uint32_t i = first; i < rollout->wave_count; i++) {
        rollout->waves[i].first = placed;
        placed += rollout->waves[i].counts.targets;
    }
    rollout->wave_order =
        memory_resize(rollout->wave_order, (placed + 1) * sizeof *rollout->wave_order);
    uint32_t *filled = memory_alloc((rollout->wave_count + 1) * sizeof *filled);
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].wave > first) {
            uint32_t wave = rollout->targets[i].wave - 1;
            rollout->wave_order[rollout->waves[wave].first + filled[wave]++] = i;
        }
    }
    rollout->placed = placed;
    free(filled);
}

/* A target that was refused has no place in a wave, whatever a rollback meant for it. */
static void refused_forget(struct rollout *rollout)
{
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].state != TARGET_VALIDATED) {
            rollout->targets[i].wave = 0;
        }
    }
}

void apply_gate_opened(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    INVARIANT(rollout->wave_order == NULL);
    rollout->digest = intern_text(&rollout->intern, event->gate_opened.digest);
    rollout->left_out = event->gate_opened.left_out;
    struct assignment assignment = {
        .core = core,
        .written = rollout->wave_count,
        .nothing = intern_set(&rollout->intern, (struct texts){NULL, 0}),
        .canaries = memory_alloc((rollout->wave_count + 1) * sizeof *assignment.canaries)};
    for (uint32_t i = 0; i < assignment.written; i++) {
        canary_make(&assignment.canaries[i], rollout);
    }
    refused_forget(rollout);
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].state == TARGET_VALIDATED) {
            wave_assign(&assignment, i);
        }
    }
    for (uint32_t i = 0; i < assignment.written; i++) {
        canary_free(&assignment.canaries[i]);
    }
    free(assignment.canaries);
    wave_order_extend(rollout, 0);
    rollout_move(core, event->type, ROLLOUT_GATE);
}

void apply_gate_refused(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    rollout_move(core, event->type, ROLLOUT_CLOSED);
    if (event->gate_refused.digest[0] != '\0') {
        rollout->digest = intern_text(&rollout->intern, event->gate_refused.digest);
        rollout->reason = "the plan is not the one that was asked for";
    }
}

static bool somebody_approves(const struct rollout *rollout)
{
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        if (rollout->waves[i].definition.approve) {
            return true;
        }
    }
    return false;
}

/* Late targets were in no plan that anybody approved, so where approvals are asked for, one is. */
void apply_targets_joined(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    uint32_t first = rollout->wave_count;
    rest_add(core, event->type, "late", somebody_approves(rollout));
    struct assignment assignment = {
        .core = core, .nothing = intern_set(&rollout->intern, (struct texts){NULL, 0})};
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].state == TARGET_VALIDATED) {
            target_place(&assignment, i, first + 1, event->type);
        }
    }
    wave_order_extend(rollout, first);
    plan_rename(rollout, event->targets_joined.digest);
}
