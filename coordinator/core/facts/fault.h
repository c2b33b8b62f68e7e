/* Deliberate faults, for proof that tests/simulate finds such things: FAULT(NAME) is the constant
 * false in every build but the mutants that tests/simulate makes with -DDROVER_FAULT=NAME.
 */
#ifndef DROVER_FACTS_FAULT_H
#define DROVER_FACTS_FAULT_H

/* X(NAME, what is wrong with it) */
#define FAULT_LIST(X)                                                                              \
    X(GATE_IGNORED, "the gate opens whatever validation said")                                     \
    X(BUDGET_OFF_BY_ONE, "one more failure than allowed stops nothing")                            \
    X(DISPATCH_WHILE_PAUSED, "a pause stops nothing")                                              \
    X(DOUBLE_DISPATCH, "after a replay every lease is given out again at once")                    \
    X(LOST_RETRY, "a target that waits for its next attempt is forgotten when its time comes")     \
    X(EPOCH_IGNORED, "a result of an epoch before counts for the job of the same number")          \
    X(WAVE_ORDER, "a wave does not wait for the one before")                                       \
    X(SERVER_CAP_OFF_BY_ONE, "one more job on a server than its cap")                              \
    X(CREDIT_IGNORED, "a worker gets one more job than it asked for")                              \
    X(PAUSE_FORGOTTEN, "a new coordinator goes on with what was paused")                           \
    X(RESULT_UNACKNOWLEDGED, "a worker is not told that its late result is of no use")             \
    X(REPLAY_DIFFERS, "a fact is not folded the same way by a replay")                             \
    X(WINDOW_EDGE, "a window is still open in the millisecond in which it closes")                 \
    X(HOLD_IGNORED, "a pause of a part stops nothing")                                             \
    X(RAMP_IGNORED, "a wave begins with all of its targets")                                       \
    X(SOAK_CUT, "a wave soaks a millisecond too short")                                            \
    X(APPROVAL_KEPT, "an approval outlives a change of the plan")                                  \
    X(CHECK_IGNORED, "a wave whose checks are not true counts as good")                            \
    X(THROTTLE_IGNORED, "a server over its threshold gets jobs")

enum deliberate_fault {
    FAULT_NONE,
#define FAULT_ENUM(NAME, sentence) FAULT_##NAME,
    FAULT_LIST(FAULT_ENUM)
#undef FAULT_ENUM
};

#ifdef DROVER_FAULT
#define FAULT_JOINED(name)   FAULT_##name
#define FAULT_SELECTED(name) FAULT_JOINED(name)
#define FAULT(NAME)          (FAULT_##NAME == FAULT_SELECTED(DROVER_FAULT))
#else
#define FAULT(NAME) (FAULT_##NAME == FAULT_NONE)
#endif

#endif
