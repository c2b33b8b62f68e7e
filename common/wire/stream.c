/* Streams: one heap object with its libuv handles inside, freed when libuv has closed them.
 *
 * Sending appends a frame to `pending` and starts the idle handle; its callback, once a loop turn,
 * writes all of it at once and stops, so an idle stream costs no wake-up. (An active idle handle
 * keeps the poll from blocking, so a message sent from any phase of the loop leaves without delay.)
 * What the kernel does not take moves to `writing`, which belongs to the one uv_write under way.
 */
#include "common/wire/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/state_machine.h"
#include "common/wire/frame.h"

enum {
    READ_BYTES = 64 * 1024,
    CAPACITY_KEPT = 1024 * 1024, /* bytes; a larger write buffer is given back when it is empty */
    KEEPALIVE_SECONDS = 30,
};

#define STREAM_STATE_LIST(X)                                                                       \
    X(STREAM_OPEN, "open", stream->callbacks.message == NULL)                                      \
    X(STREAM_READING, "reading", stream->callbacks.message != NULL)                                \
    X(STREAM_DRAINING, "draining", flush_is_due(stream)) /* reads on, to see the peer leave */     \
    X(STREAM_LOST, "lost", !flush_is_due(stream) && stream->pending.length == 0)                   \
    X(STREAM_CLOSING, "closing", uv_is_closing(&stream->socket.handle)) /* waits for libuv */

#define STREAM_MOVE_LIST(X)                                                                        \
    X(STREAM_OPEN, STREAM_READING, "somebody listens")                                             \
    X(STREAM_OPEN, STREAM_DRAINING, "its owner has said all and leaves")                           \
    X(STREAM_OPEN, STREAM_LOST, "a write fails")                                                   \
    X(STREAM_OPEN, STREAM_CLOSING, "its owner closes it")                                          \
    X(STREAM_READING, STREAM_DRAINING, "its owner has said all and leaves")                        \
    X(STREAM_READING, STREAM_LOST, "the peer leaves or breaks the protocol")                       \
    X(STREAM_READING, STREAM_CLOSING, "its owner closes it")                                       \
    X(STREAM_DRAINING, STREAM_CLOSING, "all is written, or the peer leaves")                       \
    X(STREAM_LOST, STREAM_CLOSING, "its owner, who was told, closes it")

enum stream_state { STREAM_STATE_LIST(STATE_NUMBER) };

struct stream {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    } socket;
    uv_idle_t flush;
    uv_write_t write; /* in use while `writing` is not empty */
    struct stream_callbacks callbacks;

    struct buffer pending; /* frames not yet given to libuv */
    struct buffer writing; /* what `write` points into */
    struct frame_reader reader;
    struct arena scratch; /* of the message being delivered */
    struct error failure; /* a fault that the next flush reports; code NONE when there is none */

    unsigned open_handles;
    enum stream_state state;

    char read_buffer[READ_BYTES];
};

/* ---- states ---- */

static bool flush_is_due(const struct stream *stream)
{
    return uv_is_active((const uv_handle_t *)&stream->flush);
}

static bool state_holds(const void *subject, unsigned state)
{
    const struct stream *stream = subject;
    STREAM_STATE_LIST(STATE_HOLDS)
    return false;
}

STATE_MACHINE(stream_machine, "stream", STREAM_STATE_LIST, STREAM_MOVE_LIST, state_holds);

static void stream_move(struct stream *stream, enum stream_state to)
{
    stream->state = state_machine_move(&stream_machine, stream->state, to, stream);
}

/* Neither its owner nor its peer has ended it. */
static bool is_alive(const struct stream *stream)
{
    return stream->state == STREAM_OPEN || stream->state == STREAM_READING;
}

static bool may_write(const struct stream *stream)
{
    return is_alive(stream) || stream->state == STREAM_DRAINING;
}

static void handle_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    if (--stream->open_handles > 0) {
        return;
    }
    buffer_free(&stream->pending);
    buffer_free(&stream->writing);
    frame_reader_free(&stream->reader);
    arena_free(&stream->scratch);
    free(stream);
}

void stream_close(struct stream *stream)
{
    if (stream == NULL || stream->state == STREAM_CLOSING) {
        return;
    }
    uv_close((uv_handle_t *)&stream->flush, handle_closed);
    uv_close(&stream->socket.handle, handle_closed);
    stream_move(stream, STREAM_CLOSING);
}

/* Ends reading and writing and tells the owner, once; one who has left is told nothing. */
static void stream_lose(struct stream *stream, const struct error *reason)
{
    if (stream->state == STREAM_DRAINING) {
        stream_close(stream);
        return;
    }
    if (!is_alive(stream)) {
        return;
    }
    (void)uv_read_stop(&stream->socket.stream);
    (void)uv_idle_stop(&stream->flush);
    buffer_clear(&stream->pending);
    stream_move(stream, STREAM_LOST);
    if (stream->callbacks.lost != NULL) {
        stream->callbacks.lost(stream, reason, stream->callbacks.context);
    }
}

