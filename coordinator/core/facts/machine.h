/* The state machines as data: rollout, wave, target, worker.
 *
 * The states and their words are the vocabulary's; here are the rows (from, event, to, meaning). The
 * check before every move, the golden dump and the diagrams come from them.
 */
#ifndef DROVER_FACTS_MACHINE_H
#define DROVER_FACTS_MACHINE_H

#include "common/base/state_machine.h"
#include "common/vocabulary/rollout.h"
#include "coordinator/core/facts/event.h"

#define ROLLOUT_ROW_LIST(X)                                                                        \
    X(ROLLOUT, NONE, ROLLOUT_STARTED, PLANNING, "the fleet is listed")                             \
    X(ROLLOUT, PLANNING, VALIDATION_STARTED, VALIDATING, "all targets are known")                  \
    X(ROLLOUT, PLANNING, GATE_REFUSED, CLOSED, "a discovery failed and no target is left")         \
    X(ROLLOUT, PLANNING, ROLLOUT_FINISHED, SUCCEEDED, "only a list was asked for")                 \
    X(ROLLOUT, PLANNING, ROLLOUT_FINISHED, FAILED, "there are no targets, or not all are known")   \
    X(ROLLOUT, VALIDATING, GATE_OPENED, GATE, "the targets agree, or the budget is kept")          \
    X(ROLLOUT, VALIDATING, GATE_REFUSED, CLOSED, "too many targets are refused")                   \
    X(ROLLOUT, VALIDATING, ROLLOUT_FINISHED, SUCCEEDED, "only a survey was asked for")             \
    X(ROLLOUT, VALIDATING, ROLLOUT_FINISHED, FAILED, "some targets could not be surveyed")         \
    X(ROLLOUT, GATE, WAVE_STARTED, DEPLOYING, "the first wave")                                    \
    X(ROLLOUT, GATE, ROLLOUT_FINISHED, SUCCEEDED, "only validation was asked for")                 \
    X(ROLLOUT, CLOSED, ROLLOUT_FINISHED, REFUSED, "nothing was changed anywhere")                  \
    X(ROLLOUT, DEPLOYING, ROLLOUT_FINISHED, SUCCEEDED, "every target is where it should be")       \
    X(ROLLOUT, DEPLOYING, ROLLOUT_FINISHED, FAILED, "some targets failed or were left out")        \
    X(ROLLOUT, PLANNING, ROLLOUT_PAUSED, PAUSED, "somebody paused")                                \
    X(ROLLOUT, VALIDATING, ROLLOUT_PAUSED, PAUSED, "somebody paused")                              \
    X(ROLLOUT, DEPLOYING, ROLLOUT_PAUSED, PAUSED, "somebody paused, or too many targets failed")   \
    X(ROLLOUT, GATE, ROLLOUT_PAUSED, PAUSED, "somebody paused before the first wave is approved")  \
    X(ROLLOUT, PAUSED, ROLLOUT_PAUSED, PAUSED, "what runs is told to stop, too")                   \
    X(ROLLOUT, PAUSED, ROLLOUT_RESUMED, PLANNING, "goes on where it stood")                        \
    X(ROLLOUT, PAUSED, ROLLOUT_RESUMED, VALIDATING, "goes on where it stood")                      \
    X(ROLLOUT, PAUSED, ROLLOUT_RESUMED, GATE, "goes on where it stood")                            \
    X(ROLLOUT, PAUSED, ROLLOUT_RESUMED, DEPLOYING, "goes on where it stood")                       \
    X(ROLLOUT, PAUSED, ROLLOUT_FINISHED, SUCCEEDED, "the running jobs were the last")              \
    X(ROLLOUT, PAUSED, ROLLOUT_FINISHED, FAILED, "the running jobs were the last")                 \
    X(ROLLOUT, PLANNING, ROLLOUT_CANCEL_ASKED, CANCELLING, "running jobs are told to stop")        \
    X(ROLLOUT, VALIDATING, ROLLOUT_CANCEL_ASKED, CANCELLING, "running jobs are told to stop")      \
    X(ROLLOUT, GATE, ROLLOUT_CANCEL_ASKED, CANCELLING, "nothing was changed yet")                  \
    X(ROLLOUT, DEPLOYING, ROLLOUT_CANCEL_ASKED, CANCELLING, "running jobs are told to stop")       \
    X(ROLLOUT, PAUSED, ROLLOUT_CANCEL_ASKED, CANCELLING, "running jobs are told to stop")          \
    X(ROLLOUT, CANCELLING, ROLLOUT_FINISHED, CANCELLED, "no job is left")

