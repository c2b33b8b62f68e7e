/* What must hold in each state of the link and of the worker (states.h). */
#include "worker/link/states.h"

#include "worker/link/agent.h"

static bool is_due(const uv_timer_t *timer)
{
    return uv_is_active((const uv_handle_t *)timer);
}

static bool link_holds(const void *subject, unsigned state)
{
    const struct worker *worker = subject;
    LINK_STATE_LIST(STATE_HOLDS)
    return false;
}

static bool life_holds(const void *subject, unsigned state)
{
    const struct worker *worker = subject;
    LIFE_STATE_LIST(STATE_HOLDS)
    return false;
}

STATE_MACHINE(link_machine, "worker's link", LINK_STATE_LIST, LINK_MOVE_LIST, link_holds);
STATE_MACHINE(life_machine, "worker's life", LIFE_STATE_LIST, LIFE_MOVE_LIST, life_holds);
