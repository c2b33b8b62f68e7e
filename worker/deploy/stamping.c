/* A stamp (stamping.h).
 *
 * look which tables are there -> one transaction: version rows, progress rows, history
 */
#include "worker/deploy/stamping.h"

#include "common/revision/standing.h"
#include "worker/deploy/message.h"
#include "worker/deploy/transaction.h"
#include "worker/sql/session.h"

/* Appends ", 'a'" to the list, the first without its comma. */
static void literal_append(struct deploy *deploy, struct buffer *list, const char *id)
{
    char *quoted = connection_quote_literal(deploy->connection, id, &deploy->task->arena);
    buffer_printf(list, "%s%s", list->length > 0 ? ", " : "", quoted);
}

/* The revisions that the stamp leaves applied. */
static void applied_append(struct deploy *deploy, struct buffer *list)
{
    const struct graph *graph = bundle_graph(deploy->task->bundle);
    struct error ignored; /* the rows were planned with this very graph */
    const struct standing *standing =
        standing_list(graph, deploy->plan.to, &deploy->task->arena, &ignored);
    for (size_t i = 0; standing != NULL && i < graph_size(graph); i++) {
        if (standing[i].applied) {
            literal_append(deploy, list, standing[i].revision->id);
        }
    }
}

/* Progress rows that the stamp overrules: of upgrades it takes for done, of downgrades likewise, and of
 * whatever has a step; a purge takes all. */
static void progress_forget(struct deploy *deploy)
{
    struct buffer applied = {0};
    struct buffer stamped = {0};
    applied_append(deploy, &applied);
    for (size_t i = 0; i < deploy->plan.step_count; i++) {
        literal_append(deploy, &stamped, deploy->plan.steps[i].revision->id);
    }
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_printf(sql, "DELETE FROM %s", deploy->tables.progress);
    if (!deploy->plan.purge) {
        buffer_printf(
            sql,
            " WHERE (direction = 'upgrade') = (revision = ANY (ARRAY[%s]::pg_catalog.text[]))"
            " OR revision IN (%s)",
            buffer_text(&applied), buffer_text(&stamped));
    }
    buffer_text_append(sql, ";\n");
    buffer_free(&applied);
    buffer_free(&stamped);
}

static void present_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) == 4 && PQntuples(result) == 1) {
        deploy->learned.has_progress = PQgetvalue(result, 0, 3)[0] == 't';
    }
}

static void tables_known(struct deploy *deploy)
{
    transaction_open(deploy, TRANSACTION_WHOLE);
    if (deploy->learned.has_progress) {
        progress_forget(deploy);
    }
    transaction_record(deploy);
    transaction_commit(deploy, deploy->runner->segment_done);
}

void stamping_start(struct deploy *deploy)
{
    batch_clear(&deploy->batch);
    deploy->opening = 0;
    session_own_begin(&deploy->batch, false);
    bookkeeping_present_sql(batch_own(&deploy->batch, NULL), &deploy->tables);
    session_own_end(&deploy->batch);
    deploy_send(deploy, DEPLOY_PLAIN, present_row, tables_known);
}
