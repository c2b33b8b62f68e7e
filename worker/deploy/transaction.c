/* Transactions (transaction.h). */
#include "worker/deploy/transaction.h"

#include <inttypes.h>
#include <string.h>

#include "worker/connections/pool.h"
#include "worker/deploy/history.h"
#include "worker/deploy/message.h"
#include "worker/deploy/orphan.h"
#include "worker/sql/session.h"

static char *literal(struct deploy *deploy, const char *text)
{
    return connection_quote_literal(deploy->connection, text != NULL ? text : "",
                                    &deploy->task->arena);
}

/* ---- settings ---- */

void transaction_settings(struct deploy *deploy, const struct settings *settings)
{
    settings_append(&deploy->batch, settings, deploy->connection);
}

static struct settings job_settings(const struct deploy *deploy)
{
    return (struct settings){
        .lock_timeout_ms = deploy->task->job.timeouts.lock_timeout_ms,
        .statement_timeout_ms = deploy->task->job.timeouts.statement_timeout_ms,
        .application = deploy->learned.mark,
        .local = true,
    };
}

void transaction_limits(struct deploy *deploy, struct batch *batch, bool local)
{
    struct settings settings = job_settings(deploy);
    settings.local = local;
    settings_append(batch, &settings, deploy->connection);
}

void transaction_path(struct deploy *deploy, bool local)
{
    settings_path(&deploy->batch, &deploy->task->job, deploy->connection, &deploy->task->arena,
                  local);
}

/* ---- opening ---- */

/* Tables that need not be made: CREATE TABLE IF NOT EXISTS costs even when there is nothing to do.
 * The history is guessed from the last target that was inspected; should the guess be wrong, the
 * opening fails with 42P01 and is put again with all of them. */
static unsigned tables_expected(const struct deploy *deploy)
{
    unsigned ours = TABLE_VERSION | TABLE_HISTORY;
    if (deploy_has_met(deploy, REFUSAL_CREATE)) {
        return ours;
    }
    if (deploy_has_met(deploy, REFUSAL_NO_TABLE)) {
        return 0;
    }
    if (deploy->first > 0) {
        return ours; /* an earlier segment has used them */
    }
    return (deploy->plan.from.count > 0 ? TABLE_VERSION : 0U) |
           (pool_expected_tables(deploy->task->pool)->tables & TABLE_HISTORY);
}

/* Who looks at the server shall find this session by its name again, also the pooler's next client. */
static void name_restore(struct deploy *deploy)
{
    if (connection_has_lost_name(deploy->connection)) {
        buffer_printf(batch_own(&deploy->batch, "SET"), "SET SESSION application_name = %s",
                      literal(deploy, connection_application_name(deploy->connection)));
    }
}

/* A stamp may leave the rows as they were; a purge is held for one that does. */
static bool moves_no_row(const struct deploy *deploy)
{
    return deploy->plan.purge ||
           (deploy_is_stamp(deploy) && texts_equal(deploy->plan.from, deploy->plan.to));
}

void transaction_open(struct deploy *deploy, enum transaction_kind kind)
{
    batch_clear(&deploy->batch);
    session_own_begin(&deploy->batch, true);
    name_restore(deploy);
    deploy->learned.mark = orphan_mark(deploy);
    transaction_limits(deploy, &deploy->batch, true);
    unsigned present = tables_expected(deploy);
    struct bookkeeping_opening opening = {
        .heads = deploy_rows_before(deploy),
        .server_identity = deploy->task->job.server_identity,
        .alone = kind != TRANSACTION_WHOLE,
        .create_version = (present & TABLE_VERSION) == 0,
        .create_history = (present & TABLE_HISTORY) == 0,
        .create_progress = kind == TRANSACTION_FIRST && !deploy_has_met(deploy, REFUSAL_CREATE),
        .foreign = deploy_has_met(deploy, REFUSAL_FOREIGN),
        .stamped_by = moves_no_row(deploy) ? deploy->task->job.rollout : NULL,
    };
    bookkeeping_open(&deploy->batch, &deploy->tables, &opening, deploy->connection,
                     &deploy->task->arena);
    deploy->opening = deploy->batch.count;
    deploy->row_wanted = NULL;
}

/* ---- scripts ---- */

void transaction_clean(struct deploy *deploy)
{
    session_clean(&deploy->batch, true);
    buffer_text_append(batch_own(&deploy->batch, "SET"), SESSION_OWN_PATH);
    struct settings settings = job_settings(deploy);
    settings.brief = true;
    transaction_settings(deploy, &settings);
}

