/* What a forecast costs: a rollout of a large fleet after its first wave, in a journal on disk; its
 * replay and its run ahead in virtual time, at two sizes.
 *
 * The fleet is that of bench/core.c: servers of 100 databases, two cohorts, 200 workers of 64 jobs
 * each; 8 jobs per server, half a second for each deploy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/array.h"
#include "common/revision/bundle.h"
#include "coordinator/core/core.h"
#include "coordinator/forecast/forecast.h"

enum {
    WORKERS = 200,
    WINDOW = 64,
    SERVER_TARGETS = 100,
    FLUSH_EVENTS = 20000,
    DEPLOY_MS = 500,
    NAME_BYTES = 40,
    URL_BYTES = 128,
};

static const uint64_t start_ms = UINT64_C(1700000000000);

struct queued {
    uint64_t worker;
    uint64_t job;
    uint32_t attempt;
    uint32_t target;
    enum job_kind kind;
};

struct bench {
    struct core *core;
    struct core_output output;
    struct journal *journal;
    uv_loop_t loop;
    struct core_source *sources;
    size_t target_count;
    struct queued *queue; /* a ring */
    size_t queue_first;
    size_t queue_count;
    size_t queue_capacity;
    uint64_t now_ms;
    size_t taken; /* commands of the output that are in the queue */
    size_t deployed;
};

static double seconds(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *message)
{
    fprintf(stderr, "bench_forecast: %s\n", message);
    exit(1);
}

static struct bundle *bundle_make(void)
{
    static const char first[] =
        "-- a\n--\n-- Revision ID: a1\n-- Revises:\n\n-- migrate:up\nSELECT 1;\n";
    static const char second[] =
        "-- b\n--\n-- Revision ID: b2\n-- Revises: a1\n\n-- migrate:up\nSELECT 2;\n";
    struct bundle_file files[] = {{"1_a.sql", first, sizeof first - 1},
                                  {"2_b.sql", second, sizeof second - 1}};
    struct diagnostics diagnostics = {0};
    struct bundle *bundle = bundle_build(files, 2, "", &diagnostics);
    if (diagnostics.error_count > 0) {
        fail(diagnostics.first->message);
    }
    diagnostics_free(&diagnostics);
    return bundle;
}

static void appended(const struct error *error, void *context)
{
    if (error != NULL) {
        fail(error->message);
    }
    *(bool *)context = true;
}

static void flush(struct bench *bench)
{
    bool done = false;
    if (bench->output.event_count > 0) {
        journal_append(bench->journal, &bench->loop, bench->output.events,
                       bench->output.event_count, appended, &done);
        while (!done) {
            (void)uv_run(&bench->loop, UV_RUN_ONCE);
        }
    }
    core_output_clear(&bench->output);
    bench->taken = 0;
}

static void feed(struct bench *bench, struct input *input)
{
    struct error error = {0};
    input->at_ms = bench->now_ms;
    if (core_step(bench->core, input, &bench->output, &error) < 0) {
        fail(error.message);
    }
    for (; bench->taken < bench->output.command_count; bench->taken++) {
        const struct command *command = &bench->output.commands[bench->taken];
        if (command->type == COMMAND_SEND_JOB) {
            size_t at = (bench->queue_first + bench->queue_count++) % bench->queue_capacity;
            bench->queue[at] = (struct queued){
                command->worker, command->job.job, command->job.attempt,
                (uint32_t)strtoul(command->job.target + 7, NULL, 10), command->job.kind};
        }
    }
    if (bench->output.event_count > FLUSH_EVENTS) {
        flush(bench);
    }
}

static void answer_next(struct bench *bench)
{
    struct queued job = bench->queue[bench->queue_first];
    bench->queue_first = (bench->queue_first + 1) % bench->queue_capacity;
    bench->queue_count--;
    char identity[32];
    (void)snprintf(identity, sizeof identity, "70000000000%08u", job.target / SERVER_TARGETS);
    bool deploy = job.kind == JOB_DEPLOY;
    bench->deployed += deploy;
    const char *head = deploy ? "b2" : "a1";
    struct input input = {.type = INPUT_RESULT,
                          .result = {.worker = job.worker,
                                     .job = job.job,
                                     .epoch = 1,
                                     .attempt = job.attempt,
                                     .outcome = JOB_OUTCOME_DONE,
                                     .sqlstate = "",
                                     .message = "",
                                     .heads = {&head, deploy || job.target % 2 == 0 ? 1 : 0},
                                     .heads_known = true,
                                     .server_identity = identity,
                                     .timeline = "1",
                                     .elapsed_ms = deploy ? DEPLOY_MS : 0}};
    feed(bench, &input);
}

