/* What the core alone costs: memory and time per target at three sizes, with pretend workers in
 * this process that answer at once. Both must grow linearly, memory stay under 1 KiB per target.
 *
 * The fleet is spread over servers of 100 databases at three different revisions, the workers take
 * 64 jobs each. Time covers a whole rollout (start, inspections, gate, three waves of deploys), in
 * steps of one input each, and separately the replay of its journal. The pretend workers' own work
 * (a queue) is in the numbers, the copies of events that stand for the journal are not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/base/array.h"
#include "common/revision/bundle.h"
#include "coordinator/core/core.h"

enum { WORKERS = 200, WINDOW = 64, SERVER_TARGETS = 100, URL_BYTES = 128, NAME_BYTES = 40 };

struct queued {
    uint64_t worker;
    uint64_t job;
    uint64_t epoch;
    uint32_t attempt;
    uint32_t target;
    enum job_kind kind;
};

struct bench {
    struct core *core;
    struct core_output output;
    struct core_source *sources;
    size_t target_count;
    struct queued *queue; /* jobs under way, in a ring */
    size_t queue_first;
    size_t queue_count;
    size_t queue_capacity;
    struct arena journal; /* copies of events, for the replay */
    struct event *events;
    size_t event_count;
    size_t event_capacity;
    double journal_seconds;
    double start_seconds;    /* of the step that takes the fleet in */
    double step_seconds_max; /* of those that take a result; the gate's is the longest */
};

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct bundle *bundle_make(void)
{
    static const struct bundle_file files[] = {
        {"1_a.sql", "-- a\n--\n-- Revision ID: a1\n-- Revises:\n\n-- migrate:up\nSELECT 1;\n", 0},
        {"2_b.sql", "-- b\n--\n-- Revision ID: b2\n-- Revises: a1\n\n-- migrate:up\nSELECT 2;\n",
         0},
        {"3_c.sql", "-- c\n--\n-- Revision ID: c3\n-- Revises: b2\n\n-- migrate:up\nSELECT 3;\n",
         0},
    };
    struct bundle_file sized[3];
    for (size_t i = 0; i < 3; i++) {
        sized[i] = files[i];
        sized[i].length = strlen(files[i].content);
    }
    struct diagnostics diagnostics = {0};
    struct bundle *bundle = bundle_build(sized, 3, "", &diagnostics);
    if (diagnostics.error_count > 0) {
        fprintf(stderr, "bench_core: %s\n", diagnostics.first->message);
        exit(1);
    }
    diagnostics_free(&diagnostics);
    return bundle;
}

/* What the shell does with an output: the journal keeps the events, the workers get the jobs. */
static void output_take(struct bench *bench)
{
    double began = seconds();
    for (size_t i = 0; i < bench->output.event_count; i++) {
        if (bench->event_count == bench->event_capacity) {
            bench->event_capacity = bench->event_capacity > 0 ? bench->event_capacity * 2 : 1024;
            bench->events =
                memory_resize(bench->events, bench->event_capacity * sizeof *bench->events);
        }
        event_copy(&bench->journal, &bench->output.events[i], &bench->events[bench->event_count++]);
    }
    for (size_t i = 0; i < bench->output.command_count; i++) {
        const struct command *command = &bench->output.commands[i];
        if (command->type == COMMAND_SEND_JOB) {
            size_t at = (bench->queue_first + bench->queue_count++) % bench->queue_capacity;
            bench->queue[at] = (struct queued){command->worker,
                                               command->job.job,
                                               command->job.epoch,
                                               command->job.attempt,
                                               (uint32_t)strtoul(command->job.target + 7, NULL, 10),
                                               command->job.kind};
        }
    }
    core_output_clear(&bench->output);
    bench->journal_seconds += seconds() - began;
}

static void feed(struct bench *bench, struct input *input)
{
    struct error error = {0};
    input->at_ms = 1700000000000u;
    double began = seconds();
    if (core_step(bench->core, input, &bench->output, &error) < 0) {
        fprintf(stderr, "bench_core: %s\n", error.message);
        exit(1);
    }
    double took = seconds() - began;
    if (input->type == INPUT_START) {
        bench->start_seconds = took;
    }
    if (input->type == INPUT_RESULT && took > bench->step_seconds_max) {
        bench->step_seconds_max = took;
    }
    output_take(bench);
}

static void answer_next(struct bench *bench)
{
    static const char *const revisions[] = {"a1", "b2", "c3"};
    struct queued job = bench->queue[bench->queue_first];
    bench->queue_first = (bench->queue_first + 1) % bench->queue_capacity;
    bench->queue_count--;
    char identity[32];
    (void)snprintf(identity, sizeof identity, "70000000000%08u", job.target / SERVER_TARGETS);
    const char *head = job.kind == JOB_DEPLOY ? "c3" : revisions[job.target % 2];
    struct input input = {.type = INPUT_RESULT,
                          .result = {.worker = job.worker,
                                     .job = job.job,
                                     .epoch = job.epoch,
                                     .attempt = job.attempt,
                                     .outcome = JOB_OUTCOME_DONE,
                                     .sqlstate = "",
                                     .message = "",
                                     .heads = {&head, 1},
                                     .heads_known = true,
                                     .server_identity = identity,
                                     .timeline = "1"}};
    feed(bench, &input);
}