#define WAVE_ROW_LIST(X)                                                                           \
    X(WAVE, NONE, WAVE_DEFINED, WAITING, "the configuration names it")                             \
    X(WAVE, NONE, GATE_OPENED, WAITING, "takes the targets that no other wave takes")              \
    X(WAVE, NONE, TARGETS_JOINED, WAITING, "targets appeared while the rollout ran")               \
    X(WAVE, WAITING, WAVE_AWAITED, AWAITING, "it is its turn, and nobody has approved it yet")     \
    X(WAVE, WAITING, WAVE_STARTED, RUNNING, "all waves before are good")                           \
    X(WAVE, AWAITING, WAVE_STARTED, RUNNING, "somebody approved the plan as it is")                \
    X(WAVE, RUNNING, WAVE_SOAKING, SOAKING, "its targets are over")                                \
    X(WAVE, RUNNING, WAVE_CHECKING, CHECKING, "its targets are over")                              \
    X(WAVE, RUNNING, WAVE_FINISHED, FINISHED, "its targets are over")                              \
    X(WAVE, SOAKING, WAVE_CHECKING, CHECKING, "it soaked long enough")                             \
    X(WAVE, SOAKING, WAVE_FINISHED, FINISHED, "it soaked long enough")                             \
    X(WAVE, CHECKING, WAVE_CHECKING, CHECKING, "checked again after a check failed")               \
    X(WAVE, CHECKING, WAVE_FINISHED, FINISHED, "every check is true")                              \
    X(WAVE, SOAKING, TARGET_RETRIED, RUNNING, "a failed target is tried again")                    \
    X(WAVE, CHECKING, TARGET_RETRIED, RUNNING, "a failed target is tried again")                   \
    X(WAVE, FINISHED, TARGET_RETRIED, RUNNING, "a failed target is tried again")                   \
    X(WAVE, SOAKING, TARGET_UNSKIPPED, RUNNING, "a skipped target is put back")                    \
    X(WAVE, CHECKING, TARGET_UNSKIPPED, RUNNING, "a skipped target is put back")                   \
    X(WAVE, FINISHED, TARGET_UNSKIPPED, RUNNING, "a skipped target is put back")                   \
    X(WAVE, SOAKING, TARGET_DOUBTED, RUNNING, "a deployed target is looked at again")              \
    X(WAVE, CHECKING, TARGET_DOUBTED, RUNNING, "a deployed target is looked at again")             \
    X(WAVE, FINISHED, TARGET_DOUBTED, RUNNING, "a deployed target is looked at again")

