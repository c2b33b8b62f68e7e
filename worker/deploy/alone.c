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
    static const char word[] = "concurrently";
    for (const char *at = statement->sql; *at != '\0'; at++) {
        if (strncasecmp(at, word, sizeof(word) - 1) == 0) {
            return true;
        }
    }
    return false;
}

static bool builds_index(const struct statement *statement)
{
    return statement->kind == STATEMENT_INDEX_BUILD || statement->kind == STATEMENT_INDEX_DROP;
}

void alone_done(struct deploy *deploy)
{
    stepwise_open(deploy);
    stepwise_progress_write(deploy, "done");
    session_own_end(&deploy->batch);
    stepwise_send(deploy, NULL, deploy->stepwise->statement_done);
}

static void alone_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)result;
    struct stepwise *stepwise = deploy->stepwise;
    stepwise->alone_well = stepwise->alone_well || index + 1 == stepwise->alone_at;
}

/* Ends the first part: what the session shall be set to while the statement runs. Behind a pooler the
 * statement may meet another session: there is nothing to set. */
static void settings_append_all(struct deploy *deploy, const struct settings *settings)
{
    if (!deploy->stepwise->pooled) {
        transaction_settings(deploy, settings);
        transaction_path(deploy, false);
        stepwise_settings(deploy);
    }
    session_own_end(&deploy->batch);
    batch_part(&deploy->batch);
}

static void settings_undo(struct deploy *deploy)
{
    if (!deploy->stepwise->pooled) {
        batch_part(&deploy->batch);
        session_clean(&deploy->batch, true);
        settings_watch_append(&deploy->batch, false, deploy->connection);
    }
}

void alone_run(struct deploy *deploy)
{
    struct stepwise *stepwise = deploy->stepwise;
    const struct statement *statement = stepwise_current(deploy);
    const struct timeouts *timeouts = &deploy->task->job.timeouts;
    bool index = builds_index(statement);
    stepwise_open(deploy);
    if (!stepwise->overlooked) {
        /* Of an index that is not ours no row may make a later attempt believe that we built it. */
        stepwise_progress_write(deploy, "running");
    }
    settings_append_all(
        deploy, &(struct settings){
                    .lock_timeout_ms = waits_patiently(statement) ? 0 : timeouts->lock_timeout_ms,
                    .statement_timeout_ms = index ? 0 : timeouts->statement_timeout_ms,
                });
    batch_script(&deploy->batch, stepwise->step->revision, statement);
    stepwise->alone_at = deploy->batch.count;
    stepwise->alone_well = false;
    settings_undo(deploy);
    deploy->unbounded = index;
    stepwise_send(deploy, alone_row, alone_done);
}

void alone_own(struct deploy *deploy, const char *sql, const char *tag, deploy_next *next)
{
    stepwise_open(deploy);
    settings_append_all(deploy, &(struct settings){0});
    buffer_text_append(batch_own(&deploy->batch, tag), sql);
    settings_undo(deploy);
    deploy->unbounded = true;
    stepwise_send(deploy, NULL, next);
}