static void fleet_make(struct bench *bench, size_t count)
{
    static const char *const labels[] = {"tier=free", "region=eu"};
    bench->target_count = count;
    bench->sources = memory_alloc(count * sizeof *bench->sources);
    for (size_t i = 0; i < count; i++) {
        char *name = memory_alloc(NAME_BYTES);
        char *url = memory_alloc(URL_BYTES);
        (void)snprintf(name, NAME_BYTES, "tenant_%06zu", i);
        (void)snprintf(url, URL_BYTES,
                       "postgresql://drover@pg-%04zu.db.example.com:5432/tenant_%06zu?"
                       "sslmode=require",
                       i / SERVER_TARGETS, i);
        bench->sources[i] = (struct core_source){.name = name,
                                                 .url = url,
                                                 .schema = "",
                                                 .password = "env:PGPASSWORD",
                                                 .labels = {labels, 2},
                                                 .databases = "",
                                                 .schemas = "",
                                                 .query = "",
                                                 .origin = ""};
    }
}

static void fleet_free(struct bench *bench)
{
    for (size_t i = 0; i < bench->target_count; i++) {
        free((void *)bench->sources[i].name);
        free((void *)bench->sources[i].url);
    }
    free(bench->sources);
}

static void rollout_run(struct bench *bench, const struct bundle *bundle)
{
    core_resume(bench->core, 1, true, 1700000000000u, 0, &bench->output);
    for (uint64_t i = 1; i <= WORKERS; i++) {
        struct input joined = {
            .type = INPUT_WORKER_JOINED,
            .worker_joined = {.instance = i, .name = "worker", .window = WINDOW}};
        feed(bench, &joined);
    }
    struct core_wave waves[] = {
        {.name = "canary", .count = 10}, {.name = "early", .percent = 10}, {.name = "rest"}};
    struct input start = {.type = INPUT_START,
                          .start = {.rollout = "bench",
                                    .purpose = PURPOSE_DEPLOY,
                                    .direction = DIRECTION_UP,
                                    .spec = "head",
                                    .bundle = bundle_digest(bundle),
                                    .actor = "bench",
                                    .version_schema = "",
                                    .version_table = "",
                                    .sources = bench->sources,
                                    .source_count = bench->target_count,
                                    .waves = waves,
                                    .wave_count = 3,
                                    .concurrency = WORKERS * WINDOW,
                                    .per_server = 8,
                                    .retry_attempts = 10,
                                    .retry_backoff_min_ms = 1000,
                                    .retry_backoff_max_ms = 60000}};
    feed(bench, &start);
    while (bench->queue_count > 0) {
        answer_next(bench);
    }
}

/* Seconds for the replay; also checks that it ends where the live one did. */
static double replay_time(const struct bench *bench)
{
    struct core *core = core_create(&(struct core_ports){0});
    double began = seconds();
    for (size_t i = 0; i < bench->event_count; i++) {
        core_apply(core, &bench->events[i]);
    }
    double took = seconds() - began;
    struct buffer live = {0};
    struct buffer replayed = {0};
    core_state_print(bench->core, &live);
    core_state_print(core, &replayed);
    if (strcmp(buffer_text(&live), buffer_text(&replayed)) != 0) {
        fprintf(stderr, "bench_core: the replay differs\n");
        exit(1);
    }
    buffer_free(&live);
    buffer_free(&replayed);
    core_free(core);
    return took;
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
    struct bench bench = {.queue_capacity = WORKERS * WINDOW + 1};
    bench.queue = memory_alloc(bench.queue_capacity * sizeof *bench.queue);
    bench.core = core_create(&ports);
    fleet_make(&bench, count);
    double began = seconds();
    rollout_run(&bench, bundle);
    double took = seconds() - began - bench.journal_seconds;
    struct core_rollout_view view;
    core_rollout_view(bench.core, &view);
    if (view.state != ROLLOUT_SUCCEEDED || view.counts.deployed != count) {
        fprintf(stderr, "bench_core: ended as %s with %u deployed\n",
                rollout_state_word(view.state), view.counts.deployed);
        exit(1);
    }
    double replay = replay_time(&bench);
    printf("| %7zu | %9.1f | %12.0f | %9.3f | %13.2f | %8.3f | %15.2f | %8.1f | %13.1f |\n", count,
           (double)core_memory_bytes(bench.core) / 1024.0,
           (double)core_memory_bytes(bench.core) / (double)count, took, took * 1e6 / (double)count,
           replay, replay * 1e6 / (double)count, bench.start_seconds * 1e3,
           bench.step_seconds_max * 1e3);
    (void)fflush(stdout);
    core_free(bench.core);
    core_output_free(&bench.output);
    fleet_free(&bench);
    arena_free(&bench.journal);
    free(bench.events);
    free(bench.queue);
}

int main(void)
{
    struct bundle *bundle = bundle_make();
    printf("| targets | core, KiB | bytes/target | rollout s | rollout us/t. | replay s |"
           " replay us/targ. | start ms | worst step ms |\n");
    printf("|--------:|----------:|-------------:|----------:|--------------:|---------:|"
           "----------------:|---------:|--------------:|\n");
    static const size_t sizes[] = {1000, 10000, 100000};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        size_measure(sizes[i], bundle);
    }
    bundle_free(bundle);
    return 0;
}