#define TARGET_ROW_LIST(X)                                                                         \
    X(TARGET, NONE, TARGET_ADDED, ADDED, "named by the configuration or a discovery")              \
    X(TARGET, ADDED, TARGET_REFUSED, REFUSED, "the same name or database stands there already")    \
    X(TARGET, ADDED, JOB_LEASED, INSPECTING, "a worker inspects it")                               \
    X(TARGET, POSTPONED, JOB_LEASED, INSPECTING, "a worker inspects it again")                     \
    X(TARGET, INSPECTING, JOB_RELEASED, ADDED, "its worker was lost")                              \
    X(TARGET, INSPECTING, JOB_CANCELLED, ADDED, "its worker stopped")                              \
    X(TARGET, INSPECTING, JOB_POSTPONED, POSTPONED, "failed in a way that passes")                 \
    X(TARGET, INSPECTING, JOB_UNREACHED, ADDED, "its server cannot be reached")                    \
    X(TARGET, ADDED, TARGET_GIVEN_UP, REFUSED, "its server was waited for in vain")                \
    X(TARGET, POSTPONED, TARGET_GIVEN_UP, REFUSED, "its server was waited for in vain")            \
    X(TARGET, INSPECTING, TARGET_VALIDATED, VALIDATED, "a path is known")                          \
    X(TARGET, INSPECTING, TARGET_REFUSED, REFUSED, "must not be deployed")                         \
    X(TARGET, INSPECTING, TARGET_GONE, GONE, "was dropped meanwhile")                              \
    X(TARGET, VALIDATED, GATE_OPENED, PENDING, "has its place in a wave")                          \
    X(TARGET, VALIDATED, GATE_OPENED, UNCHANGED, "has nothing to do")                              \
    X(TARGET, PENDING, JOB_LEASED, RUNNING, "a worker deploys it")                                 \
    X(TARGET, WAITING, JOB_LEASED, RUNNING, "a worker deploys it again")                           \
    X(TARGET, RUNNING, JOB_RELEASED, PENDING, "its worker was lost; the database knows how far")   \
    X(TARGET, RUNNING, JOB_CANCELLED, PENDING, "rolled back because we asked")                     \
    X(TARGET, RUNNING, JOB_POSTPONED, WAITING, "failed in a way that passes; rolled back")         \
    X(TARGET, RUNNING, JOB_UNREACHED, PENDING, "its server cannot be reached")                     \
    X(TARGET, PENDING, TARGET_GIVEN_UP, FAILED, "its server was waited for in vain")               \
    X(TARGET, WAITING, TARGET_GIVEN_UP, FAILED, "its server was waited for in vain")               \
    X(TARGET, RUNNING, TARGET_DEPLOYED, DEPLOYED, "the whole path is committed")                   \
    X(TARGET, RUNNING, TARGET_FAILED, FAILED, "failed for good; rolled back")                      \
    X(TARGET, RUNNING, TARGET_GONE, GONE, "was dropped meanwhile")                                 \
    X(TARGET, FAILED, TARGET_RETRIED, PENDING, "somebody asked for another try")                   \
    X(TARGET, RUNNING, TARGET_DEPLOYED, UNCHANGED, "is still where it was found")                  \
    X(TARGET, DEPLOYED, TARGET_DOUBTED, PENDING, "its server went on at another timeline")         \
    X(TARGET, UNCHANGED, TARGET_DOUBTED, PENDING, "its server went on at another timeline")        \
    X(TARGET, VALIDATED, TARGETS_JOINED, PENDING, "came late, joins in a wave of its own")         \
    X(TARGET, VALIDATED, TARGETS_JOINED, UNCHANGED, "came late and has nothing to do")             \
    X(TARGET, ADDED, TARGET_SKIPPED, SKIPPED, "somebody leaves it out, with a reason")             \
    X(TARGET, POSTPONED, TARGET_SKIPPED, SKIPPED, "somebody leaves it out, with a reason")         \
    X(TARGET, REFUSED, TARGET_SKIPPED, SKIPPED, "somebody leaves it out, with a reason")           \
    X(TARGET, PENDING, TARGET_SKIPPED, SKIPPED, "somebody leaves it out, with a reason")           \
    X(TARGET, WAITING, TARGET_SKIPPED, SKIPPED, "somebody leaves it out, with a reason")           \
    X(TARGET, FAILED, TARGET_SKIPPED, SKIPPED, "somebody leaves it out, with a reason")            \
    X(TARGET, SKIPPED, TARGET_UNSKIPPED, ADDED, "somebody puts it back before the gate")           \
    X(TARGET, SKIPPED, TARGET_UNSKIPPED, PENDING, "somebody puts it back")

#define WORKER_ROW_LIST(X)                                                                         \
    X(WORKER, NONE, WORKER_JOINED, CONNECTED, "says hello")                                        \
    X(WORKER, NONE, WORKER_JOINED, DRAINING, "says hello, wants no jobs")                          \
    X(WORKER, CONNECTED, WORKER_CREDIT_SET, DRAINING, "wants no more jobs")                        \
    X(WORKER, CONNECTED, WORKER_JOINED, DRAINING, "is back and wants no more jobs")                \
    X(WORKER, DRAINING, WORKER_CREDIT_SET, CONNECTED, "wants jobs again")                          \
    X(WORKER, DRAINING, WORKER_JOINED, CONNECTED, "is back and wants jobs")                        \
    X(WORKER, CONNECTED, WORKER_LEFT, LOST, "left with jobs in hand")                              \
    X(WORKER, DRAINING, WORKER_LEFT, LOST, "left with jobs in hand")                               \
    X(WORKER, CONNECTED, WORKER_LEFT, GONE, "left with nothing in hand")                           \
    X(WORKER, DRAINING, WORKER_LEFT, GONE, "left with nothing in hand")                            \
    X(WORKER, CONNECTED, EPOCH_CLAIMED, LOST, "must connect to the new coordinator")               \
    X(WORKER, DRAINING, EPOCH_CLAIMED, LOST, "must connect to the new coordinator")                \
    X(WORKER, CONNECTED, EPOCH_CLAIMED, GONE, "had nothing in hand")                               \
    X(WORKER, DRAINING, EPOCH_CLAIMED, GONE, "had nothing in hand")                                \
    X(WORKER, LOST, WORKER_JOINED, CONNECTED, "came back in time")                                 \
    X(WORKER, LOST, WORKER_JOINED, DRAINING, "came back in time, wants no jobs")                   \
    X(WORKER, LOST, JOB_RELEASED, GONE, "its last job was given back")

enum machine { MACHINE_ROLLOUT, MACHINE_WAVE, MACHINE_TARGET, MACHINE_WORKER };

/* Dies unless the machine has this row (state_machine_check). */
void machine_check(enum machine machine, unsigned from, enum event_type event, unsigned to);

/* The state machines: rollout, wave, target, worker; NULL after the last. */
const struct state_machine *core_machine(size_t index);

#endif
