/* Peers keep every message they get; workers answer jobs as their switches say. */
#include "tests/unit/coordinator/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "coordinator/shell/inbox.h"
#include "tests/lib/world/shape.h"

struct bench bench;

static struct source_definition targets[] = {
    {.place.name = "acme",
     .place.url = "postgresql://drover@one:5432/acme_db",
     .origin = "drover.yaml:3:5"},
    {.place.name = "bolt",
     .place.url = "postgresql://drover@one:5432/bolt_db",
     .origin = "drover.yaml:4:5"},
    {.place.name = "cask",
     .place.url = "postgresql://drover@two:5432/cask_db",
     .origin = "drover.yaml:5:5"},
};
static struct wave_definition waves[] = {{.name = "canary", .count = 1}, {.name = "rest"}};
static const struct config config = {
    .path = "drover.yaml",
    .folder = ".",
    .migrations = {.path = "migrations"},
    .version.version_schema = "public",
    .version.version_table = "alembic_version",
    .fleet = {.sources = {targets, LENGTH(targets)}, .waves = {waves, 2}},
    .limits.concurrency = 64,
    .limits.per_server = 8,
    .limits.retry_attempts = 3,
    .limits.retry_backoff_min_ms = 10,
    .limits.retry_backoff_max_ms = 20,
    .timeouts.lock_timeout_ms = 2000,
    .timeouts.statement_timeout_ms = 60000,
    .timeouts.connect_timeout_ms = 5000};
static struct peer *peers[64];
static size_t peer_total;

/* ---- the bench ---- */

static void guard_wake(uv_timer_t *timer)
{
    (void)timer;
}

void bench_init(void)
{
    cr_assert_eq(uv_loop_init(&bench.loop), 0);
    uv_timer_init(&bench.loop, &bench.guard);
    uv_timer_start(&bench.guard, guard_wake, 1000, 1000);
    snprintf(bench.folder, sizeof bench.folder, "/tmp/drover-coordinator-XXXXXX");
    cr_assert_not_null(mkdtemp(bench.folder));
    snprintf(bench.journal_path, sizeof bench.journal_path, "%s/journal.db", bench.folder);
    bench.config = config;
    bench.bundle = shape_bundle(SHAPE_OF_THREE);
}

static void failed_note(const struct error *reason, void *context)
{
    (void)reason;
    (void)context;
    bench.failed = true;
}

static void closed_note(void *context)
{
    (void)context;
    bench.closed = true;
}

void bench_start(bool sqlite)
{
    struct error error;
    bench.closed = false;
    bench.journal = sqlite ? journal_sqlite_open(bench.journal_path, &error)
                           : journal_memory_open(&bench.failures);
    cr_assert_not_null(bench.journal, "%s", error.message);
    struct coordinator_options options = {
        .config = &bench.config, .journal = bench.journal, .listen = bench.listen};
    bench.coordinator = coordinator_start(&bench.loop, &options, failed_note, NULL, &error);
    cr_assert_not_null(bench.coordinator, "%s", error.message);
}

void bench_stop(void)
{
    coordinator_close(bench.coordinator, closed_note, NULL);
    bench.coordinator = NULL;
    RUN_UNTIL(bench.closed);
}

void bench_fini(void)
{
    if (bench.coordinator != NULL) {
        bench_stop();
    }
    for (size_t i = 0; i < peer_total; i++) {
        stream_close(peers[i]->stream);
        arena_free(&peers[i]->arena);
    }
    uv_close((uv_handle_t *)&bench.guard, NULL);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&bench.loop), 0, "handles were left open");
    for (size_t i = 0; i < peer_total; i++) {
        free(peers[i]);
    }
    shapes_free();
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", bench.folder);
    cr_assert_eq(system(command), 0);
}

/* ---- peers ---- */

static void job_receive(struct peer *peer, const struct message_job *job)
{
    bool deploy = job->kind == JOB_DEPLOY;
    peer->jobs_seen[deploy ? 2 : job->kind == JOB_INSPECT ? 1 : 0]++;
    if (deploy && peer->deploys && peer->deploy_fails) {
        peer_result(peer, job, "failed");
    } else if (deploy ? peer->deploys : peer->inspects) {
        peer_result(peer, job, "done");
    }
}

static void peer_received(struct stream *stream, const struct message *message, void *context)
{
    (void)stream;
    struct peer *peer = context;
    cr_assert_lt(peer->count, (size_t)PEER_MESSAGES_MAX);
    peer->messages[peer->count] = message_copy(message, &peer->arena);
    const struct message *kept = &peer->messages[peer->count++];
    if (kept->type == MESSAGE_JOB) {
        job_receive(peer, &kept->job);
    } else if (kept->type == MESSAGE_BUNDLE_WANTED) {
        struct message answer = {.type = MESSAGE_BUNDLE,
                                 .bundle = {.digest = kept->bundle_wanted.digest,
                                            .content = bundle_bytes(bench.bundle)}};
        peer_send(peer, &answer);
    }
}

static void peer_lost(struct stream *stream, const struct error *reason, void *context)
{
    (void)reason;
    struct peer *peer = context;
    peer->lost = true;
    peer->stream = NULL;
    stream_close(stream);
}

void peer_listen(struct peer *peer, struct stream *stream)
{
    struct stream_callbacks callbacks = {
        .message = peer_received, .lost = peer_lost, .context = peer};
    peer->stream = stream;
    stream_callbacks_set(stream, &callbacks);
}

