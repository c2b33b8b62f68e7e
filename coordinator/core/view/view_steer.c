/* Views of what steers a rollout: paths, windows, holds, servers. */
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/window.h"
#include "coordinator/core/view/view.h"

void core_path_view(const struct core *core, size_t number, struct core_path_view *view)
{
    const struct intern *intern = &core->rollout.intern;
    const struct path *path = &core->rollout.paths[number];
    *view = (struct core_path_view){
        .path = {.from = intern_set_texts(intern, path->from),
                 .to = intern_set_texts(intern, path->to),
                 .steps = intern_set_texts(intern, path->steps),
                 .targets = path->targets},
        .measured = path->measured,
        .mean_ms = path->measured > 0 ? path->elapsed_sum_ms / path->measured : 0,
        .expected_ms = path_expected_ms(&core->rollout, (uint32_t)number),
    };
}

void core_window_view(const struct core *core, size_t number, uint64_t at_ms,
                      struct core_window_view *view)
{
    const struct window *window = &core->rollout.windows[number];
    *view = (struct core_window_view){
        .definition = window->definition,
        .active = window->opens_ms <= at_ms && at_ms < window->closes_ms,
        .opens_ms = window->opens_ms,
        .closes_ms = window->closes_ms,
    };
}

void core_hold_view(const struct core *core, size_t number, struct hold_status *view)
{
    const struct hold *hold = &core->rollout.holds[number];
    *view = (struct hold_status){
        hold->scope, hold->actor, hold->reason, hold->since_ms, hold->targets,
    };
}

/* Jobs on targets; probes do not count. */
static uint32_t server_running(const struct core *core, uint32_t identity)
{
    uint32_t running = 0;
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->id + 1)) {
        bool of_target = job->kind != JOB_DISCOVER && job->kind != JOB_PROBE;
        running += of_target && core->rollout.targets[job->subject].identity == identity;
    }
    return running;
}

void core_server_view(const struct core *core, size_t number, struct core_server_view *view)
{
    const struct servers *servers = &core->rollout.servers;
    const struct load *load = &servers->loads[number];
    *view = (struct core_server_view){
        .status = {.name = servers->items[load->server].key,
                   .identity = load->identity,
                   .running = server_running(core, (uint32_t)number),
                   .cap = load->cap > 0 ? load->cap : core->rollout.policy.limits.per_server,
                   .reason = load->reason},
        .over = load->over,
        .lowered = load->cap > 0,
    };
}
