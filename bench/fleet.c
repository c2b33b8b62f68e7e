/* The fleet of the benches (fleet.h). */
#include "bench/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"

enum { WINDOW = 64, SERVER_TARGETS = 100, QUEUE = FLEET_WORKERS * WINDOW + 1, DEPLOY_MS = 500 };

double fleet_seconds(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

_Noreturn void fleet_fail(const char *message)
{
    fprintf(stderr, "bench: %s\n", message);
    exit(1);
}

static struct bundle *bundle_make(void)
{
    static const char *const revisions[] = {
        "-- a\n--\n-- Revision ID: a1\n-- Revises:\n\n-- migrate:up\nSELECT 1;\n",
        "-- b\n--\n-- Revision ID: b2\n-- Revises: a1\n\n-- migrate:up\nSELECT 2;\n",
        "-- c\n--\n-- Revision ID: c3\n-- Revises: b2\n\n-- migrate:up\nSELECT 3;\n",
    };
    static const char *const names[] = {"1_a.sql", "2_b.sql", "3_c.sql"};
    struct bundle_file files[LENGTH(revisions)];
    for (size_t i = 0; i < LENGTH(revisions); i++) {
        files[i] = (struct bundle_file){names[i], revisions[i], strlen(revisions[i])};
    }
    struct diagnostics diagnostics = {0};
    struct bundle *bundle = bundle_build(files, LENGTH(files), "", &diagnostics);
    if (diagnostics.error_count > 0) {
        fleet_fail(diagnostics.first->message);
    }
    diagnostics_free(&diagnostics);
    return bundle;
}

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    const struct fleet *fleet = context;
    (void)bundle;
    (void)error;
    return bundle_graph(fleet->bundle);
}

void fleet_init(struct fleet *fleet, size_t count)
{
    static const char *const labels[] = {"tier=free", "region=eu"};
    const struct core_ports ports = {.context = fleet, .graph = graph};
    *fleet = (struct fleet){.core = core_create(&ports),
                            .bundle = bundle_make(),
                            .count = count,
                            .queue = memory_alloc(QUEUE * sizeof(struct queued)),
                            .now_ms = 1700000000000u};
    fleet->sources = arena_array(&fleet->arena, count, sizeof *fleet->sources);
    for (size_t i = 0; i < count; i++) {
        fleet->sources[i] = (struct source_definition){
            .place.name = arena_printf(&fleet->arena, "tenant_%06zu", i),
            .place.url =
                arena_printf(&fleet->arena,
                             "postgresql://drover@pg-%04zu.db.example.com:5432/tenant_%06zu?"
                             "sslmode=require",
                             i / SERVER_TARGETS, i),
            .place.password = "env:PGPASSWORD",
            .labels = {labels, LENGTH(labels)}};
    }
}

void fleet_free(struct fleet *fleet)
{
    core_free(fleet->core);
    core_output_free(&fleet->output);
    bundle_free(fleet->bundle);
    free(fleet->queue);
    arena_free(&fleet->arena);
}

struct input fleet_worker(const struct fleet *fleet, uint64_t instance)
{
    return (struct input){.type = INPUT_WORKER_JOINED,
                          .at_ms = fleet->now_ms,
                          .worker_joined = {.worker = {instance, "worker", WINDOW}}};
}

struct input fleet_start(struct fleet *fleet, uint64_t soak_ms)
{
    fleet->waves[0] =
        (struct wave_definition){.name = "canary", .count = FLEET_CANARIES, .soak_ms = soak_ms};
    fleet->waves[1] = (struct wave_definition){.name = "early", .percent = 10};
    fleet->waves[2] = (struct wave_definition){.name = "rest"};
    return (struct input){.type = INPUT_START,
                          .at_ms = fleet->now_ms,
                          .start = {.policy.rollout = "bench",
                                    .policy.request.purpose = PURPOSE_DEPLOY,
                                    .policy.request.direction = DIRECTION_UP,
                                    .policy.request.spec = "head",
                                    .policy.request.bundle = bundle_digest(fleet->bundle),
                                    .policy.request.actor = "bench",
                                    .fleet = {.sources = {fleet->sources, fleet->count},
                                              .waves = {fleet->waves, LENGTH(fleet->waves)}},
                                    .policy.limits.concurrency = FLEET_WORKERS * WINDOW,
                                    .policy.limits.per_server = 8,
                                    .policy.limits.retry_attempts = 10,
                                    .policy.limits.retry_backoff_min_ms = 1000,
                                    .policy.limits.retry_backoff_max_ms = 60000}};
}

struct input fleet_answer(struct fleet *fleet)
{
    static const char *const cohorts[] = {"a1", "b2"};
    struct queued job = fleet->queue[fleet->queue_first];
    bool deploy = job.kind == JOB_DEPLOY;
    fleet->queue_first = (fleet->queue_first + 1) % QUEUE;
    fleet->queue_count--;
    fleet->deployed += deploy;
    fleet->head = deploy ? "c3" : cohorts[job.target % 2];
    (void)snprintf(fleet->identity, sizeof fleet->identity, "70000000000%08u",
                   job.target / SERVER_TARGETS);
    return (struct input){.type = INPUT_RESULT,
                          .at_ms = fleet->now_ms,
                          .result = {.worker = job.worker,
                                     .message = {.try = job.try,
                                                 .outcome = JOB_OUTCOME_DONE,
                                                 .rows.heads = {&fleet->head, 1},
                                                 .rows.heads_known = true,
                                                 .seen.server.server_identity = fleet->identity,
                                                 .seen.server.timeline = "1",
                                                 .elapsed_ms = deploy ? DEPLOY_MS : 0}}};
}

void fleet_take(struct fleet *fleet)
{
    for (; fleet->taken < fleet->output.command_count; fleet->taken++) {
        const struct command *command = &fleet->output.commands[fleet->taken];
        const struct message_job *job = &command->job;
        if (command->type == COMMAND_SEND_JOB) {
            fleet->queue[(fleet->queue_first + fleet->queue_count++) % QUEUE] = (struct queued){
                command->worker, job->try,
                (uint32_t)strtoul(job->place.name + strlen("tenant_"), NULL, 10), job->kind};
        }
    }
}

void fleet_clear(struct fleet *fleet)
{
    core_output_clear(&fleet->output);
    fleet->taken = 0;
}
