/* The SQL of drover_progress (progress.h). */
#include "worker/sql/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "common/base/impossible.h"
#include "worker/sql/session.h"

/* Behind a pooler nobody can see whether a holder of another rollout is still there: it is believed to be
 * for so long after it was last seen. */
#define BELIEVED_FOR "60 s"

/* A holder's session that says nothing for so long has lost its worker, or that stands still. */
#define IDLE_FOR "10 s"

void progress_hold_draw(struct progress_hold *hold)
{
    uint64_t words[2];
    INVARIANT_THAT(getrandom(words, sizeof words, 0) == (ssize_t)sizeof words,
                   "the kernel gives no random bytes");
    (void)snprintf(hold->token, sizeof hold->token, "%016" PRIx64 "%016" PRIx64, words[0],
                   words[1]);
}

/* The condition that finds the revision's rows. */
static const char *key_of(const struct progress_hold *hold, struct connection *connection,
                          struct arena *arena)
{
    return arena_printf(arena, "revision = %s AND direction = '%s'",
                        connection_quote_literal(connection, hold->revision, arena),
                        hold->direction);
}

static void others_assert(struct batch *batch, const struct bookkeeping *tables, const char *key,
                          const char *rollout)
{
    struct buffer *sql = batch_assert(batch, REFUSAL_BUSY);
    bookkeeping_assert_begin(sql);
    buffer_printf(sql,
                  "NOT EXISTS (SELECT FROM %s AS p WHERE %s AND statement = 0 AND p.state = 'held'"
                  " AND rollout IS DISTINCT FROM %s AND CASE WHEN backend_pid = 0"
                  " THEN started_at > pg_catalog.clock_timestamp() - interval '" BELIEVED_FOR "'"
                  " ELSE EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE"
                  " a.pid = p.backend_pid AND a.datname = pg_catalog.current_database()"
                  " AND coalesce(a.backend_start <= p.started_at, true)"
                  " AND NOT coalesce(a.state = 'idle' AND a.state_change <"
                  " pg_catalog.clock_timestamp() - interval '" IDLE_FOR "', false)) END)",
                  tables->progress, key, rollout);
    bookkeeping_assert_end(sql, "another rollout is at this revision");
    buffer_text_append(sql, ";\n");
}

void progress_take(struct batch *batch, const struct bookkeeping *tables,
                   const struct progress_hold *hold, struct connection *connection,
                   struct arena *arena)
{
    const char *key = key_of(hold, connection, arena);
    const char *rollout = connection_quote_literal(connection, hold->job->rollout, arena);
    others_assert(batch, tables, key, rollout);
    buffer_printf(batch_own(batch, NULL),
                  "SELECT statement, state, checksum, coalesce(backend_pid, 0),"
                  " CASE WHEN rollout = %s THEN attempt ELSE 0 END FROM %s WHERE %s"
                  " ORDER BY statement;\n",
                  rollout, tables->progress, key);
    buffer_printf(batch_own(batch, "INSERT 0 1"),
                  "INSERT INTO %s (revision, direction, checksum, statement, state, rollout,"
                  " attempt, epoch, backend_pid, started_at) VALUES (%s, '%s', '%s', 0, 'held', %s,"
                  " %u, %" PRIu64 ", %d, pg_catalog.clock_timestamp()) ON CONFLICT ON CONSTRAINT"
                  " drover_progress_pkc DO UPDATE SET checksum = excluded.checksum,"
                  " state = excluded.state, rollout = excluded.rollout,"
                  " attempt = excluded.attempt, epoch = excluded.epoch,"
                  " backend_pid = excluded.backend_pid, started_at = excluded.started_at;\n",
                  tables->progress, connection_quote_literal(connection, hold->revision, arena),
                  hold->direction, hold->token, rollout, hold->job->try.attempt, hold->job->epoch,
                  hold->backend_pid);
}

void progress_absent(struct batch *batch, const struct bookkeeping *tables,
                     const struct progress_hold *hold, struct connection *connection,
                     struct arena *arena)
{
    struct buffer *sql = batch_own(batch, NULL);
    bookkeeping_assert_begin(sql);
    buffer_printf(sql, "NOT EXISTS (SELECT FROM %s WHERE %s AND statement > 0)", tables->progress,
                  key_of(hold, connection, arena));
    bookkeeping_assert_end(sql, "an earlier attempt has committed part of this revision");
    buffer_text_append(sql, ";\n");
}

