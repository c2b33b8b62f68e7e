/* Deploys for tests (deployment.h). */
#include "tests/pg/deployment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pg/cluster.h"

/* ---- the pool's part ---- */

static void opened(struct connection *connection, const struct pg_error *fault, void *context)
{
    struct deployment *deployment = context;
    cr_assert_null(fault, "connect: %s", fault != NULL ? fault->message : "");
    deployment->ready(&deployment->task, connection, deployment->ready_context);
}

void pool_acquire(struct task *task, pool_ready *ready, void *context)
{
    struct deployment *deployment = (struct deployment *)task;
    deployment->ready = ready;
    deployment->ready_context = context;
    const struct connection_options options = {
        .url = task->job.place.url, .application_name = "drover-test", .connect_timeout_ms = 10000};
    (void)connection_open(task->loop, &options, opened, deployment);
}

void pool_acquire_cancel(struct task *task)
{
    (void)task;
    cr_assert(false, "no test cancels while connecting");
}

void pool_release(struct task *task, struct connection *connection, bool keep)
{
    struct deployment *deployment = (struct deployment *)task;
    if (keep) {
        cr_assert(connection_is_idle(connection));
        cr_assert_not(connection_in_transaction(connection));
        deployment->connection = connection;
    } else {
        connection_close(connection);
    }
}

struct expected_tables deployment_expected;

struct expected_tables *pool_expected_tables(struct pool *pool)
{
    (void)pool;
    return &deployment_expected;
}

struct secret_wait *pool_password(struct task *task, secret_found *found, void *context)
{
    (void)task;
    found(NULL, false, NULL, context);
    return NULL;
}

struct blockers *pool_blockers(struct pool *pool)
{
    (void)pool;
    return NULL;
}

/* ---- bundles and jobs ---- */

struct bundle *bundle_of(const char *const *texts)
{
    struct bundle_file files[16];
    char names[16][32];
    size_t count = 0;
    for (; texts[count] != NULL; count++) {
        (void)snprintf(names[count], sizeof names[count], "%04zu_step.sql", count + 1);
        files[count] = (struct bundle_file){names[count], texts[count], strlen(texts[count])};
    }
    struct diagnostics diagnostics = {0};
    struct bundle *bundle = bundle_build(files, count, "", &diagnostics);
    struct buffer report = {0};
    diagnostics_print(&diagnostics, &report);
    cr_assert_eq(diagnostics.error_count, 0, "%s", buffer_text(&report));
    buffer_free(&report);
    diagnostics_free(&diagnostics);
    return bundle;
}

static struct texts words(struct arena *arena, const char *text)
{
    const char **items = arena_array(arena, 16, sizeof *items);
    size_t count = 0;
    char *save = NULL;
    for (char *word = strtok_r(arena_strdup(arena, text), " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        items[count++] = word;
    }
    return (struct texts){items, count};
}

static void finished(struct task *task)
{
    struct deployment *deployment = (struct deployment *)task;
    cr_assert_not(deployment->finished, "finish was called twice");
    cr_assert_null(task->cancel);
    deployment->finished = true;
    uv_timer_stop(&deployment->watch);
}

void deployment_make(struct deployment *deployment, uv_loop_t *loop, const char *database,
                     const struct bundle *bundle, const char *from, enum direction direction,
                     const char *spec)
{
    memset(deployment, 0, sizeof *deployment);
    struct task *task = &deployment->task;
    deployment->loop = loop;
    deployment->watch_database = database;
    uv_timer_init(loop, &deployment->watch);
    deployment->watch.data = deployment;
    task->loop = loop;
    task->bundle = bundle;
    task->finish = finished;
    struct message_job *job = &task->job;
    *job = (struct message_job){.try.key.job = 7,
                                .epoch = 3,
                                .try.attempt = 1,
                                .kind = JOB_DEPLOY,
                                .rollout = "r1",
                                .place.name = database,
                                .place.schema = "",
                                .place.search_path = "",
                                .place.password = "",
                                .version.version_schema = "public",
                                .bundle = "",
                                .server_identity = "",
                                .timeouts.lock_timeout_ms = 2000,
                                .timeouts.statement_timeout_ms = 60000};
    job->place.url = arena_strdup(&task->arena, cluster_url(database));
    job->direction = direction;
    job->from = words(&task->arena, from);
    task->result.rows.heads = (struct texts){0};
    if (bundle == NULL) {
        return;
    }
    struct plan plan = {0};
    struct error error = {0};
    cr_assert_eq(
        plan_make(bundle_graph(bundle), direction, spec, job->from, &task->arena, &plan, &error), 0,
        "%s", error.message);
    const char **names = arena_array(&task->arena, plan.step_count, sizeof *names);
    for (size_t i = 0; i < plan.step_count; i++) {
        names[i] = plan_step_name(&task->arena, &plan.steps[i]);
    }
    job->steps = (struct texts){names, plan.step_count};
}

/* ---- running ---- */

static void watch_fired(uv_timer_t *timer)
{
    struct deployment *deployment = timer->data;
    if (strcmp(cluster_ask(deployment->watch_database, deployment->watch_sql), "t") == 0) {
        uv_timer_stop(timer);
        deployment->act(deployment);
    }
}

void deployment_watch(struct deployment *deployment, const char *sql,
                      void (*act)(struct deployment *deployment))
{
    deployment->watch_sql = sql;
    deployment->act = act;
    uv_timer_start(&deployment->watch, watch_fired, 10, 10);
}

void deployment_run(struct deployment *deployment, struct deployment *other)
{
    while (!deployment->finished || (other != NULL && !other->finished)) {
        uv_run(deployment->loop, UV_RUN_ONCE);
    }
}

struct answer {
    bool done;
    char text[256];
};

static void ask_result(struct connection *connection, const PGresult *result, unsigned index,
                       void *context)
{
    (void)connection;
    (void)index;
    struct answer *answer = context;
    if (PQntuples(result) > 0) {
        (void)snprintf(answer->text, sizeof answer->text, "%s", PQgetvalue(result, 0, 0));
    }
}

static void ask_done(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct answer *answer = context;
    cr_assert_null(fault, "%s", fault != NULL ? fault->message : "");
    answer->done = true;
}

const char *deployment_ask(struct deployment *deployment, const char *sql)
{
    static struct answer answer;
    memset(&answer, 0, sizeof answer);
    cr_assert_not_null(deployment->connection, "the connection was not kept");
    const struct query_callbacks callbacks = {
        .result = ask_result, .done = ask_done, .context = &answer};
    connection_query(deployment->connection, sql, &callbacks);
    while (!answer.done) {
        uv_run(deployment->loop, UV_RUN_ONCE);
    }
    return answer.text;
}

void deployment_free(struct deployment *deployment)
{
    connection_close(deployment->connection);
    uv_close((uv_handle_t *)&deployment->watch, NULL);
    uv_run(deployment->loop, UV_RUN_DEFAULT);
    arena_free(&deployment->task.arena);
}
