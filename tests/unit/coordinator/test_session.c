/* Handshake, roles, and a loop that sleeps when there is nothing to do. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/array.h"
#include "coordinator/shell/session_limits.h"
#include "tests/unit/coordinator/peers.h"

TestSuite(session, .init = bench_init, .fini = bench_fini);

static void refused_check(struct peer *peer, const char *part)
{
    RUN_UNTIL(peer->lost);
    const struct message *refused = peer_message(peer, MESSAGE_REFUSED, 0);
    cr_assert_not_null(refused, "closed without a word");
    cr_assert_str_eq(refused->refused.code, "protocol");
    cr_assert(strstr(refused->refused.message, part) != NULL, "%s", refused->refused.message);
}

Test(session, another_protocol_is_refused)
{
    bench_start(false);
    struct peer *peer = peer_connect_raw();
    struct message hello = {.type = MESSAGE_HELLO,
                            .hello = {.protocol = WIRE_PROTOCOL + 1, .role = "worker"}};
    peer_send(peer, &hello);
    refused_check(peer, "is not spoken here");
    cr_assert_neq(peer_message(peer, MESSAGE_REFUSED, 0)->refused.hint[0], '\0');
}

Test(session, hello_comes_first)
{
    bench_start(false);
    struct peer *peer = peer_connect_raw();
    peer_watch(peer);
    refused_check(peer, "HELLO");
}

/* Whatever it says, one peer ends only its own session. */
static void others_are_served(void)
{
    peer_close(peer_connect("command", 0, 0));
}

Test(session, a_name_has_a_length)
{
    bench_start(false);
    struct buffer name = {0};
    buffer_printf(&name, "%*s", 300000, "");
    for (int worker = 0; worker < 2; worker++) {
        struct peer *peer = peer_connect_raw();
        const struct message hello = {.type = MESSAGE_HELLO,
                                      .hello = {.protocol = WIRE_PROTOCOL,
                                                .role = worker != 0 ? "worker" : "command",
                                                .name = buffer_text(&name),
                                                .instance = 11}};
        peer_send(peer, &hello);
        refused_check(peer, "name");
    }
    buffer_free(&name);
    others_are_served();
}

Test(session, a_worker_has_so_many_jobs_in_hand)
{
    bench_start(false);
    static struct job_attempt running[1000000];
    static const struct {
        size_t count;
        const char *part;
    } cases[] = {{HELLO_RUNNING_MAX + 1, "jobs in hand"}, {LENGTH(running), "too many values"}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct peer *peer = peer_connect_raw();
        const struct message hello = {.type = MESSAGE_HELLO,
                                      .hello = {.protocol = WIRE_PROTOCOL,
                                                .role = "worker",
                                                .instance = 11,
                                                .running = {running, cases[i].count}}};
        peer_send(peer, &hello);
        refused_check(peer, cases[i].part);
    }
    others_are_served();
}

Test(session, a_stranger_says_little)
{
    bench_start(false);
    static const char header[] = {4, 0, 0, 0}; /* 64 MB follow, which only a known peer may say */
    int ends[2];
    struct error error;
    cr_assert_eq(stream_pair(ends, &error), 0, "%s", error.message);
    cr_assert_eq(write(ends[0], header, sizeof header), (ssize_t)sizeof header);
    cr_assert_eq(coordinator_adopt(bench.coordinator, ends[1], &error), 0, "%s", error.message);
    static struct peer peer;
    peer_listen(&peer, stream_open(&bench.loop, ends[0], NULL, &error));
    refused_check(&peer, "67108864 bytes");
    arena_free(&peer.arena);
    others_are_served();
}

Test(session, a_stranger_has_its_time)
{
    bench_start(false);
    struct peer *stranger = peer_connect_raw();
    struct peer *command = peer_connect("command", 0, 0); /* may be silent for ever */
    refused_check(stranger, "no HELLO came");
    cr_assert_not(command->lost);
}

Test(session, strangers_make_room_for_whoever_comes)
{
    enum { FILES = 3 * SESSIONS_MAX };
    const struct rlimit files = {FILES, FILES};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        cr_skip_test("%d files cannot be open here", FILES);
    }
    bench_start(false);
    struct error error;
    int ends[2];
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        cr_assert_eq(stream_pair(ends, &error), 0, "%s", error.message);
        cr_assert_eq(coordinator_adopt(bench.coordinator, ends[1], &error), 0, "%s", error.message);
    }
    others_are_served();
}

Test(session, whoever_asks_without_reading_is_refused)
{
    bench_start(false);
    struct peer *greedy = peer_connect("command", 0, 0);
    const struct message question = {.type = MESSAGE_ROLLOUTS_WANTED};
    for (int i = 0; i < 1000; i++) {
        peer_send(greedy, &question);
    }
    refused_check(greedy, "64 requests wait");
    struct peer *patient = peer_connect("command", 0, 0);
    for (size_t i = 0; i < 200; i++) {
        peer_send(patient, &question);
        RUN_UNTIL(peer_count(patient, MESSAGE_ROLLOUTS) == i + 1);
    }
}

