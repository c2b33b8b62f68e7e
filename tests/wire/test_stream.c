/* Streams: over real socket pairs on a real loop. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/array.h"
#include "common/wire/frame.h"
#include "common/wire/stream.h"
#include "tests/wire/generate.h"
#include "tests/wire/loop.h"

/* One end and what came to it. */
struct end {
    struct stream *stream;
    uint64_t received;
    uint64_t wanted; /* `complete` is set when so many were received */
    bool complete;
    unsigned lost;
    bool is_lost;
    struct error reason;
};

static void end_lost(struct stream *stream, const struct error *reason, void *context)
{
    struct end *end = context;
    cr_assert_eq(stream, end->stream);
    end->lost++;
    end->is_lost = true;
    end->reason = *reason;
    stream_close(stream);
    end->stream = NULL;
}

static void end_counts(struct stream *stream, const struct message *message, void *context)
{
    struct end *end = context;
    cr_assert_eq(stream, end->stream);
    cr_assert_eq(message->type, MESSAGE_HEARTBEAT);
    cr_assert_eq(message->heartbeat.at_ms, end->received, "out of order");
    end->received++;
    end->complete = end->received == end->wanted;
}

static void end_echoes(struct stream *stream, const struct message *message, void *context)
{
    struct end *end = context;
    end->received++;
    stream_send(stream, message);
}

static void end_closes(struct stream *stream, const struct message *message, void *context)
{
    struct end *end = context;
    (void)message;
    end->received++;
    stream_send(stream, message);
    stream_close(stream);
    end->stream = NULL;
    end->complete = true;
}

typedef void message_callback(struct stream *stream, const struct message *message, void *context);

static void end_open(struct end *end, struct test_loop *test, int file_descriptor,
                     message_callback *callback)
{
    struct stream_callbacks callbacks = {.message = callback, .lost = end_lost, .context = end};
    struct error error;
    end->stream = stream_open(&test->loop, file_descriptor, &callbacks, &error);
    cr_assert_not_null(end->stream, "%s", error.message);
}

static void ends_open(struct end *left, message_callback *left_callback, struct end *right,
                      message_callback *right_callback, struct test_loop *test)
{
    int sockets[2];
    struct error error;
    loop_begin(test);
    cr_assert_eq(stream_pair(sockets, &error), 0, "%s", error.message);
    end_open(left, test, sockets[0], left_callback);
    end_open(right, test, sockets[1], right_callback);
}

static void heartbeats_send(struct stream *stream, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct message message = {.type = MESSAGE_HEARTBEAT, .heartbeat = {.at_ms = first + i}};
        stream_send(stream, &message);
    }
}

Test(stream, echo_of_ten_thousand_messages_in_order)
{
    struct test_loop test;
    struct end left = {.wanted = 10000};
    struct end right = {0};
    ends_open(&left, end_counts, &right, end_echoes, &test);
    heartbeats_send(left.stream, 0, left.wanted);
    cr_assert_gt(stream_queued_bytes(left.stream), left.wanted);
    loop_until(&test, &left.complete);
    cr_assert_eq(right.received, left.wanted);
    cr_assert_eq(stream_queued_bytes(left.stream), 0);
    stream_close(left.stream);
    stream_close(right.stream);
    loop_end(&test);
    cr_assert_eq(left.lost + right.lost, 0, "a callback came after stream_close");
}

/* A message larger than every socket buffer. */
static struct message bundle_make(struct arena *arena, size_t length)
{
    uint8_t *content = arena_alloc(arena, length);
    for (size_t i = 0; i < length; i++) {
        content[i] = (uint8_t)(i * 31 + i / 251);
    }
    return (struct message){.type = MESSAGE_BUNDLE,
                            .bundle = {.digest = "d", .content = {content, length}}};
}

struct bundle_end {
    struct end end;
    struct message wanted;
};

static void bundle_compares(struct stream *stream, const struct message *message, void *context)
{
    struct bundle_end *bundle = context;
    (void)stream;
    cr_assert(message_equal(message, &bundle->wanted));
    bundle->end.received++;
    bundle->end.complete = bundle->end.received == bundle->end.wanted;
}

Test(stream, a_message_larger_than_the_socket_buffers_arrives_whole)
{
    struct test_loop test;
    struct arena arena = {0};
    struct bundle_end left = {.end = {.wanted = 3}, .wanted = bundle_make(&arena, 8 << 20)};
    struct end right = {0};
    int sockets[2];
    struct error error;
    loop_begin(&test);
    cr_assert_eq(stream_pair(sockets, &error), 0, "%s", error.message);
    struct stream_callbacks callbacks = {
        .message = bundle_compares, .lost = end_lost, .context = &left};
    left.end.stream = stream_open(&test.loop, sockets[0], &callbacks, &error);
    end_open(&right, &test, sockets[1], end_counts);
    for (uint64_t i = 0; i < left.end.wanted; i++) {
        stream_send(right.stream, &left.wanted);
    }
    stream_close_after_flush(right.stream);
    loop_until(&test, &left.end.complete);
    stream_close(left.end.stream);
    loop_end(&test);
    arena_free(&arena);
}

