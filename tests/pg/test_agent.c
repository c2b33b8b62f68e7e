/* The agent between a coordinator played by the test, word by word, and a real server. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "common/revision/bundle.h"
#include "common/wire/stream.h"
#include "tests/pg/cluster.h"
#include "worker/link/worker.h"

enum { SEEN_MAX = 64 };

/* Everything lives on one loop; `seen` is what the worker said, in order, as a trace of names. */
static uv_loop_t loop;
static struct worker *worker;
static struct stream *stream;
static struct listener *listener;
static struct arena arena; /* of the messages seen */
static struct message seen[SEEN_MAX];
static size_t seen_count;
static size_t taken; /* by expect() */
static bool stopped;
static struct error stopped_reason;
static struct bundle *bundle;
static char folder[] = "/tmp/drover-agent-XXXXXX";

static void on_stopped(struct worker *which, const struct error *reason, void *context)
{
    (void)which;
    (void)context;
    stopped = true;
    if (reason != NULL) {
        stopped_reason = *reason;
    }
}

static void on_message(struct stream *from, const struct message *message, void *context)
{
    (void)from;
    (void)context;
    if (message->type == MESSAGE_HEARTBEAT) {
        return;
    }
    cr_assert_lt(seen_count, SEEN_MAX);
    struct buffer payload = {0};
    struct error error;
    message_encode(message, &payload);
    cr_assert_eq(message_decode((struct bytes){(const uint8_t *)payload.data, payload.length},
                                &arena, &seen[seen_count], &error),
                 0);
    seen_count++;
    buffer_free(&payload);
}

static void on_lost(struct stream *from, const struct error *reason, void *context)
{
    (void)reason;
    (void)context;
    stream_close(from);
    stream = NULL;
}

static const struct stream_callbacks callbacks = {on_message, on_lost, NULL};

static void on_accepted(int file_descriptor, void *context)
{
    (void)context;
    struct error error;
    stream = stream_open(&loop, file_descriptor, &callbacks, &error);
    cr_assert_not_null(stream, "%s", error.message);
}

/* Runs the loop until the condition holds; a timer keeps UV_RUN_ONCE from sleeping past it. */
static void tick(uv_timer_t *timer)
{
    (void)timer;
}
#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        uv_timer_t timer;                                                                          \
        uv_timer_init(&loop, &timer);                                                              \
        uv_timer_start(&timer, tick, 5, 5);                                                        \
        while (!(condition)) {                                                                     \
            uv_run(&loop, UV_RUN_ONCE);                                                            \
        }                                                                                          \
        uv_close((uv_handle_t *)&timer, NULL);                                                     \
        uv_run(&loop, UV_RUN_NOWAIT);                                                              \
    } while (0)

/* The next message of the worker, which must be of this type. */
static const struct message *expect(enum message_type type)
{
    WAIT_FOR(seen_count > taken);
    const struct message *message = &seen[taken++];
    cr_assert_str_eq(message_name(message->type), message_name(type));
    return message;
}

static void expect_nothing(void)
{
    for (int i = 0; i < 20; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    cr_assert_eq(seen_count, taken, "unexpected %s", message_name(seen[taken].type));
}

static void say(const struct message *message)
{
    stream_send(stream, message);
}

static void welcome(uint64_t epoch)
{
    say(&(struct message){.type = MESSAGE_WELCOME,
                          .welcome = {.protocol = WIRE_PROTOCOL, .epoch = epoch, .version = "t"}});
}

static void job_of_claim(uint64_t number, uint64_t claim, const char *digest)
{
    say(&(struct message){.type = MESSAGE_JOB,
                          .job = {.try = {{number, claim}, 2},
                                  .kind = JOB_INSPECT,
                                  .place.name = "t",
                                  .place.url = cluster_url("postgres"),
                                  .version.version_schema = "public",
                                  .bundle = digest,
                                  .direction = DIRECTION_UP,
                                  .timeouts.connect_timeout_ms = 10000}});
}

static void job(uint64_t number, const char *digest)
{
    job_of_claim(number, 7, digest);
}

static void acknowledge(uint64_t number)
{
    say(&(struct message){.type = MESSAGE_RESULT_ACK, .result_ack.key = {number, 7}});
}

static void bundle_say(const char *digest)
{
    say(&(struct message){.type = MESSAGE_BUNDLE,
                          .bundle = {.digest = digest, .content = bundle_bytes(bundle)}});
}

static void start(const char *address)
{
    struct error error;
    int ends[2] = {-1, -1};
    if (address == NULL) {
        cr_assert_eq(stream_pair(ends, &error), 0);
        on_accepted(ends[1], NULL);
    }
    const struct worker_options options = {.address = address,
                                           .file_descriptor = ends[0],
                                           .name = "w1",
                                           .credit = 8,
                                           .kept_connections = 2};
    worker = worker_start(&loop, &options, on_stopped, NULL, &error);
    cr_assert_not_null(worker, "%s", error.message);
}

static void setup(void)
{
    cr_assert_eq(uv_loop_init(&loop), 0);
    struct diagnostics diagnostics = {0};
    bundle = bundle_build(NULL, 0, "", &diagnostics);
    diagnostics_free(&diagnostics);
}

static void teardown(void)
{
    worker_close(worker);
    stream_close(stream);
    listener_close(listener);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
    }
    cr_assert_eq(uv_loop_close(&loop), 0, "handles are left open");
    arena_free(&arena);
    bundle_free(bundle);
}