Test(session, each_role_has_its_messages)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    peer_control(worker, "cancel");
    refused_check(worker, "worker");
    struct peer *command = peer_connect("command", 0, 0);
    struct message credit = {.type = MESSAGE_CREDIT, .credit = {.credit = 3}};
    peer_send(command, &credit);
    refused_check(command, "command");
    struct peer *again = peer_connect("command", 0, 0);
    struct message hello = {.type = MESSAGE_HELLO,
                            .hello = {.protocol = WIRE_PROTOCOL, .role = "command"}};
    peer_send(again, &hello);
    refused_check(again, "command");
    struct peer *liar = peer_connect("command", 0, 0);
    struct message bundle = {.type = MESSAGE_BUNDLE, .bundle = {.digest = "0"}};
    peer_send(liar, &bundle);
    refused_check(liar, "asked");
}

Test(session, a_damaged_bundle_is_refused)
{
    bench_start(false);
    struct peer *command = peer_connect("command", 0, 0);
    struct message start = {.type = MESSAGE_START,
                            .start = {.request = {.purpose = PURPOSE_DEPLOY,
                                                  .direction = DIRECTION_UP,
                                                  .spec = "head",
                                                  .bundle = "0000", /* the peer sends its own */
                                                  .actor = "tester"}}};
    peer_send(command, &start);
    RUN_UNTIL(peer_count(command, MESSAGE_REFUSED) == 1);
    cr_assert_eq(peer_count(command, MESSAGE_STARTED), 0);
    start.start.request.bundle = ""; /* and a deploy needs one */
    peer_send(command, &start);
    RUN_UNTIL(peer_count(command, MESSAGE_REFUSED) == 2);
}

Test(session, a_worker_that_connects_again_replaces_its_old_connection)
{
    bench_start(false);
    struct peer *old = peer_connect("worker", 11, 8);
    old->inspects = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(old->jobs_seen[1] == 3);
    struct peer *fresh = peer_connect("worker", 11, 8); /* and has nothing in hand */
    RUN_UNTIL(old->lost);
    RUN_UNTIL(peer_count(command, MESSAGE_FINISHED) == 1);
    cr_assert_eq(fresh->jobs_seen[1], 3);
    cr_assert_eq(fresh->jobs_seen[2], 3);
}

Test(session, a_silent_worker_is_lost)
{
    bench_start(false);
    uint64_t begin = uv_hrtime();
    struct peer *silent = peer_connect("worker", 11, 8);
    struct peer *living = peer_connect("worker", 12, 8);
    struct peer *command = peer_connect("command", 0, 0); /* may be silent for ever */
    struct message beat = {.type = MESSAGE_HEARTBEAT, .heartbeat = {.at_ms = 5}};
    while (!silent->lost) {
        uint64_t elapsed_ms = (uv_hrtime() - begin) / 1000000;
        cr_assert_lt(elapsed_ms, 15000);
        if (peer_count(living, MESSAGE_HEARTBEAT) < elapsed_ms / 1000) {
            peer_send(living, &beat);
        }
        uv_run(&bench.loop, UV_RUN_ONCE); /* the guard wakes it each second */
    }
    cr_assert_geq((uv_hrtime() - begin) / 1000000, 9990); /* the loop's clock is a cached one */
    cr_assert_not(living->lost);
    cr_assert_not(command->lost);
    cr_assert_eq(peer_message(living, MESSAGE_HEARTBEAT, 0)->heartbeat.at_ms, 5);
}

static struct stream *connected;

static void connected_note(struct stream *stream, const struct error *error, void *context)
{
    (void)context;
    cr_assert_null(error);
    connected = stream;
}

Test(session, peers_come_through_the_listener_too)
{
    char address[160];
    snprintf(address, sizeof address, "unix:%s/drover.sock", bench.folder);
    bench.listen = address;
    bench_start(false);
    cr_assert_str_eq(coordinator_address(bench.coordinator), address);
    struct error error;
    cr_assert_eq(stream_connect(&bench.loop, address, connected_note, NULL, &error), 0);
    RUN_UNTIL(connected != NULL);
    static struct peer through;
    peer_listen(&through, connected);
    struct message hello = {.type = MESSAGE_HELLO,
                            .hello = {.protocol = WIRE_PROTOCOL, .role = "command"}};
    peer_send(&through, &hello);
    RUN_UNTIL(peer_count(&through, MESSAGE_WELCOME) == 1);
    peer_close(&through);
    arena_free(&through.arena);
}

static size_t turns;

static void turn_count(uv_prepare_t *prepare)
{
    (void)prepare;
    turns++;
}

static void window_over(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

Test(session, the_loop_sleeps_when_there_is_nothing_to_do)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(worker->jobs_seen[2] == 1); /* a job runs, and all wait for it */
    bench_settle(command);
    uv_prepare_t prepare;
    uv_timer_t timer;
    bool over = false;
    uv_prepare_init(&bench.loop, &prepare);
    uv_prepare_start(&prepare, turn_count);
    uv_timer_init(&bench.loop, &timer);
    timer.data = &over;
    uv_timer_start(&timer, window_over, 500, 0);
    turns = 0;
    RUN_UNTIL(over);
    cr_assert_lt(turns, (size_t)20, "%zu turns in 500 ms", turns);
    uv_close((uv_handle_t *)&prepare, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    bench_settle(command);
}