struct peer *peer_connect_raw(void)
{
    struct peer *peer = memory_alloc(sizeof *peer);
    peers[peer_total++] = peer;
    int ends[2];
    struct error error;
    cr_assert_eq(stream_pair(ends, &error), 0, "%s", error.message);
    struct stream_callbacks callbacks = {
        .message = peer_received, .lost = peer_lost, .context = peer};
    peer->stream = stream_open(&bench.loop, ends[0], &callbacks, &error);
    cr_assert_not_null(peer->stream, "%s", error.message);
    cr_assert_eq(coordinator_adopt(bench.coordinator, ends[1], &error), 0, "%s", error.message);
    return peer;
}

struct peer *peer_connect(const char *role, uint64_t instance, uint32_t credit)
{
    struct peer *peer = peer_connect_raw();
    peer->inspects = peer->deploys = true;
    struct message hello = {.type = MESSAGE_HELLO,
                            .hello = {.protocol = WIRE_PROTOCOL,
                                      .role = role,
                                      .name = role,
                                      .instance = instance,
                                      .version = "test",
                                      .credit = credit}};
    peer_send(peer, &hello);
    RUN_UNTIL(peer_count(peer, MESSAGE_WELCOME) == 1);
    return peer;
}

struct peer *peer_come_back(uint64_t instance, struct job_attempt *running, size_t count)
{
    struct peer *peer = peer_connect_raw();
    peer->inspects = peer->deploys = true;
    struct message hello = {.type = MESSAGE_HELLO,
                            .hello = {.protocol = WIRE_PROTOCOL,
                                      .role = "worker",
                                      .name = "back",
                                      .instance = instance,
                                      .credit = 8,
                                      .running = {running, count}}};
    peer_send(peer, &hello);
    return peer;
}

void peer_send(struct peer *peer, const struct message *message)
{
    stream_send(peer->stream, message);
}

void peer_close(struct peer *peer)
{
    stream_close(peer->stream);
    peer->stream = NULL;
}

const struct message *peer_message(const struct peer *peer, enum message_type type, size_t nth)
{
    for (size_t i = 0; i < peer->count; i++) {
        if (peer->messages[i].type == type && nth-- == 0) {
            return &peer->messages[i];
        }
    }
    return NULL;
}

size_t peer_count(const struct peer *peer, enum message_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < peer->count; i++) {
        count += peer->messages[i].type == type;
    }
    return count;
}

bool peer_was_told(const struct peer *peer, const char *sentence_part)
{
    const struct message *notice;
    for (size_t i = 0; (notice = peer_message(peer, MESSAGE_NOTICE, i)) != NULL; i++) {
        if (strstr(notice->notice.entry.sentence, sentence_part) != NULL) {
            return true;
        }
    }
    return false;
}

void peer_start(struct peer *peer, const char *purpose, const char *spec)
{
    bool bundle = strcmp(purpose, "list") != 0;
    struct message start = {
        .type = MESSAGE_START,
        .start = {.request = {.purpose = (enum purpose)purpose_from_word(purpose),
                              .direction = DIRECTION_UP,
                              .spec = spec,
                              .bundle = bundle ? bundle_digest(bench.bundle) : "",
                              .actor = "tester"}}};
    peer_send(peer, &start);
}

void peer_watch(struct peer *peer)
{
    struct message watch = {.type = MESSAGE_WATCH, .watch = {.rollout = ""}};
    peer_send(peer, &watch);
}

void peer_start_watch(struct peer *peer)
{
    size_t started = peer_count(peer, MESSAGE_STARTED);
    peer_start(peer, "deploy", "head");
    RUN_UNTIL(peer_count(peer, MESSAGE_STARTED) > started);
    peer_watch(peer);
}

void peer_control(struct peer *peer, const char *verb)
{
    struct message control = {.type = MESSAGE_CONTROL,
                              .control = {.verb = (enum control_verb)control_verb_from_word(verb),
                                          .who = {"tester", "a test"}}};
    control.control.interrupted = strcmp(verb, "interrupt") == 0;
    if (control.control.interrupted) {
        control.control.verb = CONTROL_PAUSE;
    }
    peer_send(peer, &control);
}

void peer_result(struct peer *peer, const struct message_job *job, const char *outcome)
{
    static const char *const head[] = {"c3"};
    bool deploy = job->kind == JOB_DEPLOY;
    bool done = strcmp(outcome, "done") == 0;
    char fault[128] = "";
    if (!done) {
        snprintf(fault, sizeof fault, "relation \"%s_db.x\" of %s is broken", job->place.name,
                 job->place.name);
    }
    struct message result = {
        .type = MESSAGE_RESULT,
        .result = {.try = job->try,
                   .outcome = (enum job_outcome)job_outcome_from_word(outcome),
                   .failure.cause = done ? FAILURE_CAUSE_NONE : FAILURE_CAUSE_SQL,
                   .failure.sqlstate = done ? "" : "42P01",
                   .failure.message = fault,
                   .failure.location = done ? "" : "02_c3.sql:9",
                   .rows = {true, {head, deploy && done ? 1 : 0}, {0}},
                   .seen.server = {"7", "1"}}};
    peer_send(peer, &result);
}

void bench_settle(struct peer *peer)
{
    for (int round = 0; round < 3; round++) {
        size_t before = peer_count(peer, MESSAGE_HEARTBEAT);
        struct message beat = {.type = MESSAGE_HEARTBEAT};
        peer_send(peer, &beat);
        RUN_UNTIL(peer_count(peer, MESSAGE_HEARTBEAT) > before);
    }
}
