/* Measures the wire: RESULT messages encoded and decoded, and sent over a socket pair, a second. */
#include <stdio.h>
#include <stdlib.h>

#include "common/wire/stream.h"

enum { CODED = 1000 * 1000, SENT = 1000 * 1000, BATCH = 256 };

static struct message result_make(void)
{
    static const char *const heads[] = {"4f2a9c1d7b3e"};
    return (struct message){
        .type = MESSAGE_RESULT,
        .result = {.try = {{123456, 3}, 1},
                   .outcome = JOB_OUTCOME_DONE,
                   .rows = {true, {heads, 1}, {0}},
                   .seen.server = {"7301234567890123456", "1"},
                   .elapsed_ms = 42},
    };
}

static void die(const struct error *error)
{
    fprintf(stderr, "measure_wire: %s\n", error->message);
    exit(1);
}

static void coding_measure(void)
{
    struct message sent = result_make();
    struct message got;
    struct error error;
    struct buffer payload = {0};
    struct arena arena = {0};
    uint64_t begin = uv_hrtime();
    for (size_t i = 0; i < CODED; i++) {
        buffer_clear(&payload);
        arena_free(&arena);
        sent.result.try.key.job = i;
        message_encode(&sent, &payload);
        struct bytes bytes = {(const uint8_t *)payload.data, payload.length};
        if (message_decode(bytes, &arena, &got, &error) != 0) {
            die(&error);
        }
    }
    double seconds = (double)(uv_hrtime() - begin) / 1e9;
    printf("encode and decode: %.0f RESULT messages a second (%zu bytes each)\n", CODED / seconds,
           payload.length);
    buffer_free(&payload);
    arena_free(&arena);
}

static struct message to_send;
static size_t received;
static size_t sent_count;

static void batch_send(struct stream *stream)
{
    for (size_t i = 0; i < BATCH; i++) {
        stream_send(stream, &to_send);
    }
    sent_count += BATCH;
}

static void message_counts(struct stream *stream, const struct message *message, void *context)
{
    (void)message;
    struct stream **ends = context;
    received++;
    if (received == SENT) {
        stream_close(ends[0]);
        stream_close(ends[1]);
    } else if (stream == ends[1] && sent_count < SENT + BATCH && received % BATCH == 0) {
        batch_send(ends[0]);
    }
}

static void sending_measure(void)
{
    struct stream *ends[2];
    struct stream_callbacks callbacks = {.message = message_counts, .context = ends};
    struct error error;
    int sockets[2];
    uv_loop_t loop;
    to_send = result_make();
    if (uv_loop_init(&loop) != 0 || stream_pair(sockets, &error) != 0) {
        exit(1);
    }
    for (size_t i = 0; i < 2; i++) {
        ends[i] = stream_open(&loop, sockets[i], &callbacks, &error);
        if (ends[i] == NULL) {
            die(&error);
        }
    }
    uint64_t begin = uv_hrtime();
    batch_send(ends[0]);
    batch_send(ends[0]);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    double seconds = (double)(uv_hrtime() - begin) / 1e9;
    printf("socket pair, one thread: %.0f RESULT messages a second\n", SENT / seconds);
    (void)uv_loop_close(&loop);
}

int main(void)
{
    coding_measure();
    sending_measure();
    return 0;
}
