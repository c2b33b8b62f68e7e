/* Answers to questions: views borrow from the state and change nothing. */
#include "coordinator/core/view/view.h"

#include <string.h>

#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/lookup.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/server.h"
#include "coordinator/core/facts/state_walk.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/order/schedule.h"

void core_wave_view(const struct core *core, size_t number, struct wave_status *view)
{
    const struct wave *wave = &core->rollout.waves[number];
    *view = (struct wave_status){.name = wave->definition.name,
                                 .state = wave->state,
                                 .targets = wave->targets,
                                 .deployed = wave->deployed,
                                 .unchanged = wave->unchanged,
                                 .failed = wave->failed,
                                 .skipped = wave->skipped,
                                 .allowed = wave->allowed,
                                 .reason = ""};
}

void core_target_view(const struct core *core, size_t number, struct core_target_view *view)
{
    const struct rollout *rollout = &core->rollout;
    const struct intern *intern = &rollout->intern;
    const struct target *target = &rollout->targets[number];
    *view = (struct core_target_view){.failure = intern_failure_at(intern, target->failure),
                                      .windows = target->windows};
    layout_absent(target_status_layout(), &view->status);
    struct target_status *status = &view->status;
    status->name = target->name;
    status->url = target->url;
    status->server = rollout->servers.items[target->server].key;
    status->schema = target->schema;
    status->state = target->state;
    status->labels = intern_set_texts(intern, target->labels);
    status->heads = intern_set_texts(intern, target->heads);
    status->inspected = target->heads != INTERN_NONE;
    status->wave = target->wave;
    status->path = target->path == NUMBER_NONE ? 0 : target->path + 1;
    status->attempt = target->attempt;
    status->seen = target->seen;
    status->gone = target->gone;
}

const struct kept_failure *core_source_failure(const struct core *core, size_t number,
                                               const char **name, const char **origin)
{
    const struct source *source = &core->rollout.sources[number];
    *name = source->definition.name;
    *origin = source->definition.origin;
    return intern_failure_at(&core->rollout.intern, source->failure);
}

size_t core_worker_count(const struct core *core)
{
    return core->worker_count;
}

bool core_worker_view(const struct core *core, size_t number, struct worker_status *view)
{
    const struct worker *worker = &core->workers[number];
    *view = (struct worker_status){worker->name, worker->credit, worker->running};
    return worker_is_connected(worker);
}

size_t core_summary_count(const struct core *core)
{
    return core->summary_count;
}

void core_summary_view(const struct core *core, size_t index, struct rollout_summary *summary)
{
    *summary = core->summaries[index];
}

size_t core_memory_bytes(const struct core *core)
{
    return core_state_bytes(core) + schedule_bytes(core->schedule);
}
