#include "coordinator/http/relay.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/array.h"
#include "common/wire/stream.h"
#include "coordinator/http/exchange.h"
#include "coordinator/http/gateway.h"
#include "coordinator/http/problem.h"
#include "coordinator/shell/coordinator.h"

struct relay {
    struct gateway *gateway;
    struct exchange *exchange; /* it is replied to once, then it is not ours any more */
    struct stream *stream;
    enum message_type wanted;
    relay_answered *answered;
    struct arena arena; /* of the parts of a log */
    struct message log; /* what has come of it */
    size_t capacity;
};

static bool is_slow(enum message_type wanted)
{
    return wanted == MESSAGE_LOG || wanted == MESSAGE_FORECAST;
}

static void relay_free(struct relay *relay)
{
    gateway_relay_ended(relay->gateway, is_slow(relay->wanted));
    stream_close(relay->stream);
    free(relay->log.log.entries.items);
    arena_free(&relay->arena);
    free(relay);
}

/* The peer is gone, or was replied to. */
static void exchange_ended(void *context)
{
    relay_free(context);
}

/* The exchange has its reply. */
static void relay_end(struct relay *relay)
{
    exchange_on_end(relay->exchange, NULL, NULL);
    relay_free(relay);
}

/* A part of the log; true when it was the last. */
static bool log_part_keep(struct relay *relay, const struct message *message)
{
    struct message part = message_copy(message, &relay->arena);
    struct message_log *whole = &relay->log.log;
    struct log_entry_list *entries = &whole->entries;
    for (size_t i = 0; i < part.log.entries.count; i++) {
        entries->items =
            array_room(entries->items, entries->count, &relay->capacity, sizeof *entries->items);
        entries->items[entries->count++] = part.log.entries.items[i];
    }
    whole->left_out += part.log.left_out;
    whole->last = part.log.last;
    return whole->last;
}

static void answer_hand_on(struct relay *relay, const struct message *message)
{
    if (message->type != MESSAGE_LOG) {
        relay->answered(relay->exchange, message);
    } else if (log_part_keep(relay, message)) {
        relay->answered(relay->exchange, &relay->log);
    } else {
        return;
    }
    relay_end(relay);
}

static void stream_said(struct stream *stream, const struct message *message, void *context)
{
    (void)stream;
    struct relay *relay = context;
    if (message->type == relay->wanted) {
        answer_hand_on(relay, message);
    } else if (message->type == MESSAGE_REFUSED) {
        problem_refused(relay->exchange, &message->refused);
        relay_end(relay);
    }
}

static void stream_lost(struct stream *stream, const struct error *reason, void *context)
{
    (void)stream;
    (void)reason;
    struct relay *relay = context;
    problem_reply(relay->exchange, HTTP_UNAVAILABLE, ERROR_IO, "the coordinator ends",
                  "ask again in a moment");
    relay_end(relay);
}

/* A session of our own with the coordinator of this process. */
static struct stream *session_make(struct relay *relay, struct error *error)
{
    const struct stream_callbacks callbacks = {
        .message = stream_said, .lost = stream_lost, .context = relay};
    int ends[2];
    if (stream_pair(ends, error) != 0) {
        return NULL;
    }
    if (coordinator_adopt(relay->gateway->coordinator, ends[0], error) != 0) {
        (void)close(ends[1]);
        return NULL;
    }
    return stream_open(relay->gateway->loop, ends[1], &callbacks, error);
}

void relay_ask(struct gateway *gateway, struct exchange *exchange, const struct message *request,
               enum message_type wanted, relay_answered *answered)
{
    struct error error = {0};
    if (!gateway_relay_begins(gateway, is_slow(wanted))) {
        exchange_header_add(exchange, "Retry-After", "1");
        problem_reply(exchange, HTTP_UNAVAILABLE, ERROR_BUSY,
                      "too many requests are being answered", "ask again in a second");
        return;
    }
    struct relay *relay = memory_alloc(sizeof *relay);
    *relay = (struct relay){.gateway = gateway,
                            .exchange = exchange,
                            .wanted = wanted,
                            .answered = answered,
                            .log = {.type = MESSAGE_LOG}};
    relay->stream = session_make(relay, &error);
    if (relay->stream == NULL) {
        problem_reply(exchange, HTTP_UNAVAILABLE, error.code, error.message, error.hint);
        relay_free(relay);
        return;
    }
    const struct message hello = {.type = MESSAGE_HELLO,
                                  .hello = {.protocol = WIRE_PROTOCOL,
                                            .role = "command",
                                            .name = "http",
                                            .version = DROVER_VERSION}};
    exchange_on_end(exchange, exchange_ended, relay);
    stream_send(relay->stream, &hello);
    stream_send(relay->stream, request);
}
