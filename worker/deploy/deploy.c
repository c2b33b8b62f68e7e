/* A deploy in hand: its states (states.h) and what can be asked of it. */
#include "worker/deploy/deploy.h"

#include "common/revision/segment.h"

static bool is_due(const uv_timer_t *timer)
{
    return uv_is_active((const uv_handle_t *)timer);
}

static bool has_outcome(const struct message_result *result)
{
    return result->outcome != JOB_OUTCOME_NONE;
}

static bool deploy_holds(const void *subject, unsigned state)
{
    const struct deploy *deploy = subject;
    DEPLOY_STATE_LIST(STATE_HOLDS)
    return false;
}

STATE_MACHINE(deploy_machine, "deploy", DEPLOY_STATE_LIST, DEPLOY_MOVE_LIST, deploy_holds);

void deploy_move(struct deploy *deploy, enum deploy_state to)
{
    deploy->state = state_machine_move(&deploy_machine, deploy->state, to, deploy);
}

void deploy_heads_set(struct deploy *deploy, struct texts heads)
{
    deploy->task->result.rows.heads = heads;
    deploy->task->result.rows.heads_known = true;
}

void deploy_segment_over(struct deploy *deploy)
{
    deploy->first = deploy->end;
    deploy->busy_since_ms = 0;
}

bool deploy_is_stamp(const struct deploy *deploy)
{
    return deploy->plan.step_count > 0 && deploy->plan.steps[0].direction == DIRECTION_STAMP;
}

bool deploy_has_met(const struct deploy *deploy, enum batch_refusal refusal)
{
    return (deploy->learned.refusals & 1U << refusal) != 0;
}

bool deploy_has_stood(const struct deploy *deploy, size_t results)
{
    return deploy->location == NULL && (deploy->first > 0 || results >= deploy->opening);
}

struct texts deploy_rows_before(const struct deploy *deploy)
{
    return segment_rows_before(&deploy->plan, deploy->first);
}