Test(stream, close_inside_the_message_callback)
{
    struct test_loop test;
    struct end left = {0};
    struct end right = {0};
    ends_open(&left, end_counts, &right, end_closes, &test);
    heartbeats_send(left.stream, 0, 500); /* many frames in the read that closes */
    loop_until(&test, &left.is_lost);
    loop_end(&test);
    cr_assert_eq(right.received, 1, "a message was delivered after stream_close");
    cr_assert_eq(right.lost, 0);
    cr_assert_eq(left.received, 0, "stream_close is to flush nothing");
    cr_assert_eq(left.lost, 1);
}

static void end_answers_and_drains(struct stream *stream, const struct message *message,
                                   void *context)
{
    struct end *end = context;
    stream_send(stream, message);
    stream_close_after_flush(stream);
    stream_send(stream, message); /* too late: dropped */
    end->received++;
    end->stream = NULL;
}

Test(stream, close_after_flush_delivers_the_answer)
{
    struct test_loop test;
    struct end left = {0};
    struct end right = {0};
    ends_open(&left, end_counts, &right, end_answers_and_drains, &test);
    heartbeats_send(left.stream, 0, 500);
    loop_until(&test, &left.is_lost);
    loop_end(&test);
    cr_assert_eq(left.received, 1);
    cr_assert_eq(right.received, 1);
    cr_assert_eq(right.lost, 0);
}

Test(stream, close_after_flush_ends_when_the_peer_is_gone)
{
    struct test_loop test;
    struct arena arena = {0};
    struct end left = {0};
    struct end right = {0};
    ends_open(&left, end_counts, &right, end_counts, &test);
    struct message bundle = bundle_make(&arena, 8 << 20);
    stream_send(left.stream, &bundle);
    stream_close_after_flush(left.stream);
    stream_close(right.stream);
    loop_end(&test); /* ends only if the stream gave up */
    cr_assert_eq(left.lost, 0);
    arena_free(&arena);
}

Test(stream, a_peer_that_is_gone_is_reported_once)
{
    struct test_loop test;
    struct end left = {0};
    struct end right = {0};
    ends_open(&left, end_counts, &right, end_counts, &test);
    stream_close(right.stream);
    heartbeats_send(left.stream, 0, 10); /* both the write and the read fail */
    loop_until(&test, &left.is_lost);
    loop_end(&test);
    cr_assert_eq(left.lost, 1);
    cr_assert_eq(left.reason.code, ERROR_IO);
    cr_assert_eq(right.lost, 0);
}

/* Runs `bytes` into a stream whose peer then hangs up; its reason is in `left`. */
static void raw_bytes_lose(struct end *left, const void *bytes, size_t length)
{
    struct test_loop test;
    int sockets[2];
    struct error error;
    loop_begin(&test);
    cr_assert_eq(stream_pair(sockets, &error), 0, "%s", error.message);
    end_open(left, &test, sockets[0], end_counts);
    cr_assert_eq(write(sockets[1], bytes, length), (ssize_t)length);
    cr_assert_eq(close(sockets[1]), 0);
    loop_until(&test, &left->is_lost);
    loop_end(&test);
    cr_assert_eq(left->lost, 1);
}