void progress_assert(struct batch *batch, const struct bookkeeping *tables,
                     const struct progress_hold *hold, struct connection *connection,
                     struct arena *arena)
{
    struct buffer *sql = batch_assert(batch, REFUSAL_TAKEN_OVER);
    buffer_printf(sql,
                  "WITH held AS (UPDATE %s SET started_at = pg_catalog.clock_timestamp()"
                  " WHERE %s AND statement = 0 AND checksum = '%s' RETURNING 1) ",
                  tables->progress, key_of(hold, connection, arena), hold->token);
    bookkeeping_assert_begin(sql);
    buffer_text_append(sql, "EXISTS (SELECT FROM held)");
    bookkeeping_assert_end(sql, "another attempt has taken this revision over");
    buffer_text_append(sql, ";\n");
}

void progress_write(struct batch *batch, const struct bookkeeping *tables,
                    const struct progress_hold *hold, const struct progress_statement *statement,
                    const char *state, struct connection *connection, struct arena *arena)
{
    buffer_printf(
        batch_own(batch, "INSERT 0 1"),
        "INSERT INTO %s AS p (revision, direction, checksum, statement, state, rollout,"
        " attempt, epoch, backend_pid, started_at, finished_at) VALUES (%s, '%s', '%s', %zu, '%s',"
        " %s, %u, %" PRIu64 ", pg_catalog.pg_backend_pid(), pg_catalog.clock_timestamp(),"
        " CASE '%s' WHEN 'done' THEN pg_catalog.clock_timestamp() END) ON CONFLICT ON CONSTRAINT"
        " drover_progress_pkc DO UPDATE SET checksum = excluded.checksum, state = excluded.state,"
        " rollout = excluded.rollout, attempt = excluded.attempt, epoch = excluded.epoch,"
        " backend_pid = excluded.backend_pid, finished_at = excluded.finished_at,"
        " started_at = CASE excluded.state WHEN 'running' THEN excluded.started_at"
        " ELSE p.started_at END;\n",
        tables->progress, connection_quote_literal(connection, hold->revision, arena),
        hold->direction, statement->checksum, statement->number, state,
        connection_quote_literal(connection, hold->job->rollout, arena), hold->job->try.attempt,
        hold->job->epoch, state);
}

void progress_forget(struct batch *batch, const struct bookkeeping *tables,
                     const struct progress_hold *hold, struct connection *connection,
                     struct arena *arena)
{
    buffer_printf(batch_own(batch, NULL), "DELETE FROM %s WHERE %s;\n", tables->progress,
                  key_of(hold, connection, arena));
}

void progress_leave_sql(struct buffer *sql, const struct bookkeeping *tables,
                        const struct progress_hold *hold, size_t number,
                        enum progress_answer answer, struct connection *connection,
                        struct arena *arena)
{
    const char *key = key_of(hold, connection, arena);
    const char *held = arena_printf(
        arena, "EXISTS (SELECT FROM %s WHERE %s AND statement = 0 AND checksum = '%s')",
        tables->progress, key, hold->token);
    buffer_text_append(sql, "BEGIN; " SESSION_OWN_PATH "; SET LOCAL lock_timeout = '2s'; ");
    if (answer == PROGRESS_WELL) {
        buffer_printf(sql,
                      "UPDATE %s SET state = 'done', finished_at = pg_catalog.clock_timestamp()"
                      " WHERE %s AND statement = %zu AND state = 'running' AND %s; ",
                      tables->progress, key, number, held);
    } else if (answer == PROGRESS_FAILED) {
        buffer_printf(sql,
                      "DELETE FROM %s WHERE %s AND statement = %zu AND state = 'running' AND %s; ",
                      tables->progress, key, number, held);
    }
    buffer_printf(sql,
                  "UPDATE %s SET state = 'free' WHERE %s AND statement = 0 AND checksum = '%s'; "
                  "DELETE FROM %s WHERE %s AND statement = 0 AND checksum = '%s' AND NOT EXISTS"
                  " (SELECT FROM %s WHERE %s AND statement > 0); COMMIT",
                  tables->progress, key, hold->token, tables->progress, key, hold->token,
                  tables->progress, key);
}
