/* A stream of messages over one connected socket, on a libuv loop.
 *
 * The same object serves a Unix socket, loopback TCP and one end of a socketpair (embedded runs),
 * so both shapes of Drover have one code path.
 */
#ifndef DROVER_WIRE_STREAM_H
#define DROVER_WIRE_STREAM_H

#include <uv.h>

#include "common/wire/message.h"

struct state_machine;
struct stream;

struct stream_callbacks {
    /* One message; it lives until the callback returns. May call stream_send and stream_close. */
    void (*message)(struct stream *stream, const struct message *message, void *context);
    /* The peer is gone or broke the protocol, or a write failed. Called at most once, never after
     * stream_close. The receiver must call stream_close. */
    void (*lost)(struct stream *stream, const struct error *reason, void *context);
    void *context;
};

/* Takes an accepted or connected socket and starts reading. Ownership of `file_descriptor` passes,
 * on failure (NULL) too. `callbacks` NULL puts reading off until stream_callbacks_set. SIGPIPE is
 * ignored from then on, unless the process handles it: libuv cannot write without it. */
struct stream *stream_open(uv_loop_t *loop, int file_descriptor,
                           const struct stream_callbacks *callbacks, struct error *error);

/* Connects to "unix:PATH" or "tcp:HOST:PORT" (numeric or resolved off the loop; each address found
 * is tried for at most 10 s). -1 and ERROR_CONFIG only when `address` is malformed. Otherwise
 * `connected` is called once, never from within stream_connect: with a stream, which reads from
 * when stream_callbacks_set gives it callbacks, or with NULL and an error. */
typedef void stream_connected(struct stream *stream, const struct error *error, void *context);
int stream_connect(uv_loop_t *loop, const char *address, stream_connected *connected, void *context,
                   struct error *error) MUST_CHECK;
void stream_callbacks_set(struct stream *stream, const struct stream_callbacks *callbacks);

/* Encodes and queues; all messages queued in one loop turn leave in one write. Never blocks. */
void stream_send(struct stream *stream, const struct message *message);

/* The longest message that is taken from the peer, in bytes; WIRE_FRAME_BYTES_MAX at first. */
void stream_limit(struct stream *stream, size_t bytes);

/* From `lost` only, to a peer that broke the protocol: tells it why, if the kernel takes that at
 * once. */
void stream_last_word(struct stream *stream, const struct message *message);

/* Bytes queued and not yet taken by the kernel: lets a sender hold back progress messages. */
size_t stream_queued_bytes(const struct stream *stream);

/* Flushes nothing, closes, frees when libuv is done. No callback is
 * called afterwards. NULL is fine. */
void stream_close(struct stream *stream);

/* Closes after everything queued so far has been written (or the peer is gone). No callback is
 * called afterwards, and what arrives meanwhile is dropped; the stream is no longer the caller's.
 */
void stream_close_after_flush(struct stream *stream);

/* Two connected streams' ends for one process: two file
 * descriptors, non-blocking, close-on-exec. */
int stream_pair(int file_descriptors[2], struct error *error) MUST_CHECK;

extern const struct state_machine stream_machine; /* for docs/architecture.md */

/* ---- listening ---- */
struct listener;
typedef void listener_accepted(int file_descriptor, void *context);

/* Listens on "unix:PATH" (folder created 0700, socket 0600; a stale socket of a dead process is
 * replaced, a live one is ERROR_BUSY; peers of another user than ours or root are refused by peer
 * credentials) or "tcp:HOST:PORT" with HOST on loopback only (anything else is refused: mutual TLS
 * is not configured). Port 0 picks one: see listener_address. */
struct listener *listener_open(uv_loop_t *loop, const char *address, listener_accepted *accepted,
                               void *context, struct error *error);
const char *listener_address(const struct listener *listener); /* with the real port */
void listener_close(struct listener *listener); /* removes the Unix socket; NULL is fine */

#endif
