/* Words of rollouts. */
#include "common/vocabulary/rollout.h"

WORDS_DEFINE(purpose, PURPOSE_LIST_OF, -1)
WORDS_DEFINE(direction, DIRECTION_LIST, -1)
WORDS_DEFINE(transaction_scope, TRANSACTION_SCOPE_LIST, -1)
WORDS_DEFINE(sharing, SHARING_LIST, -1)
WORDS_DEFINE(on_failure, ON_FAILURE_LIST, -1)
WORDS_DEFINE(control_verb, CONTROL_VERB_LIST, -1)
WORDS_DEFINE(safeguard, SAFEGUARD_LIST, -1)
WORDS_DEFINE(safeguard_change, SAFEGUARD_CHANGE_LIST, -1)
WORDS_DEFINE(rollout_state, ROLLOUT_STATE_LIST, -1)
WORDS_DEFINE(wave_state, WAVE_STATE_LIST, -1)
WORDS_DEFINE(target_state, TARGET_STATE_LIST, -1)
WORDS_DEFINE(target_origin, TARGET_ORIGIN_LIST, -1)
WORDS_DEFINE(worker_state, WORKER_STATE_LIST, -1)

bool rollout_state_is_active(enum rollout_state state)
{
    return state != ROLLOUT_NONE && state < ROLLOUT_SUCCEEDED;
}

enum transaction_scope transaction_scope_choose(enum transaction_scope configured,
                                                enum transaction_scope project)
{
    enum transaction_scope chosen = configured != TRANSACTION_UNSET ? configured : project;
    return chosen != TRANSACTION_UNSET ? chosen : TRANSACTION_TARGET;
}