static void stream_lose_to(struct stream *stream, const char *action, int status)
{
    struct error error;
    (void)error_set(&error, ERROR_IO, "%s: %s", action, uv_strerror(status));
    stream_lose(stream, &error);
}

/* ---- writing ---- */

static void stream_flush(struct stream *stream);

static void buffer_reuse(struct buffer *buffer)
{
    if (buffer->capacity > CAPACITY_KEPT) {
        buffer_free(buffer);
    } else {
        buffer_clear(buffer);
    }
}

static void write_done(uv_write_t *request, int status)
{
    struct stream *stream = request->data;
    buffer_reuse(&stream->writing);
    if (!may_write(stream)) {
        return;
    }
    if (status < 0) {
        stream_lose_to(stream, "write to the peer", status);
        return;
    }
    stream_flush(stream);
}

/* Writes what is pending, unless a write is under way: its end flushes again. */
static void stream_flush(struct stream *stream)
{
    if (!may_write(stream) || stream->writing.length > 0) {
        return;
    }
    size_t done = 0;
    if (stream->pending.length > 0) {
        uv_buf_t all = {.base = stream->pending.data, .len = stream->pending.length};
        int written = uv_try_write(&stream->socket.stream, &all, 1);
        if (written < 0 && written != UV_EAGAIN) {
            stream_lose_to(stream, "write to the peer", written);
            return;
        }
        done = written > 0 ? (size_t)written : 0;
    }
    if (done == stream->pending.length) {
        buffer_reuse(&stream->pending);
        if (stream->state == STREAM_DRAINING) {
            stream_close(stream);
        }
        return;
    }
    struct buffer empty = stream->writing;
    stream->writing = stream->pending;
    stream->pending = empty;
    uv_buf_t rest = {.base = stream->writing.data + done, .len = stream->writing.length - done};
    int status = uv_write(&stream->write, &stream->socket.stream, &rest, 1, write_done);
    if (status < 0) {
        buffer_clear(&stream->writing);
        stream_lose_to(stream, "write to the peer", status);
    }
}

static void flush_turn(uv_idle_t *handle)
{
    struct stream *stream = handle->data;
    (void)uv_idle_stop(handle);
    if (stream->failure.code != ERROR_NONE) {
        stream_lose(stream, &stream->failure);
        return;
    }
    stream_flush(stream);
}

void stream_send(struct stream *stream, const struct message *message)
{
    if (!is_alive(stream)) {
        return;
    }
    size_t begin = frame_begin(&stream->pending);
    size_t content = stream->pending.length;
    message_encode(message, &stream->pending);
    size_t length = stream->pending.length - content;
    if (length > WIRE_FRAME_BYTES_MAX) {
        (void)error_set(&stream->failure, ERROR_PROTOCOL,
                        "a %s message of %zu bytes is too long to send; %d are allowed",
                        message_name(message->type), length, (int)WIRE_FRAME_BYTES_MAX);
        buffer_reuse(&stream->pending); /* the stream is lost anyway */
    } else {
        frame_finish(&stream->pending, begin);
    }
    (void)uv_idle_start(&stream->flush, flush_turn);
}

void stream_last_word(struct stream *stream, const struct message *message)
{
    if (stream->state == STREAM_LOST && stream->writing.length == 0) {
        struct buffer frame = {0};
        size_t begin = frame_begin(&frame);
        message_encode(message, &frame);
        frame_finish(&frame, begin);
        const uv_buf_t all = {.base = frame.data, .len = frame.length};
        (void)uv_try_write(&stream->socket.stream, &all, 1);
        buffer_free(&frame);
    }
}

size_t stream_queued_bytes(const struct stream *stream)
{
    return stream->pending.length + uv_stream_get_write_queue_size(&stream->socket.stream);
}

void stream_close_after_flush(struct stream *stream)
{
    if (stream != NULL && is_alive(stream)) {
        (void)uv_idle_start(&stream->flush, flush_turn);
        stream_move(stream, STREAM_DRAINING);
    } else if (stream != NULL && stream->state == STREAM_LOST) {
        stream_close(stream);
    }
}

/* ---- reading ---- */

void stream_limit(struct stream *stream, size_t bytes)
{
    stream->reader.limit = bytes;
}

static void read_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    (void)suggested;
    struct stream *stream = handle->data;
    *room = uv_buf_init(stream->read_buffer, READ_BYTES);
}

