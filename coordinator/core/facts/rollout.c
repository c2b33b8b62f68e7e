/* Questions about the rollout that several parts ask. */
#include "coordinator/core/facts/rollout.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/lookup.h"
#include "coordinator/core/facts/rollback.h"
#include "coordinator/core/facts/server.h"
#include "coordinator/core/facts/wave.h"

void rollout_free(struct rollout *rollout)
{
    intern_free(&rollout->intern);
    servers_free(&rollout->servers);
    lookup_free(&rollout->names);
    lookup_free(&rollout->places);
    lookup_free(&rollout->path_lookup);
    free(rollout->targets);
    free(rollout->sources);
    free(rollout->paths);
    free(rollout->waves);
    free(rollout->wave_order);
    free(rollout->windows);
    free(rollout->throttles);
    free(rollout->holds);
    free(rollout->overrides);
    free(rollout->brakes);
    free(rollout->orphans);
    free(rollout->skips);
    memset(rollout, 0, sizeof *rollout);
}

const struct rollout *core_rollout(const struct core *core)
{
    return &core->rollout;
}

bool rollout_is_active(const struct rollout *rollout)
{
    return rollout_state_is_active(rollout->state);
}

enum rollout_state rollout_phase(const struct rollout *rollout)
{
    return rollout->state == ROLLOUT_PAUSED ? rollout->phase : rollout->state;
}

bool rollout_is_running(const struct rollout *rollout)
{
    return rollout_is_active(rollout) && rollout->state != ROLLOUT_PAUSED &&
           rollout->state != ROLLOUT_CANCELLING;
}

uint32_t rollout_open_inspections(const struct rollout *rollout)
{
    const uint32_t *counts = rollout->counts;
    return counts[TARGET_ADDED] + counts[TARGET_INSPECTING] + counts[TARGET_POSTPONED];
}

uint32_t rollout_open_deploys(const struct rollout *rollout)
{
    const uint32_t *counts = rollout->counts;
    return counts[TARGET_PENDING] + counts[TARGET_RUNNING] + counts[TARGET_WAITING];
}

uint32_t rollout_allowed_failures(const struct rollout *rollout)
{
    return share_allowed(rollout->policy.limits.failures, rollout->to_do);
}

bool rollout_is_over_budget(const struct rollout *rollout)
{
    uint64_t allowed = (uint64_t)rollout_allowed_failures(rollout) + rollout->forgiven;
    return rollout->counts[TARGET_FAILED] > allowed;
}

const struct wave *rollout_wave_over_budget(const struct rollout *rollout)
{
    for (uint32_t i = 0; i < rollout->waves_started; i++) {
        if (wave_is_over_budget(&rollout->waves[i])) {
            return &rollout->waves[i];
        }
    }
    return NULL;
}

const struct brake *rollout_brake(const struct rollout *rollout)
{
    for (uint32_t i = 0; i < rollout->brake_count; i++) {
        if (rollout->brakes[i].servers.count >= CORE_BRAKE_SERVERS) {
            return &rollout->brakes[i];
        }
    }
    return NULL;
}

bool rollout_is_rollback(const struct rollout *rollout)
{
    return rollout->policy.reverts[0] != '\0';
}

bool request_adopts(const struct rollout_request *request)
{
    return text_or_empty(request->tool)[0] != '\0';
}

const char *request_verb(const struct rollout_request *request)
{
    if (request->purpose == PURPOSE_DEPLOY && request_adopts(request)) {
        return "adopt";
    }
    return request->purpose == PURPOSE_DEPLOY ? direction_word(request->direction)
                                              : purpose_word(request->purpose);
}

const char *rollout_verb(const struct rollout *rollout)
{
    if (rollout->state == ROLLOUT_NONE) {
        return "";
    }
    return rollout_is_rollback(rollout) ? "rollback" : request_verb(&rollout->policy.request);
}

int rollout_exit_code(const struct rollout *rollout)
{
    const uint32_t *counts = rollout->counts;
    uint32_t good = counts[TARGET_DEPLOYED] + counts[TARGET_UNCHANGED];
    if (rollout->policy.request.purpose == PURPOSE_SURVEY) {
        good = counts[TARGET_VALIDATED];
    } else if (rollout->policy.request.purpose == PURPOSE_LIST) {
        good = counts[TARGET_ADDED];
    }
    switch (rollout->state) {
    case ROLLOUT_NONE:
    case ROLLOUT_SUCCEEDED: return 0;
    case ROLLOUT_FAILED: return good > 0 ? 3 : 2;
    case ROLLOUT_REFUSED: return 4;
    case ROLLOUT_PAUSED: return rollout->paused_at_limit && !rollout->pause.until_resumed ? 0 : 5;
    default: return 5;
    }
}

const struct graph *rollout_graph(const struct core *core, const struct rollout *rollout,
                                  struct error *error)
{
    const struct event_rollout_started *policy = &rollout->policy;
    const struct graph *graph =
        core->ports.graph(core->ports.context, policy->request.bundle, error);
    if (graph == NULL && error->code == ERROR_NONE) {
        (void)error_set(error, ERROR_JOURNAL, "the bundle of rollout %s is not in the journal",
                        policy->rollout);
    }
    return graph;
}

