/* The rows of drover_history (history.h). */
#include "worker/deploy/history.h"

#include <inttypes.h>
#include <string.h>

#include "common/revision/standing.h"
#include "worker/deploy/position.h"
#include "worker/sql/session.h"

static char *literal(struct deploy *deploy, const char *text)
{
    return connection_quote_literal(deploy->connection, text != NULL ? text : "",
                                    &deploy->task->arena);
}

/* INSERT up to its query or VALUES. */
static void columns_append(struct deploy *deploy, struct buffer *sql)
{
    buffer_printf(sql,
                  "INSERT INTO %s (number, revision, direction, checksum, rollout, attempt, epoch,"
                  " server_identity, timeline, applied_at, applied_by) ",
                  deploy->tables.history);
}

static void identity_append(struct deploy *deploy, struct buffer *sql)
{
    const struct message_job *job = &deploy->task->job;
    if (job->server_identity[0] != '\0') {
        buffer_printf(sql, "%s::pg_catalog.text", literal(deploy, job->server_identity));
    } else {
        buffer_text_append(
            sql, "(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())");
    }
}

/* INSERT up to "(", where a query for position (from 1), revision, direction and checksum follows.
 */
static void insert_begin(struct deploy *deploy, struct buffer *sql)
{
    const struct message_job *job = &deploy->task->job;
    columns_append(deploy, sql);
    buffer_printf(sql,
                  "SELECT last.number + step.position, step.revision,"
                  " step.direction, step.checksum, %s, %u, %" PRIu64
                  ", here.identity, here.timeline, pg_catalog.clock_timestamp(), session_user"
                  " FROM (SELECT coalesce(pg_catalog.max(number), 0) AS number FROM %s) AS last,"
                  " (SELECT ",
                  literal(deploy, job->rollout), job->try.attempt, job->epoch,
                  deploy->tables.history);
    identity_append(deploy, sql);
    buffer_text_append(sql, " AS identity, " SESSION_TIMELINE " AS timeline) AS here, (");
}

/* The same for one step: nothing is joined, which a new session would pay for. */
static void step_insert(struct deploy *deploy, const struct plan_step *step, const char *checksum,
                        struct buffer *sql)
{
    const struct message_job *job = &deploy->task->job;
    columns_append(deploy, sql);
    buffer_printf(sql,
                  "VALUES ((SELECT coalesce(pg_catalog.max(number), '0'::pg_catalog.int8) FROM %s)"
                  " + '1'::pg_catalog.int8, %s, '%s',"
                  " '%s', %s, %u, %" PRIu64 ", ",
                  deploy->tables.history, literal(deploy, step->revision->id), step_direction(step),
                  checksum, literal(deploy, job->rollout), job->try.attempt, job->epoch);
    identity_append(deploy, sql);
    buffer_text_append(sql, ", " SESSION_TIMELINE ", pg_catalog.clock_timestamp(), session_user)");
}

static void insert_end(struct buffer *sql)
{
    buffer_text_append(sql, ") AS step (position, revision, direction, checksum)");
}

/* ---- what was not done by Drover ---- */

/* A stamp writes the rows of its own steps. */
static bool is_stamped(const struct deploy *deploy, const struct revision *revision)
{
    for (size_t i = 0; deploy_is_stamp(deploy) && i < deploy->plan.step_count; i++) {
        if (deploy->plan.steps[i].revision == revision) {
            return true;
        }
    }
    return false;
}

/* Every revision as (position, revision, applied): first those that are not, the latest first;
 * then those that are, in the order in which they can be applied. Returns how many. */
static size_t standing_append(struct deploy *deploy, const struct standing *list, size_t count,
                              struct buffer *sql)
{
    size_t position = 0;
    for (size_t i = 0; i < 2 * count; i++) {
        const struct standing *standing = &list[i < count ? count - 1 - i : i - count];
        if (standing->applied == (i >= count) && !is_stamped(deploy, standing->revision)) {
            position++;
            buffer_printf(sql, "%s(%zu, %s, %s)", position > 1 ? ", " : "", position,
                          literal(deploy, standing->revision->id),
                          standing->applied ? "true" : "false");
        }
    }
    return position;
}

