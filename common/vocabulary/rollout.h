/* Rollouts: what they are for, how they are steered, and the states of what moves in them. The moves
 * stand in coordinator/core/facts/machine.h. NONE is "not there".
 */
#ifndef DROVER_VOCABULARY_ROLLOUT_H
#define DROVER_VOCABULARY_ROLLOUT_H

#include <stdbool.h>

#include "common/base/words.h"

#define PURPOSE_LIST_OF(X)                                                                         \
    X(LIST, "list")     /* which targets there are */                                              \
    X(SURVEY, "survey") /* where they stand */                                                     \
    X(VALIDATE, "validate")                                                                        \
    X(DEPLOY, "deploy")

enum purpose {
#define ENUM_VALUE(NAME, word) PURPOSE_##NAME,
    PURPOSE_LIST_OF(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(purpose);
#define FIELD_ROW_purpose FIELD_WORD, &purpose_words

/* What a step, and a whole rollout, does with revisions. A stamp runs none of their SQL. */
#define DIRECTION_LIST(X)                                                                          \
    X(UP, "upgrade")                                                                               \
    X(DOWN, "downgrade")                                                                           \
    X(STAMP, "stamp")

enum direction {
#define ENUM_VALUE(NAME, word) DIRECTION_##NAME,
    DIRECTION_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(direction);
#define FIELD_ROW_direction FIELD_WORD, &direction_words

/* What one transaction of a deploy holds, where PostgreSQL leaves the choice. */
#define TRANSACTION_SCOPE_LIST(X)                                                                  \
    X(UNSET, "")        /* as the project has it; if that does not say, TARGET */                  \
    X(TARGET, "target") /* the whole path of a target */                                           \
    X(REVISION, "revision")

enum transaction_scope {
#define ENUM_VALUE(NAME, word) TRANSACTION_##NAME,
    TRANSACTION_SCOPE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(transaction_scope);
#define FIELD_ROW_transaction_scope FIELD_NUMBER, &transaction_scope_words

/* The configuration's word, else the project's, else TARGET. */
enum transaction_scope transaction_scope_choose(enum transaction_scope configured,
                                                enum transaction_scope project);

/* With whom a target shares rows that a script changes: two scripts that change one at the same moment
 * fail in PostgreSQL's catalogs. */
#define SHARING_LIST(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(DATABASE, "database") /* with the other schemas of its database */                           \
    X(SERVER, "server")     /* with the other databases of its server */

enum sharing {
#define ENUM_VALUE(NAME, word) SHARING_##NAME,
    SHARING_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(sharing);
#define FIELD_ROW_sharing FIELD_NUMBER, &sharing_words

/* When more targets failed than the budget allows. */
#define ON_FAILURE_LIST(X)                                                                         \
    X(PAUSE, "pause")                                                                              \
    X(CANCEL, "cancel")                                                                            \
    X(ROLLBACK, "rollback")

enum on_failure {
#define ENUM_VALUE(NAME, word) ON_FAILURE_##NAME,
    ON_FAILURE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(on_failure);
#define FIELD_ROW_on_failure FIELD_NUMBER, &on_failure_words

#define CONTROL_VERB_LIST(X)                                                                       \
    X(PAUSE, "pause") /* no new jobs; `now`: running ones are cancelled and roll back */           \
    X(RESUME, "resume")                                                                            \
    X(CANCEL, "cancel")                                                                            \
    X(RETRY, "retry")       /* failed targets go back to the queue */                              \
    X(SKIP, "skip")         /* targets are left out, with a reason */                              \
    X(APPROVE, "approve")   /* the next wave that asks for it */                                   \
    X(ROLLBACK, "rollback") /* of what this rollout changed */                                     \
    X(SET, "set")           /* limits */                                                           \
    X(UNSKIP, "unskip")     /* skipped targets go back to the queue */

enum control_verb {
#define ENUM_VALUE(NAME, word) CONTROL_##NAME,
    CONTROL_VERB_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(control_verb);
#define FIELD_ROW_control_verb FIELD_WORD, &control_verb_words

/* Safeguards of a rollout that a person may put out of force for it. */
#define SAFEGUARD_LIST(X)                                                                          \
    X(WINDOWS, "windows")                                                                          \
    X(THROTTLES, "throttles")

enum safeguard {
#define ENUM_VALUE(NAME, word) SAFEGUARD_##NAME,
    SAFEGUARD_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(safeguard);
#define FIELD_ROW_safeguard FIELD_WORD, &safeguard_words

#define SAFEGUARD_CHANGE_LIST(X)                                                                   \
    X(KEPT, "")                                                                                    \
    X(OVERRIDDEN, "overridden")                                                                    \
    X(RESTORED, "restored")

enum safeguard_change {
#define ENUM_VALUE(NAME, word) SAFEGUARD_##NAME,
    SAFEGUARD_CHANGE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(safeguard_change);
#define FIELD_ROW_safeguard_change FIELD_NUMBER, &safeguard_change_words

#define ROLLOUT_STATE_LIST(X)                                                                      \
    X(NONE, "none")                                                                                \
    X(PLANNING, "planning")     /* discoveries list their targets */                               \
    X(VALIDATING, "validating") /* every target is inspected */                                    \
    X(GATE, "gate")             /* open */                                                         \
    X(CLOSED, "closed")         /* the gate */                                                     \
    X(DEPLOYING, "deploying")                                                                      \
    X(PAUSED, "paused")                                                                            \
    X(CANCELLING, "cancelling") /* running jobs are told to stop */                                \
    X(SUCCEEDED, "succeeded")                                                                      \
    X(FAILED, "failed")                                                                            \
    X(REFUSED, "refused")                                                                          \
    X(CANCELLED, "cancelled")

enum rollout_state {
#define ENUM_VALUE(NAME, word) ROLLOUT_##NAME,
    ROLLOUT_STATE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(rollout_state);
#define FIELD_ROW_rollout_state FIELD_WORD, &rollout_state_words

#define WAVE_STATE_LIST(X)                                                                         \
    X(NONE, "none")                                                                                \
    X(WAITING, "waiting")                                                                          \
    X(AWAITING, "awaiting approval")                                                               \
    X(RUNNING, "running")                                                                          \
    X(SOAKING, "soaking")                                                                          \
    X(CHECKING, "checking")                                                                        \
    X(FINISHED, "finished")

enum wave_state {
#define ENUM_VALUE(NAME, word) WAVE_##NAME,
    WAVE_STATE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(wave_state);
#define FIELD_ROW_wave_state FIELD_WORD, &wave_state_words

#define TARGET_STATE_LIST(X)                                                                       \
    X(NONE, "none")                                                                                \
    X(ADDED, "added")           /* waits for its inspection */                                     \
    X(INSPECTING, "inspecting") /* a worker looks at it */                                         \
    X(POSTPONED, "postponed")   /* inspection will be tried again */                               \
    X(VALIDATED, "validated")                                                                      \
    X(REFUSED, "refused")                                                                          \
    X(UNCHANGED, "unchanged") /* nothing to do */                                                  \
    X(PENDING, "pending")     /* waits for its deploy */                                           \
    X(RUNNING, "running")     /* a worker deploys */                                               \
    X(WAITING, "waiting")     /* deploy will be tried again */                                     \
    X(DEPLOYED, "deployed")                                                                        \
    X(FAILED, "failed")                                                                            \
    X(SKIPPED, "skipped")                                                                          \
    X(GONE, "gone") /* dropped while the rollout ran */

enum target_state {
#define ENUM_VALUE(NAME, word) TARGET_##NAME,
    TARGET_STATE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
        TARGET_STATE_COUNT
};
WORDS_DECLARE(target_state);
#define FIELD_ROW_target_state FIELD_WORD, &target_state_words

/* How a target came into a rollout. */
#define TARGET_ORIGIN_LIST(X)                                                                      \
    X(NAMED, "named")   /* by the configuration */                                                 \
    X(LISTED, "listed") /* by a catalogue, which may be wrong */                                   \
    X(SEEN, "seen")     /* on its server: it was there */

enum target_origin {
#define ENUM_VALUE(NAME, word) TARGET_ORIGIN_##NAME,
    TARGET_ORIGIN_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(target_origin);
#define FIELD_ROW_target_origin FIELD_NUMBER, &target_origin_words

#define WORKER_STATE_LIST(X)                                                                       \
    X(NONE, "none")                                                                                \
    X(CONNECTED, "connected")                                                                      \
    X(DRAINING, "draining") /* connected, but takes no more jobs */                                \
    X(LOST, "lost")         /* its jobs wait a little for its return */                            \
    X(GONE, "gone")         /* forgotten */

enum worker_state {
#define ENUM_VALUE(NAME, word) WORKER_##NAME,
    WORKER_STATE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(worker_state);
#define FIELD_ROW_worker_state FIELD_WORD, &worker_state_words

/* Neither none nor over. */
bool rollout_state_is_active(enum rollout_state state);

#endif