struct counts rollout_counts(const struct rollout *rollout)
{
    const uint32_t *counts = rollout->counts;
    return (struct counts){
        .targets = rollout->target_count,
        .validated = rollout->passed,
        .refused = counts[TARGET_REFUSED],
        .unchanged = counts[TARGET_UNCHANGED],
        .pending = counts[TARGET_ADDED] + counts[TARGET_PENDING],
        .running = counts[TARGET_INSPECTING] + counts[TARGET_RUNNING],
        .waiting = counts[TARGET_POSTPONED] + counts[TARGET_WAITING],
        .deployed = counts[TARGET_DEPLOYED],
        .failed = counts[TARGET_FAILED],
        .skipped = counts[TARGET_SKIPPED],
        .gone = counts[TARGET_GONE],
    };
}

bool target_is_exclusive(const struct rollout *rollout, const struct target *target)
{
    if (target->path == NUMBER_NONE) {
        return false;
    }
    switch (rollout->paths[target->path].shares) {
    case SHARING_NONE: return false;
    case SHARING_DATABASE: return target->place.schema[0] != '\0';
    case SHARING_SERVER: return true;
    }
    return false;
}

struct rollout_status rollout_status(const struct rollout *rollout)
{
    const struct event_rollout_started *policy = &rollout->policy;
    return (struct rollout_status){.rollout = policy->rollout,
                                   .verb = rollout_verb(rollout),
                                   .spec = policy->request.spec,
                                   .state = rollout->state,
                                   .actor = policy->request.actor,
                                   .started_ms = rollout->started_ms,
                                   .finished_ms = rollout->finished_ms,
                                   .digest = rollout->digest};
}

struct rollout_summary rollout_summary(const struct rollout *rollout)
{
    return (struct rollout_summary){.status = rollout_status(rollout),
                                    .counts = rollout_counts(rollout),
                                    .reverts = rollout->policy.reverts,
                                    .changed = rollback_has_targets(rollout)};
}

static bool name_matches(const void *owner, uint32_t id, const void *key)
{
    return strcmp(((const struct rollout *)owner)->targets[id].place.name, key) == 0;
}

uint32_t rollout_target_by_name(const struct rollout *rollout, const char *name)
{
    return lookup_find(&rollout->names, lookup_hash(LOOKUP_SEED, name), name_matches, rollout,
                       name);
}

static bool place_matches(const void *owner, uint32_t id, const void *key)
{
    const struct target_place *known = &((const struct rollout *)owner)->targets[id].place;
    const struct target_place *place = key;
    return strcmp(known->url, place->url) == 0 && strcmp(known->schema, place->schema) == 0;
}

uint32_t place_hash(const struct target_place *place)
{
    return lookup_hash(lookup_hash(LOOKUP_SEED, place->url), place->schema);
}

uint32_t rollout_target_by_place(const struct rollout *rollout, const struct target_place *place)
{
    return lookup_find(&rollout->places, place_hash(place), place_matches, rollout, place);
}

uint32_t path_hash(uint32_t from)
{
    return from * 2654435761u;
}

static bool path_matches(const void *owner, uint32_t id, const void *key)
{
    return ((const struct rollout *)owner)->paths[id].from == *(const uint32_t *)key;
}

const struct skip *rollout_skip_find(const struct rollout *rollout, uint32_t target)
{
    for (uint32_t i = 0; i < rollout->skip_count; i++) {
        if (rollout->skips[i].asked.target == target) {
            return &rollout->skips[i];
        }
    }
    return NULL;
}

uint32_t rollout_path_find(const struct rollout *rollout, struct texts from)
{
    uint32_t set = intern_set_find(&rollout->intern, from);
    if (set == INTERN_NONE) {
        return NUMBER_NONE;
    }
    return lookup_find(&rollout->path_lookup, path_hash(set), path_matches, rollout, &set);
}

uint32_t rollout_path_same(const struct rollout *rollout, struct texts from, struct texts to)
{
    const struct intern *intern = &rollout->intern;
    uint32_t from_set = intern_set_find(intern, from);
    uint32_t to_set = intern_set_find(intern, to);
    for (uint32_t i = 0; from_set != INTERN_NONE && i < rollout->path_count; i++) {
        if (rollout->paths[i].from == from_set && rollout->paths[i].to == to_set) {
            return i;
        }
    }
    return NUMBER_NONE;
}

const char *rollout_half_done(const struct rollout *rollout, struct arena *arena)
{
    const struct target *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].unfinished != INTERN_NONE) {
            first = first != NULL ? first : &rollout->targets[i];
            count++;
        }
    }
    if (first == NULL) {
        return "";
    }
    struct buffer text = {0};
    struct texts sentences = intern_set_texts(&rollout->intern, first->unfinished);
    buffer_count(&text, count, "target");
    buffer_printf(&text, "%s%s", count == 1 ? " is half done: " : " are half done, the first is ",
                  first->place.name);
    for (size_t i = 0; i < sentences.count; i++) {
        buffer_printf(&text, "%s %s", i > 0 ? "," : ":", sentences.items[i]);
    }
    const char *told = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return told;
}

bool rollout_left_work(const struct rollout *rollout)
{
    bool ended = rollout->state == ROLLOUT_FAILED || rollout->state == ROLLOUT_REFUSED;
    return ended && rollout->counts[TARGET_FAILED] + rollout->counts[TARGET_REFUSED] > 0 &&
           rollout->policy.request.purpose == PURPOSE_DEPLOY && !rollout_is_rollback(rollout);
}
