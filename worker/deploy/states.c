/* What must hold in each state of a deploy (states.h). */
#include "worker/deploy/states.h"

#include "worker/deploy/deploy.h"

static bool is_due(const uv_timer_t *timer)
{
    return uv_is_active((const uv_handle_t *)timer);
}

static bool has_outcome(const struct message_result *result)
{
    return result->outcome != NULL && result->outcome[0] != '\0';
}

static bool deploy_holds(const void *subject, unsigned state)
{
    const struct deploy *deploy = subject;
    switch ((enum deploy_state)state) {
        DEPLOY_STATE_LIST(STATE_HOLDS)
    }
    return false;
}

STATE_MACHINE(deploy_machine, "deploy", DEPLOY_STATE_LIST, DEPLOY_MOVE_LIST, deploy_holds);
