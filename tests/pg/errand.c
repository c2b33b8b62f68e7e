/* Errands (errand.h). */
#include "tests/pg/errand.h"

#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "tests/pg/cluster.h"

void office_open(struct office *office, uint32_t kept_connections)
{
    cr_assert_eq(uv_loop_init(&office->loop), 0);
    office->pool = pool_open(&office->loop, kept_connections);
}

void office_close(struct office *office)
{
    pool_close(office->pool);
    while (uv_run(&office->loop, UV_RUN_DEFAULT) != 0) {
    }
    cr_assert_eq(uv_loop_close(&office->loop), 0, "handles are left open");
}

static void finished(struct task *task)
{
    struct errand *errand = (struct errand *)task;
    cr_assert_not(errand->finished, "finish was called twice");
    cr_assert_null(task->cancel);
    errand->finished = true;
    uv_stop(task->loop); /* UV_RUN_ONCE would poll once more after a timer */
}

void errand_make(struct errand *errand, struct office *office, const char *kind,
                 const char *database)
{
    memset(errand, 0, sizeof *errand);
    struct task *task = &errand->task;
    task->loop = &office->loop;
    task->pool = office->pool;
    task->finish = finished;
    task->job = (struct message_job){.try.key.job = 1,
                                     .epoch = 1,
                                     .try.attempt = 1,
                                     .kind = (enum job_kind)job_kind_from_word(kind),
                                     .rollout = "r1",
                                     .place.name = database,
                                     .place.schema = "",
                                     .place.search_path = "",
                                     .place.password = "",
                                     .version.version_schema = "public",
                                     .bundle = "",
                                     .direction = DIRECTION_UP,
                                     .discovery.databases = "",
                                     .discovery.schemas = "",
                                     .discovery.query = "",
                                     .server_identity = "",
                                     .timeouts.connect_timeout_ms = 10000};
    task->job.place.url = arena_strdup(&task->arena, cluster_url(database));
    task->result.failure.message = "";
}

void errand_start(struct errand *errand)
{
    static const struct {
        enum job_kind kind;
        void (*start)(struct task *task);
    } runners[] = {{JOB_INSPECT, inspect_start},
                   {JOB_DISCOVER, discover_start},
                   {JOB_CHECK, check_start},
                   {JOB_PROBE, probe_start}};
    for (size_t i = 0; i < LENGTH(runners); i++) {
        if (runners[i].kind == errand->task.job.kind) {
            runners[i].start(&errand->task);
        }
    }
    cr_assert_not(errand->finished, "finish must come on a later turn of the loop");
}

void errand_wait(struct errand *errand)
{
    while (!errand->finished) {
        uv_run(errand->task.loop, UV_RUN_ONCE);
    }
}

void errand_run(struct errand *errand)
{
    errand_start(errand);
    errand_wait(errand);
}

void errand_free(struct errand *errand)
{
    arena_free(&errand->task.arena);
}

void errand_expect_failure(const struct errand *errand, const char *cause, const char *text)
{
    const struct message_result *result = &errand->task.result;
    cr_expect_eq(result->outcome, JOB_OUTCOME_FAILED);
    cr_expect_str_eq(failure_cause_word(result->failure.cause), cause, "%s: %s",
                     failure_cause_word(result->failure.cause), result->failure.message);
    struct buffer all = {0};
    buffer_printf(&all, "%s|%s|%s|%s|%s", result->failure.sqlstate, result->failure.message,
                  result->failure.detail, result->failure.hint, result->failure.location);
    cr_expect_not_null(strstr(buffer_text(&all), text), "%s", buffer_text(&all));
    buffer_free(&all);
}

void errand_expect_done(const struct errand *errand)
{
    const struct message_result *result = &errand->task.result;
    cr_expect_eq(result->outcome, JOB_OUTCOME_DONE, "%s: %s",
                 failure_cause_word(result->failure.cause), result->failure.message);
    cr_expect_eq(result->failure.cause, FAILURE_CAUSE_NONE);
}

const char *errand_heads(struct errand *errand)
{
    struct arena *arena = &errand->task.arena;
    const char *text = "";
    for (size_t i = 0; i < errand->task.result.rows.heads.count; i++) {
        text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "",
                            errand->task.result.rows.heads.items[i]);
    }
    return text;
}