Test(stream, a_broken_protocol_is_reported)
{
    static const struct {
        const char *bytes;
        size_t length;
        enum error_code code;
        const char *wanted;
    } cases[] = {
        {"\xff\xff\xff\xff", 4, ERROR_PROTOCOL, "a frame of"},
        {"\x00\x00\x00\x03\x92\x09\x90", 7, ERROR_PROTOCOL, "unknown message number 9"},
        {"\x00\x00\x00\x03\x92\x09", 6, ERROR_IO, "within a message"},
        {"", 0, ERROR_IO, "the peer closed the connection"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct end left = {0};
        raw_bytes_lose(&left, cases[i].bytes, cases[i].length);
        cr_expect_eq(left.reason.code, cases[i].code, "case %zu", i);
        cr_expect_not_null(strstr(left.reason.message, cases[i].wanted), "case %zu: %s", i,
                           left.reason.message);
    }
}

Test(stream, a_message_too_long_to_send_loses_the_stream)
{
    struct test_loop test;
    struct arena arena = {0};
    struct end left = {0};
    struct end right = {0};
    ends_open(&left, end_counts, &right, end_counts, &test);
    struct message bundle = {
        .type = MESSAGE_BUNDLE,
        .bundle = {.digest = "",
                   .content = {arena_alloc(&arena, WIRE_FRAME_BYTES_MAX), WIRE_FRAME_BYTES_MAX}}};
    stream_send(left.stream, &bundle);
    cr_assert_eq(left.lost, 0, "lost was called from within stream_send");
    loop_until(&test, &left.is_lost);
    cr_assert_eq(left.reason.code, ERROR_PROTOCOL);
    loop_until(&test, &right.is_lost);
    loop_end(&test);
    arena_free(&arena);
}

/* Sends one message from each turn's prepare phase: after it, only the poll could wait. */
struct preparer {
    uv_prepare_t handle;
    struct stream *stream;
    uint64_t next;
};

static void prepare_sends(uv_prepare_t *handle)
{
    struct preparer *preparer = handle->data;
    heartbeats_send(preparer->stream, preparer->next++, 1);
    if (preparer->next == 5) {
        (void)uv_prepare_stop(handle);
    }
}

Test(stream, a_message_sent_before_the_poll_leaves_without_another_event)
{
    struct test_loop test;
    struct end left = {.wanted = 5};
    struct end right = {0};
    ends_open(&left, end_counts, &right, end_counts, &test);
    struct preparer preparer = {.stream = right.stream};
    preparer.handle.data = &preparer;
    cr_assert_eq(uv_prepare_init(&test.loop, &preparer.handle), 0);
    cr_assert_eq(uv_prepare_start(&preparer.handle, prepare_sends), 0);
    loop_until(&test, &left.complete);
    uv_close((uv_handle_t *)&preparer.handle, NULL);
    stream_close(left.stream);
    stream_close(right.stream);
    loop_end(&test);
}

Test(stream, messages_of_a_turn_leave_in_one_write_and_idleness_is_free)
{
    struct test_loop test;
    struct end left = {.wanted = 100};
    int sockets[2];
    struct error error;
    loop_begin(&test);
    cr_assert_eq(stream_pair(sockets, &error), 0, "%s", error.message);
    end_open(&left, &test, sockets[0], end_counts);
    heartbeats_send(left.stream, 0, 100);
    char none;
    cr_assert_eq(recv(sockets[1], &none, 1, MSG_PEEK), -1, "written before the turn ended");
    cr_assert_neq(uv_backend_timeout(&test.loop), -1);
    (void)uv_run(&test.loop, UV_RUN_NOWAIT);
    cr_assert_eq(stream_queued_bytes(left.stream), 0);
    cr_assert_gt(uv_backend_timeout(&test.loop), 1000, "an idle stream keeps the loop awake");
    cr_assert_eq(close(sockets[1]), 0);
    loop_until(&test, &left.is_lost);
    loop_end(&test);
}

Test(stream, random_messages_survive_any_cut)
{
    enum { COUNT = 200 };
    struct test_loop test;
    struct arena arena = {0};
    struct generator generator = {.state = 7, .arena = &arena};
    struct end right = {0};
    int sockets[2];
    struct error error;
    loop_begin(&test);
    cr_assert_eq(stream_pair(sockets, &error), 0, "%s", error.message);
    end_open(&right, &test, sockets[1], end_echoes);
    struct buffer sent = {0};
    for (size_t i = 0; i < COUNT; i++) {
        struct message message;
        generate_message(&generator, message_types[i % message_type_count], &message);
        size_t begin = frame_begin(&sent);
        message_encode(&message, &sent);
        frame_finish(&sent, begin);
    }
    /* Echoed messages are encoded anew: the bytes must be the same. */
    struct buffer got = {0};
    char piece[5000];
    for (size_t written = 0; got.length < sent.length;) {
        size_t size = 1 + generate_below(&generator, sizeof piece);
        size = size < sent.length - written ? size : sent.length - written;
        ssize_t taken = size > 0 ? write(sockets[0], sent.data + written, size) : 0;
        written += taken > 0 ? (size_t)taken : 0;
        (void)uv_run(&test.loop, UV_RUN_NOWAIT);
        ssize_t back = read(sockets[0], piece, sizeof piece);
        buffer_append(&got, piece, back > 0 ? (size_t)back : 0);
    }
    cr_assert_eq(got.length, sent.length);
    cr_assert_arr_eq(got.data, sent.data, sent.length);
    cr_assert_eq(close(sockets[0]), 0);
    loop_until(&test, &right.is_lost);
    loop_end(&test);
    buffer_free(&got);
    buffer_free(&sent);
    arena_free(&arena);
}

Test(stream, a_descriptor_that_is_no_socket_is_refused_and_closed)
{
    struct test_loop test;
    struct error error;
    struct end end = {0};
    struct stream_callbacks callbacks = {.message = end_counts, .lost = end_lost, .context = &end};
    loop_begin(&test);
    int file_descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    cr_assert_geq(file_descriptor, 0);
    cr_assert_null(stream_open(&test.loop, file_descriptor, &callbacks, &error));
    cr_assert_eq(error.code, ERROR_IO);
    cr_assert_eq(fcntl(file_descriptor, F_GETFD), -1);
    loop_end(&test);
}

Test(stream, descriptors_are_closed_on_exec)
{
    int sockets[2];
    struct error error;
    cr_assert_eq(stream_pair(sockets, &error), 0);
    cr_assert_eq(fcntl(sockets[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    cr_assert_eq(fcntl(sockets[1], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    cr_assert_neq(fcntl(sockets[0], F_GETFL) & O_NONBLOCK, 0);
    (void)close(sockets[0]);
    (void)close(sockets[1]);
}