/* Each revision begins with the session as it is by default, wherever its segment began. */
static void scripts_append(struct deploy *deploy)
{
    for (size_t i = deploy->first; i < deploy->end; i++) {
        const struct plan_step *step = &deploy->plan.steps[i];
        const struct script *script = step_script(step);
        transaction_path(deploy, true);
        for (size_t j = 0; j < script->statement_count; j++) {
            batch_script(&deploy->batch, step->revision, &script->statements[j]);
        }
        transaction_clean(deploy);
    }
}

/* ---- our own rows ---- */

/* The first row of `rows` from *at on that is not in `others`; NULL when none is left. */
static const char *next_missing(struct texts rows, struct texts others, size_t *at)
{
    while (*at < rows.count) {
        const char *row = rows.items[(*at)++];
        if (!texts_hold(others, row)) {
            return row;
        }
    }
    return NULL;
}

/* A purge: the rows may be anything, even twice the same. */
static void heads_replace(struct deploy *deploy)
{
    const char *table = deploy->tables.version;
    char *tag = arena_printf(&deploy->task->arena, "DELETE %zu", deploy->plan.from.count);
    buffer_printf(batch_own(&deploy->batch, tag), "DELETE FROM %s;\n", table);
    for (size_t i = 0; i < deploy->plan.to.count; i++) {
        buffer_printf(batch_own(&deploy->batch, "INSERT 0 1"),
                      "INSERT INTO %s (version_num) VALUES (%s);\n", table,
                      literal(deploy, deploy->plan.to.items[i]));
    }
}

/* The net change of the version rows over the segment. Each statement must hit exactly one row,
 * which makes the rows themselves a second fence behind the assertion. */
static void heads_move(struct deploy *deploy)
{
    struct texts before = deploy_rows_before(deploy);
    struct texts after = deploy->plan.steps[deploy->end - 1].rows_after;
    const char *table = deploy->tables.version;
    size_t gone_at = 0;
    size_t come_at = 0;
    for (;;) {
        const char *gone = next_missing(before, after, &gone_at);
        const char *come = next_missing(after, before, &come_at);
        if (gone != NULL && come != NULL) {
            buffer_printf(batch_own(&deploy->batch, "UPDATE 1"),
                          "UPDATE %s SET version_num = %s WHERE " BOOKKEEPING_ROW_IS ";\n", table,
                          literal(deploy, come), literal(deploy, gone));
        } else if (come != NULL) {
            buffer_printf(batch_own(&deploy->batch, "INSERT 0 1"),
                          "INSERT INTO %s (version_num) VALUES (%s);\n", table,
                          literal(deploy, come));
        } else if (gone != NULL) {
            buffer_printf(batch_own(&deploy->batch, "DELETE 1"),
                          "DELETE FROM %s WHERE " BOOKKEEPING_ROW_IS ";\n", table,
                          literal(deploy, gone));
        } else {
            return;
        }
    }
}

void transaction_record(struct deploy *deploy)
{
    if (deploy->task->job.unrecorded && deploy->first == 0 && !deploy_is_stamp(deploy)) {
        history_reconcile(deploy, deploy->plan.from);
    }
    if (deploy->plan.purge) {
        heads_replace(deploy);
    } else {
        heads_move(deploy);
    }
    history_record(deploy);
}

/* ---- running ---- */

static void message_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    if (deploy->row_wanted != NULL) {
        deploy->row_wanted(deploy, result, index);
    }
    if (PQnfields(result) == 3 && PQntuples(result) > 0 &&
        strcmp(PQfname(result, 0), "server_identity") == 0) {
        deploy->learned.server.server_identity =
            arena_strdup(&deploy->task->arena, PQgetvalue(result, 0, 0));
        deploy->learned.server.timeline =
            arena_strdup(&deploy->task->arena, PQgetvalue(result, 0, 1));
        deploy->learned.has_old_key = PQgetvalue(result, 0, 2)[0] == 't';
    }
}

static void message_answered(struct deploy *deploy)
{
    if (!connection_in_transaction(deploy->connection)) {
        deploy->runner->failed(deploy, NULL);
        return;
    }
    deploy->opening = 0;
    batch_clear(&deploy->batch);
    if (deploy->learned.has_old_key) {
        deploy->learned.has_old_key = false;
        bookkeeping_rekey(&deploy->batch, &deploy->tables);
    }
    transaction_path(deploy, true); /* deferred triggers of the target run at COMMIT */
    session_own_end(&deploy->batch);
    deploy_send(deploy, DEPLOY_COMMITTING, NULL, deploy->committed);
}

void transaction_commit(struct deploy *deploy, deploy_next *next)
{
    deploy->committed = next;
    deploy_send(deploy, DEPLOY_TRANSACTING, message_row, message_answered);
}

void transaction_start(struct deploy *deploy)
{
    transaction_open(deploy, TRANSACTION_WHOLE);
    scripts_append(deploy);
    transaction_record(deploy);
    transaction_commit(deploy, deploy->runner->segment_done);
}