TestSuite(agent, .init = setup, .fini = teardown, .timeout = 60);

Test(agent, a_whole_conversation)
{
    start(NULL);
    const struct message *hello = expect(MESSAGE_HELLO);
    cr_expect_str_eq(hello->hello.role, "worker");
    cr_expect_str_eq(hello->hello.name, "w1");
    cr_expect_eq(hello->hello.credit, 8);
    cr_expect_neq(hello->hello.instance, 0);
    welcome(7);
    const char *digest = bundle_digest(bundle);
    job(1, digest);
    job(2, digest);
    job(1, digest);
    cr_expect_str_eq(expect(MESSAGE_BUNDLE_WANTED)->bundle_wanted.digest, digest);
    expect_nothing();
    bundle_say(digest);
    uint64_t sum = 0;
    for (int i = 0; i < 2; i++) {
        const struct message_result *result = &expect(MESSAGE_RESULT)->result;
        cr_expect_eq(result->outcome, JOB_OUTCOME_DONE, "%s", result->failure.message);
        cr_expect_eq(result->try.key.claim, 7);
        cr_expect_eq(result->try.attempt, 2);
        sum += result->try.key.job;
    }
    cr_expect_eq(sum, 3);
    job(1, digest); /* again: the result again, not the work */
    cr_expect_eq(expect(MESSAGE_RESULT)->result.try.key.job, 1);
    acknowledge(1);
    job(3, digest); /* the bundle is held */
    cr_expect_eq(expect(MESSAGE_RESULT)->result.try.key.job, 3);
    worker_drain(worker);
    cr_expect_eq(expect(MESSAGE_CREDIT)->credit.credit, 0);
    expect_nothing();
    cr_expect(!stopped);
    acknowledge(2);
    acknowledge(3);
    WAIT_FOR(stopped);
    cr_expect_str_eq(stopped_reason.message, "");
}

Test(agent, a_damaged_bundle_fails_its_jobs)
{
    start(NULL);
    expect(MESSAGE_HELLO);
    welcome(7);
    job(1, "00ff");
    expect(MESSAGE_BUNDLE_WANTED);
    bundle_say("00ff");
    const struct message_result *result = &expect(MESSAGE_RESULT)->result;
    cr_expect_eq(result->outcome, JOB_OUTCOME_FAILED);
    cr_expect_str_eq(failure_cause_word(result->failure.cause), "internal");
    cr_expect_not_null(strstr(result->failure.message, "bundle 00ff"), "%s",
                       result->failure.message);
}

Test(agent, a_refused_handshake_stops_it)
{
    start(NULL);
    expect(MESSAGE_HELLO);
    say(&(struct message){.type = MESSAGE_REFUSED, .refused = {"protocol", "too old", "upgrade"}});
    WAIT_FOR(stopped);
    cr_expect_not_null(strstr(stopped_reason.message, "too old"));
    cr_expect_str_eq(stopped_reason.hint, "upgrade");
}

Test(agent, embedded_it_stops_with_its_coordinator)
{
    start(NULL);
    expect(MESSAGE_HELLO);
    stream_close(stream);
    stream = NULL;
    WAIT_FOR(stopped);
}

/* A coordinator's questions are numbered from one in each of its lives; so are the jobs of a journal that was
 * lost. */