/* Decodes and delivers one payload; false when the stream is lost by it. */
static bool message_deliver(struct stream *stream, struct bytes payload)
{
    struct message message;
    struct error error;
    arena_free(&stream->scratch);
    if (message_decode(payload, &stream->scratch, &message, &error) != 0) {
        stream_lose(stream, &error);
        return false;
    }
    stream->callbacks.message(stream, &message, stream->callbacks.context);
    return true;
}

static void frames_deliver(struct stream *stream)
{
    /* A callback may close the stream: it stays allocated until libuv's close callbacks, later. */
    while (stream->state == STREAM_READING) {
        struct bytes payload;
        struct error error;
        int got = frame_reader_next(&stream->reader, &payload, &error);
        if (got < 0) {
            stream_lose(stream, &error);
            return;
        }
        if (got == 0 || !message_deliver(stream, payload)) {
            return;
        }
    }
}

static void read_some(uv_stream_t *handle, ssize_t count, const uv_buf_t *room)
{
    struct stream *stream = handle->data;
    if (count == UV_EOF) {
        struct error error;
        bool within = stream->reader.buffer.length > stream->reader.consumed;
        (void)error_set(&error, ERROR_IO, "the peer closed the connection%s",
                        within ? " within a message" : "");
        stream_lose(stream, &error);
    } else if (count < 0) {
        stream_lose_to(stream, "read from the peer", (int)count);
    } else if (count > 0 && stream->state == STREAM_READING) {
        frame_reader_feed(&stream->reader, room->base, (size_t)count);
        frames_deliver(stream);
    }
}

void stream_callbacks_set(struct stream *stream, const struct stream_callbacks *callbacks)
{
    stream->callbacks = *callbacks;
    if (stream->state != STREAM_OPEN) {
        return;
    }
    stream_move(stream, STREAM_READING);
    int status = uv_read_start(&stream->socket.stream, read_room, read_some);
    if (status < 0) {
        (void)error_set(&stream->failure, ERROR_IO, "read from the peer: %s", uv_strerror(status));
        (void)uv_idle_start(&stream->flush, flush_turn);
    }
}

/* ---- opening ---- */

/* libuv writes without MSG_NOSIGNAL: a peer that is gone must give EPIPE, not end the process. */
static void broken_pipe_ignore(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &action, NULL);
    }
}

/* The address family of a socket, or -1. */
static int socket_family(int file_descriptor)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    if (getsockname(file_descriptor, (struct sockaddr *)&name, &length) != 0) {
        return -1;
    }
    return name.ss_family;
}

/* Initialises the handle, which cannot fail, and gives it the socket, which can. */
static int socket_attach(struct stream *stream, uv_loop_t *loop, int file_descriptor, int family)
{
    if (family == AF_UNIX) {
        (void)uv_pipe_init(loop, &stream->socket.pipe, 0);
        stream->socket.handle.data = stream;
        return uv_pipe_open(&stream->socket.pipe, file_descriptor);
    }
    (void)uv_tcp_init(loop, &stream->socket.tcp);
    stream->socket.handle.data = stream;
    int status = uv_tcp_open(&stream->socket.tcp, file_descriptor);
    if (status == 0) {
        (void)uv_tcp_nodelay(&stream->socket.tcp, 1);
        (void)uv_tcp_keepalive(&stream->socket.tcp, 1, KEEPALIVE_SECONDS);
    }
    return status;
}

struct stream *stream_open(uv_loop_t *loop, int file_descriptor,
                           const struct stream_callbacks *callbacks, struct error *error)
{
    int family = socket_family(file_descriptor);
    if (family != AF_UNIX && family != AF_INET && family != AF_INET6) {
        (void)error_set(error, ERROR_IO, "file descriptor %d is not a stream socket",
                        file_descriptor);
        (void)close(file_descriptor);
        return NULL;
    }
    broken_pipe_ignore();
    (void)fcntl(file_descriptor, F_SETFD, FD_CLOEXEC);
    struct stream *stream = memory_alloc(sizeof *stream);
    stream->write.data = stream;
    (void)uv_idle_init(loop, &stream->flush);
    stream->flush.data = stream;
    stream->open_handles = 2;
    int status = socket_attach(stream, loop, file_descriptor, family);
    if (status < 0) {
        (void)error_set(error, ERROR_IO, "open a stream: %s", uv_strerror(status));
        (void)close(file_descriptor);
        stream_close(stream);
        return NULL;
    }
    if (callbacks != NULL) {
        stream_callbacks_set(stream, callbacks);
    }
    return stream;
}

int stream_pair(int file_descriptors[2], struct error *error)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, file_descriptors) != 0) {
        return error_set(error, ERROR_IO, "create a socket pair: %s", strerror(errno));
    }
    return 0;
}
