/* Which failures pass by themselves, told by cause and SQLSTATE, and how long to wait for it.
 *
 * Exponential from min to max with jitter over the upper half, so that a thousand targets that
 * failed together do not come back together.
 */
#include "coordinator/core/decide/retry.h"

#include "common/vocabulary/sqlstate.h"

/* A wrong port must not take minutes; a server that starts up may. */
enum { UNREACHABLE_TRIES = 4, UNREACHABLE_BACKOFF_MS = 250 };

static bool failure_passes(enum failure_cause cause, const char *sqlstate)
{
    switch (cause) {
    case FAILURE_CAUSE_CONTENTION: return true;
    case FAILURE_CAUSE_UNREACHABLE:
    case FAILURE_CAUSE_CONNECTION:
    case FAILURE_CAUSE_SQL:
    case FAILURE_CAUSE_DISCOVERY:
    case FAILURE_CAUSE_INTERNAL:
    case FAILURE_CAUSE_NONE: break;
    default: return false; /* the word says what is wrong, and it stays wrong */
    }
    if (sqlstate[0] == '\0') {
        return cause == FAILURE_CAUSE_UNREACHABLE || cause == FAILURE_CAUSE_CONNECTION;
    }
    return sqlstate_passes(sqlstate);
}

uint64_t backoff_ms(uint64_t min, uint64_t max, uint32_t tries, uint64_t chance)
{
    uint64_t whole = min > 0 ? min : 1;
    for (uint32_t i = 1; i < tries && whole < max; i++) {
        whole *= 2;
    }
    if (max > 0 && whole > max) {
        whole = max;
    }
    return whole - whole / 2 + chance % (whole / 2 + 1);
}

bool retry_wanted(const struct limits *limits, enum job_kind kind, const struct failure *failure,
                  uint32_t tries, uint64_t chance, uint64_t *delay_ms)
{
    const char *sqlstate = text_or_empty(failure->sqlstate);
    enum failure_cause cause = failure->cause;
    if (!failure_passes(cause, sqlstate)) {
        return false;
    }
    uint32_t attempts = limits->retry_attempts;
    uint64_t min = limits->retry_backoff_min_ms;
    bool unreachable = cause == FAILURE_CAUSE_UNREACHABLE &&
                       (sqlstate[0] == '\0' || sqlstate_is(sqlstate, SQLSTATE_CANNOT_CONNECT));
    if (kind != JOB_DEPLOY && unreachable) {
        attempts = attempts < UNREACHABLE_TRIES ? attempts : UNREACHABLE_TRIES;
        min = min < UNREACHABLE_BACKOFF_MS ? min : UNREACHABLE_BACKOFF_MS;
    }
    if (tries >= attempts) {
        return false;
    }
    *delay_ms = backoff_ms(min, limits->retry_backoff_max_ms, tries, chance);
    return true;
}