void history_reconcile(struct deploy *deploy, struct texts rows)
{
    const struct task *task = deploy->task;
    const char *history = deploy->tables.history;
    struct error ignored; /* the rows were planned with this very graph */
    const struct graph *graph = task->bundle != NULL ? bundle_graph(task->bundle) : NULL;
    struct standing *list =
        graph != NULL ? standing_list(graph, rows, &deploy->task->arena, &ignored) : NULL;
    struct buffer values = {0};
    if (list != NULL && standing_append(deploy, list, graph_size(graph), &values) > 0) {
        struct buffer *sql = batch_own(&deploy->batch, NULL);
        insert_begin(deploy, sql);
        buffer_printf(
            sql,
            "SELECT pg_catalog.row_number() OVER (ORDER BY r.position), r.revision,"
            " CASE WHEN r.applied THEN 'seen' ELSE 'gone' END, ''"
            " FROM (VALUES %s) AS r (position, revision, applied)"
            " LEFT JOIN (SELECT DISTINCT ON (revision) revision,"
            " direction IN ('upgrade', 'seen') OR (direction = 'stamp' AND checksum <> '')"
            " AS applied FROM %s WHERE number > (SELECT coalesce(pg_catalog.max(number), 0) FROM %s"
            " WHERE direction = 'purge') ORDER BY revision, number DESC) AS h"
            " ON h.revision = r.revision WHERE r.applied <> coalesce(h.applied, false)",
            buffer_text(&values), history, history);
        insert_end(sql);
        buffer_text_append(sql, ";\n");
    }
    buffer_free(&values);
}

/* ---- steps ---- */

/* Whether a stamp leaves the revision applied. */
static bool is_left_applied(const struct standing *list, size_t count,
                            const struct revision *revision)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].revision == revision) {
            return list[i].applied;
        }
    }
    return false;
}

/* Rows for the steps from `first` up to, not including, `end`. */
static void steps_insert(struct deploy *deploy, size_t first, size_t end)
{
    struct error ignored; /* the rows were planned with this very graph */
    const struct graph *graph = deploy_is_stamp(deploy) ? bundle_graph(deploy->task->bundle) : NULL;
    const struct standing *list =
        graph != NULL ? standing_list(graph, deploy->plan.to, &deploy->task->arena, &ignored)
                      : NULL;
    char *tag = arena_printf(&deploy->task->arena, "INSERT 0 %zu", end - first);
    struct buffer *sql = batch_own(&deploy->batch, tag);
    if (end - first > 1) {
        insert_begin(deploy, sql);
        buffer_text_append(sql, "VALUES ");
    }
    for (size_t i = first; i < end; i++) {
        const struct plan_step *step = &deploy->plan.steps[i];
        bool known = list == NULL || is_left_applied(list, graph_size(graph), step->revision);
        const char *checksum = known ? step->revision->checksum : "";
        if (end - first == 1) {
            step_insert(deploy, step, checksum, sql);
        } else {
            buffer_printf(sql, "%s(%zu, %s, '%s', '%s')", i > first ? ", " : "", i - first + 1,
                          literal(deploy, step->revision->id), step_direction(step), checksum);
        }
    }
    if (end - first > 1) {
        insert_end(sql);
    }
    buffer_printf(sql,
                  " RETURNING server_identity, timeline, pg_catalog.to_regclass(%s) IS NOT NULL",
                  deploy->tables.history_old_key);
}

void history_record(struct deploy *deploy)
{
    size_t first = deploy->first;
    if (deploy->plan.purge) {
        steps_insert(deploy, first, first + 1);
        first++;
    }
    if (deploy_is_stamp(deploy)) {
        history_reconcile(deploy, deploy->plan.to);
    }
    if (first < deploy->end) {
        steps_insert(deploy, first, deploy->end);
    }
}
