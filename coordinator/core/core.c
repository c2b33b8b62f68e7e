/* The door: an input goes to its step, then whatever follows from it. */
#include "coordinator/core/core.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/core/decide/advance.h"
#include "coordinator/core/decide/clock_set.h"
#include "coordinator/core/decide/configured.h"
#include "coordinator/core/decide/control.h"
#include "coordinator/core/decide/result.h"
#include "coordinator/core/decide/start.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/workers.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/order/schedule.h"

struct core *core_create(const struct core_ports *ports)
{
    struct core *core = memory_alloc(sizeof *core);
    core->ports = *ports;
    core->schedule = schedule_create(core);
    layout_absent(event_rollout_started_layout(), &core->rollout.policy);
    core->rollout.digest = "";
    return core;
}

void core_free(struct core *core)
{
    if (core == NULL) {
        return;
    }
    schedule_free(core->schedule);
    rollout_free(&core->rollout);
    rollout_free(&core->kept);
    for (uint32_t i = 0; i < core->worker_count; i++) {
        free((void *)core->workers[i].name);
    }
    free(core->workers);
    free(core->jobs.items);
    free(core->summaries);
    arena_free(&core->summary_arena);
    free(core);
}

void core_apply(struct core *core, const struct event *event)
{
    schedule_invalidate(core->schedule);
    event_apply(fold_of(core), event);
}

static int input_decide(struct step *step, const struct input *input, struct error *error)
{
    switch (input->type) {
    case INPUT_TICK: return 0;
    case INPUT_START: return step_start(step, &input->start, error);
    case INPUT_CONTROL: return step_control(step, &input->control, error);
    case INPUT_WORKER_JOINED: step_worker_joined(step, input); return 0;
    case INPUT_WORKER_CREDIT:
        step_worker_credit(step, input->worker_credit.instance, input->worker_credit.credit);
        return 0;
    case INPUT_WORKER_LEFT: step_worker_left(step, input->worker_left.instance); return 0;
    case INPUT_RESULT: step_result(step, input->result.worker, &input->result.message); return 0;
    case INPUT_CLOCK_SET: step_clock_set(step, input->clock_set.was_ms); return 0;
    case INPUT_CONFIGURATION_READ:
        step_configuration_read(step, &input->configuration_read);
        return 0;
    }
    return error_set(error, ERROR_PROTOCOL, "unknown input %d", (int)input->type);
}

int core_step(struct core *core, const struct input *input, struct core_output *output,
              struct error *error)
{
    struct step step = {core, core->schedule, fold_of(core), output, input->at_ms, input->chance};
    core->now_ms = input->at_ms;
    if (!core->schedule->valid) {
        schedule_rebuild(core->schedule);
    }
    if (input_decide(&step, input, error) < 0) {
        return -1;
    }
    step_follow(&step);
    core->acted_ms = input->at_ms;
    return 0;
}
