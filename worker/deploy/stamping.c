/* A stamp (stamping.h).
 *
 * look which tables are there -> one transaction: version rows, progress rows, history
 */
#include "worker/deploy/stamping.h"

#include "common/revision/standing.h"
#include "worker/deploy/message.h"
#include "worker/deploy/transaction.h"
#include "worker/sql/session.h"

/* 'a', 'b' of the revisions that the stamp leaves applied; NULL for none. */
static const char *applied_literals(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    const struct graph *graph = bundle_graph(deploy->task->bundle);
    struct error ignored; /* the rows were planned with this very graph */
    const struct standing *list = standing_list(graph, deploy->plan.to, arena, &ignored);
    struct buffer text = {0};
    for (size_t i = 0; list != NULL && i < graph_size(graph); i++) {
        if (list[i].applied) {
            buffer_printf(
                &text, "%s%s", text.length > 0 ? ", " : "",
                connection_quote_literal(deploy->connection, list[i].revision->id, arena));
        }
    }
    const char *literals = text.length > 0 ? arena_strdup(arena, buffer_text(&text)) : NULL;
    buffer_free(&text);
    return literals;
}

/* Progress rows that the stamp overrules: of upgrades it takes for done, of downgrades likewise;
 * a purge takes all. */
static void progress_forget(struct deploy *deploy)
{
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    const char *applied = deploy->plan.purge ? NULL : applied_literals(deploy);
    buffer_printf(sql, "DELETE FROM %s", deploy->tables.progress);
    if (applied != NULL) {
        buffer_printf(sql, " WHERE (direction = 'upgrade') = (revision IN (%s))", applied);
    } else if (!deploy->plan.purge) {
        buffer_text_append(sql, " WHERE direction = 'downgrade'");
    }
    buffer_text_append(sql, ";\n");
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
