/* Statements that run alone (alone.h). */
#include "worker/deploy/alone.h"

#include <string.h>
#include <strings.h>

#include "worker/deploy/stepwise.h"
#include "worker/deploy/transaction.h"
#include "worker/sql/session.h"

/* Waits for old snapshots while it harms nobody; a lock timeout would leave a broken index behind.
 */
static bool waits_patiently(const struct statement *statement)
{
    if (statement->kind != STATEMENT_REPEATABLE) {
        return true;
    }
    static const char word[] = "concurrently";
    for (const char *at = statement->sql; *at != '\0'; at++) {
        if (strncasecmp(at, word, sizeof(word) - 1) == 0) {
            return true;
        }
    }
    return false;
}

void alone_done(struct deploy *deploy)
{
    stepwise_begin(deploy);
    session_own_begin(&deploy->batch, true);
    stepwise_progress_write(deploy, "done");
    session_own_end(&deploy->batch);
    stepwise_send(deploy, NULL, deploy->stepwise->statement_done);
}

static void alone_ran(struct deploy *deploy)
{
    if (deploy->stepwise->pooled) {
        alone_done(deploy);
        return;
    }
    stepwise_begin(deploy);
    session_clean(&deploy->batch, false);
    stepwise_send(deploy, NULL, alone_done);
}

static void alone_send(struct deploy *deploy)
{
    stepwise_begin(deploy);
    batch_script(&deploy->batch, deploy->stepwise->step->revision, stepwise_current(deploy));
    deploy->unbounded = stepwise_current(deploy)->kind != STATEMENT_REPEATABLE;
    stepwise_send(deploy, NULL, alone_ran);
}

static void alone_set(struct deploy *deploy)
{
    if (deploy->stepwise->pooled) {
        alone_send(deploy);
        return;
    }
    const struct message_job *job = &deploy->task->job;
    bool patient = waits_patiently(stepwise_current(deploy));
    bool repeatable = stepwise_current(deploy)->kind == STATEMENT_REPEATABLE;
    stepwise_begin(deploy);
    transaction_settings(
        deploy, &(struct settings){
                    .lock_timeout_ms = patient ? 0 : job->timeouts.lock_timeout_ms,
                    .statement_timeout_ms = repeatable ? job->timeouts.statement_timeout_ms : 0,
                    .local = false,
                });
    transaction_path(deploy, false);
    stepwise_settings(deploy);
    stepwise_send(deploy, NULL, alone_send);
}

void alone_run(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    if (stepwise->overlooked) {
        /* The index is not ours: the statement itself tells whether that is an error, and no row
         * may make a later attempt believe that we built it. */
        alone_set(deploy);
        return;
    }
    stepwise_begin(deploy);
    session_own_begin(&deploy->batch, true);
    stepwise_progress_write(deploy, "running");
    session_own_end(&deploy->batch);
    stepwise_send(deploy, NULL, alone_set);
}
