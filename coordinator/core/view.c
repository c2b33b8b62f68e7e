/* Answers to questions: views borrow from the state and change nothing. */
#include <string.h>

#include "coordinator/core/state.h"

/* DESIGN.md 10: 0 done, 2 failed, 3 partly, 4 the gate refused, 5 paused, cancelled or not over. */
static int rollout_exit_code(const struct rollout *rollout)
{
    const uint32_t *counts = rollout->counts;
    uint32_t good = counts[TARGET_DEPLOYED] + counts[TARGET_UNCHANGED];
    if (rollout->purpose == PURPOSE_SURVEY) {
        good = counts[TARGET_VALIDATED];
    } else if (rollout->purpose == PURPOSE_LIST) {
        good = counts[TARGET_ADDED];
    }
    switch (rollout->state) {
    case ROLLOUT_NONE:
    case ROLLOUT_SUCCEEDED: return 0;
    case ROLLOUT_FAILED: return good > 0 ? 3 : 2;
    case ROLLOUT_REFUSED: return 4;
    default: return 5;
    }
}

static const char *rollout_reason(const struct core *core)
{
    const struct rollout *rollout = &core->rollout;
    if (rollout->state == ROLLOUT_FAILED && rollout->target_count == 0) {
        return rollout->sources_failed > 0 ? "no discovery succeeded, the fleet has no targets"
                                           : "the fleet has no targets";
    }
    if (rollout->state == ROLLOUT_PAUSED || rollout->state >= ROLLOUT_CANCELLING) {
        return rollout->reason;
    }
    bool connected = false;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        if (core->workers[i].state == WORKER_CONNECTED) {
            return "";
        }
        connected = connected || core->workers[i].state == WORKER_DRAINING;
    }
    return connected ? "all workers are draining" : "no worker is connected";
}

void core_rollout_view(const struct core *core, struct core_rollout_view *view)
{
    const struct rollout *rollout = &core->rollout;
    const struct event_rollout_started *policy = &rollout->policy;
    bool there = rollout->state != ROLLOUT_NONE;
    *view = (struct core_rollout_view){
        .rollout = there ? policy->rollout : "",
        .purpose = rollout->purpose,
        .direction = rollout->direction,
        .spec = there ? policy->spec : "",
        .bundle = there ? policy->bundle : "",
        .actor = there ? policy->actor : "",
        .state = rollout_state_word(rollout->state),
        .reason = there ? rollout_reason(core) : "",
        .digest = there ? rollout->digest : "",
        .active = rollout_is_active(rollout),
        .paused = rollout->state == ROLLOUT_PAUSED,
        .started_ms = rollout->started_ms,
        .finished_ms = rollout->finished_ms,
        .counts = rollout_counts(rollout),
        .wave_count = rollout->wave_count,
        .target_count = rollout->target_count,
        .source_count = rollout->source_count,
        .exit_code = rollout_exit_code(rollout),
    };
}

void core_wave_view(const struct core *core, size_t number, struct core_wave_view *view)
{
    const struct wave *wave = &core->rollout.waves[number];
    *view = (struct core_wave_view){.name = wave->name,
                                    .state = wave_state_word(wave->state),
                                    .targets = wave->targets,
                                    .deployed = wave->deployed,
                                    .unchanged = wave->unchanged,
                                    .failed = wave->failed};
}

void core_target_view(const struct core *core, size_t number, struct core_target_view *view)
{
    const struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    *view = (struct core_target_view){
        .name = target->name,
        .url = target->url,
        .server = rollout->servers.items[target->server].key,
        .schema = target->schema,
        .state = target_state_word((enum target_state)target->state),
        .labels = intern_set_texts(&rollout->intern, target->labels),
        .heads = intern_set_texts(&rollout->intern, target->heads),
        .heads_known = target->heads != INTERN_NONE,
        .wave = target->wave,
        .failure = intern_failure_at(&rollout->intern, target->failure),
    };
}

const struct core_failure *core_source_failure(const struct core *core, size_t number,
                                               const char **name, const char **origin)
{
    const struct source *source = &core->rollout.sources[number];
    *name = source->name;
    *origin = source->origin;
    return intern_failure_at(&core->rollout.intern, source->failure);
}

size_t core_worker_count(const struct core *core)
{
    return core->worker_count;
}

void core_worker_view(const struct core *core, size_t number, const char **name, uint32_t *window,
                      uint32_t *running, bool *connected)
{
    const struct worker *worker = &core->workers[number];
    *name = worker->name;
    *window = worker->window;
    *running = worker->running;
    *connected = worker_is_connected(worker);
}

size_t core_summary_count(const struct core *core)
{
    return core->summary_count;
}

void core_summary_view(const struct core *core, size_t index, struct core_summary *summary)
{
    *summary = core->summaries[index];
}

size_t core_memory_bytes(const struct core *core)
{
    const struct rollout *rollout = &core->rollout;
    uint32_t placed = 0;
    for (uint32_t i = 0; rollout->wave_order != NULL && i < rollout->wave_count; i++) {
        placed += rollout->waves[i].targets;
    }
    return sizeof *core + intern_bytes(&rollout->intern) + servers_bytes(&rollout->servers) +
           lookup_bytes(&rollout->names) + lookup_bytes(&rollout->places) +
           lookup_bytes(&rollout->path_lookup) + schedule_bytes(&core->schedule) +
           rollout->target_capacity * sizeof *rollout->targets +
           rollout->source_capacity * sizeof *rollout->sources +
           rollout->path_capacity * sizeof *rollout->paths +
           rollout->wave_capacity * sizeof *rollout->waves + placed * sizeof(uint32_t) +
           core->jobs.capacity * sizeof *core->jobs.items +
           core->worker_capacity * sizeof *core->workers +
           core->summary_capacity * sizeof *core->summaries + arena_footprint(&core->summary_arena);
}