Test(agent, one_number_in_two_claims_is_two_jobs)
{
    start(NULL);
    expect(MESSAGE_HELLO);
    welcome(8);
    job_of_claim(1, 6, "");
    cr_expect_eq(expect(MESSAGE_RESULT)->result.try.key.claim, 6);
    job_of_claim(1, 7, "");
    cr_expect_eq(expect(MESSAGE_RESULT)->result.try.key.claim, 7);
    acknowledge(1);         /* of claim 7 */
    job_of_claim(1, 6, ""); /* still held: sent again */
    const struct message_result *again = &expect(MESSAGE_RESULT)->result;
    cr_expect_eq(again->try.key.job, 1);
    cr_expect_eq(again->try.key.claim, 6);
}

Test(agent, presents_what_it_has_in_hand_to_the_next_coordinator)
{
    cr_assert_not_null(mkdtemp(folder));
    char address[64];
    (void)snprintf(address, sizeof address, "unix:%s/socket", folder);
    start(address); /* nobody is there yet */
    struct error error;
    listener = listener_open(&loop, address, on_accepted, NULL, &error);
    cr_assert_not_null(listener, "%s", error.message);
    uint64_t instance = expect(MESSAGE_HELLO)->hello.instance;
    welcome(7);
    const char *digest = bundle_digest(bundle);
    job(1, "");
    expect(MESSAGE_RESULT);
    job(2, digest);
    expect(MESSAGE_BUNDLE_WANTED);
    stream_close(stream);
    stream = NULL;
    const struct message_hello *hello = &expect(MESSAGE_HELLO)->hello;
    cr_expect_eq(hello->instance, instance);
    cr_assert_eq(hello->running.count, 2);
    cr_expect_eq(hello->running.items[0].key.job + hello->running.items[1].key.job, 3);
    cr_expect_eq(hello->running.items[0].key.claim, 7);
    welcome(8);
    cr_expect_eq(expect(MESSAGE_RESULT)->result.try.key.job, 1);
    expect(MESSAGE_BUNDLE_WANTED);
    acknowledge(1);
    bundle_say(digest);
    cr_expect_eq(expect(MESSAGE_RESULT)->result.try.key.job, 2);
    worker_close(worker);
    worker = NULL;
    WAIT_FOR(stream == NULL);
    listener_close(listener);
    listener = NULL;
    (void)rmdir(folder);
}

/* A job that hangs on a lock which the test's own connection holds. */
static PGconn *job_hang(void)
{
    PGconn *holder = PQconnectdb(cluster_url("postgres"));
    PQclear(PQexec(holder, "CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32))"));
    PQclear(PQexec(holder, "BEGIN; LOCK alembic_version"));
    start(NULL);
    expect(MESSAGE_HELLO);
    welcome(7);
    job(1, "");
    WAIT_FOR(strcmp(cluster_ask("postgres", "SELECT count(*) FROM pg_locks WHERE NOT granted"),
                    "1") == 0);
    return holder;
}

Test(agent, cancels_a_running_job)
{
    PGconn *holder = job_hang();
    say(&(struct message){.type = MESSAGE_JOB_CANCEL, .job_cancel.key = {1, 7}});
    cr_expect_eq(expect(MESSAGE_RESULT)->result.outcome, JOB_OUTCOME_CANCELLED);
    PQfinish(holder);
}

Test(agent, hands_back_what_it_has_in_hand)
{
    PGconn *holder = job_hang();
    job(2, "00ff"); /* waits for its bundle */
    expect(MESSAGE_BUNDLE_WANTED);
    worker_drain(worker);
    expect(MESSAGE_CREDIT);
    expect_nothing();
    worker_hand_back(worker);
    for (int i = 0; i < 2; i++) {
        const struct message_result *result = &expect(MESSAGE_RESULT)->result;
        cr_expect_eq(result->outcome, JOB_OUTCOME_CANCELLED);
        cr_expect(!stopped);
        acknowledge(result->try.key.job);
    }
    WAIT_FOR(stopped);
    cr_expect_str_eq(stopped_reason.message, "");
    PQfinish(holder);
}

Test(agent, closing_cancels_what_runs)
{
    PGconn *holder = job_hang();
    worker_close(worker);
    worker = NULL;
    WAIT_FOR(strcmp(cluster_ask("postgres", "SELECT count(*) FROM pg_locks WHERE NOT granted"),
                    "0") == 0);
    PQfinish(holder);
}
