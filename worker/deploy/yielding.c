/* Giving way (yielding.h). */
#include "worker/deploy/yielding.h"

#include <stdlib.h>

#include "worker/deploy/ending.h"
#include "worker/deploy/message.h"
#include "worker/deploy/statements.h"
#include "worker/deploy/stepwise.h"
#include "worker/sql/session.h"

enum {
    PAUSE_MS_MIN = 1000,
    PAUSE_MS_MAX = 8000,
    PATIENT_EVERY = 3, /* times */
};

static void give_way(struct task *task)
{
    struct deploy *deploy = task->runner;
    if (deploy->state == DEPLOY_TRANSACTING) {
        deploy->yielding.asked = true;
        connection_cancel(deploy->connection);
    }
}

void yielding_watch(struct deploy *deploy, struct watched *watched)
{
    uint64_t timeout_ms = deploy->task->job.timeouts.queue_timeout_ms;
    deploy->yielding.asked = false;
    if (timeout_ms > 0 && deploy->state == DEPLOY_TRANSACTING) {
        watched->queue_timeout_ms = timeout_ms;
        watched->patient = deploy->yielding.times % PATIENT_EVERY == PATIENT_EVERY - 1;
        watched->give_way = give_way;
    }
}

static void again(struct deploy *deploy)
{
    bool between = deploy->stepwise != NULL && deploy->stepwise->held;
    deploy_next *next = between ? statements_again : deploy->runner->segment_start;
    next(deploy);
}

/* Half to all of a pause that doubles each time, so that many that wait for the same do not come together. */
static void pause(struct deploy *deploy)
{
    uint64_t most = PAUSE_MS_MIN;
    for (unsigned i = 1; i < deploy->yielding.times && most < PAUSE_MS_MAX; i++) {
        most *= 2;
    }
    uint64_t half = most / 2;
    deploy_wait(deploy, half + uv_hrtime() / 1000 % (half + 1), again);
}

static void refuse(struct deploy *deploy)
{
    const char *blocker = deploy->task->blocker;
    struct arena *arena = &deploy->task->arena;
    deploy_refuse(deploy,
                  &(struct failure){
                      .cause = FAILURE_CAUSE_SQL,
                      .sqlstate = SQLSTATE_LOCK_NOT_AVAILABLE,
                      .message = "the lock was not to be had without keeping applications waiting",
                      .detail = arena_printf(arena, "gave way %u times after queue_timeout%s%s",
                                             deploy->yielding.times,
                                             blocker != NULL ? "\nthe lock is held by " : "",
                                             blocker != NULL ? blocker : ""),
                  });
}

bool yielding_take(struct deploy *deploy, const struct pg_error *fault)
{
    struct yielding *yielding = &deploy->yielding;
    bool gave_way = yielding->asked && fault != NULL && !fault->lost &&
                    sqlstate_is(fault->sqlstate, SQLSTATE_QUERY_CANCELED);
    yielding->asked = false;
    if (!gave_way) {
        return false;
    }
    uint64_t now = uv_now(deploy->task->loop);
    yielding->times++;
    yielding->since_ms = yielding->since_ms == 0 ? now : yielding->since_ms;
    if (now - yielding->since_ms >= YIELDING_MS_MAX) {
        refuse(deploy);
    } else {
        deploy->opening = 0;
        deploy_say(deploy, DEPLOY_RETRYING, session_rollback, pause);
    }
    return true;
}
