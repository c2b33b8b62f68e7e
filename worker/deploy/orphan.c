/* Orphans (orphan.h). */
#include "worker/deploy/orphan.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/utf8.h"
#include "common/vocabulary/blocker.h"
#include "worker/connections/sight.h"
#include "worker/deploy/message.h"
#include "worker/deploy/statements.h"
#include "worker/deploy/stepwise.h"
#include "worker/sql/session.h"

enum { APPLICATION_BYTES_MAX = 63 }; /* of the server, which warns of more */

const char *orphan_mark(struct deploy *deploy)
{
    const struct message_job *job = &deploy->task->job;
    struct arena *arena = &deploy->task->arena;
    if (strcmp(connection_application_name(deploy->connection), TASK_APPLICATION_NAME) != 0) {
        return NULL;
    }
    char *name = arena_printf(arena, TASK_APPLICATION_NAME " %s %" PRIu64 " %s", job->rollout,
                              job->try.key.job, job->place.name);
    name[utf8_cut(name, strlen(name), APPLICATION_BYTES_MAX)] = '\0';
    return connection_quote_literal(deploy->connection, name, arena);
}

static void holder_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQnfields(result) != BLOCKER_COLUMN_COUNT + 1 || PQntuples(result) == 0) {
        return;
    }
    struct buffer text = {0};
    const struct blocker holder = sight_blocker(result, 0, 0, &deploy->task->arena);
    blocker_append(&holder, &text);
    deploy->learned.holder = arena_strdup(&deploy->task->arena, buffer_text(&text));
    buffer_free(&text);
    if (PQgetvalue(result, 0, BLOCKER_COLUMN_COUNT)[0] == 't') {
        log_write(LOG_WARNING, "target %s: the session of an earlier attempt was ended: %s",
                  deploy->task->job.place.name, deploy->learned.holder);
    }
}

/* Its third word is the number of its job, smaller than ours: the other way about, an orphan that
 * wakes up would end its successor. */
static void question_append(struct deploy *deploy, struct buffer *sql)
{
    const struct message_job *job = &deploy->task->job;
    const char *prefix =
        arena_printf(&deploy->task->arena, TASK_APPLICATION_NAME " %s ", job->rollout);
    buffer_printf(sql,
                  "SELECT " BLOCKER_COLUMNS ", CASE WHEN b.usename = current_user"
                  " AND pg_catalog.starts_with(b.application_name, %s)"
                  " AND pg_catalog.split_part(b.application_name, ' ', 3) ~ '^[0-9]{1,18}$'"
                  " THEN CASE WHEN pg_catalog.split_part(b.application_name, ' ', "
                  "3)::pg_catalog.int8 < %" PRIu64
                  " THEN pg_catalog.pg_terminate_backend(l.pid) END END"
                  " FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS b"
                  " ON b.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
                  " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d"
                  " WHERE d.datname = pg_catalog.current_database())"
                  " AND ((l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8) = %s"
                  " AND l.pid <> pg_catalog.pg_backend_pid()",
                  connection_quote_literal(deploy->connection, prefix, &deploy->task->arena),
                  job->try.key.job, deploy->tables.lock_key);
}

void orphan_look(struct deploy *deploy)
{
    deploy->opening = 0;
    deploy->learned.holder = NULL;
    batch_clear(&deploy->batch);
    buffer_text_append(batch_own(&deploy->batch, "ROLLBACK"), "ROLLBACK");
    session_own_begin(&deploy->batch, false);
    question_append(deploy, batch_own(&deploy->batch, NULL));
    session_own_end(&deploy->batch);
    bool between = deploy->stepwise != NULL && deploy->stepwise->held;
    deploy_send(deploy, DEPLOY_RETRYING, holder_row,
                between ? statements_again : deploy->runner->segment_start);
}