static void fleet_make(struct bench *bench, struct arena *arena)
{
    bench->sources = arena_array(arena, bench->target_count, sizeof *bench->sources);
    for (size_t i = 0; i < bench->target_count; i++) {
        bench->sources[i] = (struct core_source){
            .name = arena_printf(arena, "tenant_%06zu", i),
            .url = arena_printf(arena, "postgresql://drover@pg-%04zu.db.example.com:5432/t_%06zu",
                                i / SERVER_TARGETS, i),
            .schema = "",
            .password = "env:PGPASSWORD",
            .databases = "",
            .schemas = "",
            .query = "",
            .origin = ""};
    }
}

/* Until the first wave is done. */
static void rollout_begin(struct bench *bench, const struct bundle *bundle)
{
    struct core_wave waves[] = {{.name = "canary", .select = "", .count = 10, .soak_ms = 60000},
                                {.name = "early", .select = "", .percent = 10},
                                {.name = "rest", .select = ""}};
    core_resume(bench->core, 1, true, bench->now_ms, 0, &bench->output);
    for (uint64_t i = 1; i <= WORKERS; i++) {
        struct input joined = {
            .type = INPUT_WORKER_JOINED,
            .worker_joined = {.instance = i, .name = "worker", .window = WINDOW}};
        feed(bench, &joined);
    }
    struct input start = {.type = INPUT_START,
                          .start = {.rollout = "bench",
                                    .purpose = PURPOSE_DEPLOY,
                                    .direction = DIRECTION_UP,
                                    .spec = "head",
                                    .bundle = bundle_digest(bundle),
                                    .actor = "bench",
                                    .version_schema = "",
                                    .sources = bench->sources,
                                    .source_count = bench->target_count,
                                    .waves = waves,
                                    .wave_count = 3,
                                    .concurrency = WORKERS * WINDOW,
                                    .per_server = 8,
                                    .where = "",
                                    .plan = "",
                                    .retry_attempts = 10}};
    feed(bench, &start);
    while (bench->queue_count > 0 && bench->deployed < 10) {
        answer_next(bench);
    }
    flush(bench);
}

static void forecast_measure(struct bench *bench)
{
    struct arena arena = {0};
    struct message_forecast forecast;
    struct error error;
    struct journal *reader = journal_reader(bench->journal, NULL, &error);
    if (reader == NULL) {
        fail(error.message);
    }
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (forecast_make(reader, bench->now_ms, NULL, &arena, &forecast, &error) != 0) {
        fail(error.message);
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    printf("| %7zu | %6.3f | %6.3f | %9.1f | %s |\n", bench->target_count, wall, cpu,
           forecast.finish_ms > 0 ? (double)(forecast.finish_ms - bench->now_ms) / 1000 : 0,
           forecast.reason);
    (void)fflush(stdout);
    journal_close(reader);
    arena_free(&arena);
}

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    (void)bundle;
    (void)error;
    return context;
}

static void size_measure(size_t count, const struct bundle *bundle)
{
    const struct core_ports ports = {.context = (void *)bundle_graph(bundle), .graph = graph};
    struct arena arena = {0};
    struct error error;
    char folder[] = "/tmp/drover-forecast-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        fail("no temporary folder");
    }
    const char *path = arena_printf(&arena, "%s/journal.db", folder);
    struct bench bench = {.core = core_create(&ports),
                          .target_count = count,
                          .queue_capacity = WORKERS * WINDOW + 1,
                          .now_ms = start_ms};
    bench.queue = memory_alloc(bench.queue_capacity * sizeof *bench.queue);
    bench.journal = journal_sqlite_open(path, &error);
    if (bench.journal == NULL || journal_claim(bench.journal, &error) == 0) {
        fail(error.message);
    }
    (void)uv_loop_init(&bench.loop);
    fleet_make(&bench, &arena);
    rollout_begin(&bench, bundle);
    forecast_measure(&bench);
    journal_close(bench.journal);
    (void)uv_run(&bench.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&bench.loop);
    core_free(bench.core);
    core_output_free(&bench.output);
    free(bench.queue);
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < LENGTH(ends); i++) {
        (void)unlink(arena_printf(&arena, "%s%s", path, ends[i]));
    }
    (void)rmdir(folder);
    arena_free(&arena);
}

int main(void)
{
    struct bundle *bundle = bundle_make();
    printf("| targets | wall s |  CPU s | ends in s | reason |\n");
    printf("|--------:|-------:|-------:|----------:|:-------|\n");
    size_measure(10000, bundle);
    size_measure(100000, bundle);
    bundle_free(bundle);
    return 0;
}
