/* A client: callbacks of the loop put what happens into a queue; client_next takes it out. */
#include "cli/client/client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <uv.h>

#include "cli/client/embedded.h"
#include "cli/client/letters.h"
#include "cli/text/message_clean.h"
#include "common/base/array.h"
#include "common/revision/digest.h"
#include "common/wire/bundle_parts.h"
#include "common/wire/stream.h"

/* Ctrl-C, a service manager's stop, a terminal that goes. */
static const int client_signals[] = {SIGINT, SIGTERM, SIGHUP};

enum {
    TICK_MS = 100,
    BEAT_TICKS = 10,   /* a heartbeat is sent */
    SILENT_TICKS = 50, /* and not answered: somebody is told */
    GIVE_UP_TICKS = 600,
    HOST_BYTES = 256,
    SIGNAL_COUNT = LENGTH(client_signals),
    HANDLE_COUNT = SIGNAL_COUNT + 1 /* and the tick */
};

struct client {
    uv_loop_t loop;
    uv_timer_t tick;
    uv_signal_t signals[SIGNAL_COUNT];
    uv_poll_t input;
    bool listening;        /* to the input */
    unsigned handles_open; /* of those above */
    struct stream *stream;
    struct embedded *embedded; /* NULL: a service */
    struct client_options options;
    struct letters letters;
    bool ticked;
    bool readable;         /* the input */
    unsigned ticks_silent; /* since the service was heard; it echoes heartbeats */
    bool silence_told;
    bool heard_again;
    unsigned interrupts; /* not taken yet */
    bool lost;
    bool connecting;
    bool embedded_closed;
    struct error reason; /* of lost */
    char configuration[DIGEST_TEXT_BYTES];
};

static void bundle_give(struct client *client, const struct message_bundle_wanted *wanted)
{
    struct message message = {.type = MESSAGE_BUNDLE};
    if (client->options.bundle != NULL &&
        strcmp(bundle_digest(client->options.bundle), wanted->digest) == 0) {
        message.bundle =
            bundle_part(wanted->digest, bundle_bytes(client->options.bundle), wanted->offset);
    } else {
        message.type = MESSAGE_REFUSED;
        message.refused = (struct message_refused){
            .code = "revision", .message = "the command does not have this bundle", .hint = ""};
    }
    stream_send(client->stream, &message);
}

static void on_message(struct stream *stream, const struct message *message, void *context)
{
    (void)stream;
    struct client *client = context;
    client->ticks_silent = 0;
    client->heard_again = client->heard_again || client->silence_told;
    client->silence_told = false;
    if (message->type == MESSAGE_BUNDLE_WANTED) {
        bundle_give(client, &message->bundle_wanted);
    } else if (message->type != MESSAGE_HEARTBEAT) {
        letters_add(&client->letters, message);
    }
}

static void lose(struct client *client, const struct error *reason)
{
    if (!client->lost) {
        client->lost = true;
        client->reason = *reason;
    }
}

static void on_lost(struct stream *stream, const struct error *reason, void *context)
{
    struct client *client = context;
    stream_close(stream);
    client->stream = NULL;
    lose(client, reason);
}

/* An embedded run that cannot go on ends the conversation with the reason. */
static void on_embedded_failed(const struct error *reason, void *context)
{
    lose(context, reason);
}

static void on_tick(uv_timer_t *timer)
{
    struct client *client = timer->data;
    client->ticked = true;
    if (client->embedded == NULL && client->stream != NULL && !client->connecting) {
        client->ticks_silent++;
        if (client->ticks_silent % BEAT_TICKS == 0) {
            const struct message beat = {.type = MESSAGE_HEARTBEAT};
            stream_send(client->stream, &beat);
        }
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct client *client = handle->data;
    client->interrupts++;
}

static void on_connected(struct stream *stream, const struct error *error, void *context)
{
    struct client *client = context;
    client->connecting = false;
    client->stream = stream;
    if (stream == NULL) {
        client->reason = *error;
    }
}

static void callbacks_attach(struct client *client)
{
    struct stream_callbacks callbacks = {.message = on_message, .lost = on_lost, .context = client};
    stream_callbacks_set(client->stream, &callbacks);
}

/* 1: connected, 0: nobody answers (error tells why). */
static int service_connect(struct client *client, const char *address, struct error *error)
{
    client->connecting = true;
    if (stream_connect(&client->loop, address, on_connected, client, error) != 0) {
        client->connecting = false;
        return 0;
    }
    while (client->connecting) {
        (void)uv_run(&client->loop, UV_RUN_ONCE);
    }
    if (client->stream == NULL) {
        *error = client->reason;
        return 0;
    }
    callbacks_attach(client);
    return 1;
}

static int embedded_connect(struct client *client, const struct client_options *options,
                            struct error *error)
{
    struct embedded_options embedded = options->embedded;
    embedded.listen = embedded.question ? NULL : options->address;
    embedded.failed = on_embedded_failed;
    embedded.context = client;
    int file_descriptor = -1;
    client->embedded = embedded_open(&client->loop, &embedded, &file_descriptor, error);
    if (client->embedded == NULL) {
        return -1;
    }
    struct stream_callbacks callbacks = {.message = on_message, .lost = on_lost, .context = client};
    client->stream = stream_open(&client->loop, file_descriptor, &callbacks, error);
    return client->stream == NULL ? -1 : 0;
}

static int connect_somewhere(struct client *client, const struct client_options *options,
                             struct error *error)
{
    if (service_connect(client, options->address, error) == 1) {
        return 0;
    }
    if (options->place == CLIENT_SERVICE) {
        (void)error_wrap(error, "no coordinator answers");
        return error_hint(error, "`drover coordinator` runs one");
    }
    return embedded_connect(client, options, error);
}

static void handles_open(struct client *client)
{
    (void)uv_loop_init(&client->loop);
    (void)uv_timer_init(&client->loop, &client->tick);
    client->tick.data = client;
    (void)uv_timer_start(&client->tick, on_tick, TICK_MS, TICK_MS);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        (void)uv_signal_init(&client->loop, &client->signals[i]);
        client->signals[i].data = client;
        (void)uv_signal_start(&client->signals[i], on_signal, client_signals[i]);
    }
    client->handles_open = HANDLE_COUNT;
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    (void)status; /* whoever reads meets the error */
    (void)events;
    struct client *client = poll->data;
    client->readable = true;
}

void client_listen(struct client *client, int file_descriptor)
{
    client->input.data = client;
    client->listening = uv_poll_init(&client->loop, &client->input, file_descriptor) == 0;
    if (client->listening) {
        client->handles_open++;
        (void)uv_poll_start(&client->input, UV_READABLE, on_input);
    }
}

bool client_is_embedded(const struct client *client)
{
    return client->embedded != NULL;
}

void client_send(struct client *client, const struct message *message)
{
    if (client->stream != NULL) {
        stream_send(client->stream, message);
    }
}

/* What has nothing to do with the service: taken once; -1: nothing. `ticks`: ticks too. */
static int own_event(struct client *client, bool ticks)
{
    if (client->interrupts > 0) {
        client->interrupts--;
        return CLIENT_INTERRUPTED;
    }
    if (client->readable) {
        client->readable = false;
        return CLIENT_INPUT;
    }
    if (ticks && client->ticked) {
        client->ticked = false;
        return CLIENT_TICK;
    }
    return -1;
}

int client_idle(struct client *client)
{
    int event;
    while ((event = own_event(client, true)) < 0) {
        (void)uv_run(&client->loop, UV_RUN_ONCE);
    }
    return event;
}

int client_next(struct client *client, struct arena *arena, struct message *message,
                struct error *error)
{
    for (;;) {
        int event = own_event(client, false);
        if (event >= 0) {
            return event;
        }
        if (letters_take(&client->letters, arena, message)) {
            if (client->options.clean) {
                message_clean(message, arena);
            }
            return CLIENT_MESSAGE;
        }
        if (client->ticks_silent >= GIVE_UP_TICKS) {
            struct error silent;
            (void)error_set(&silent, ERROR_IO, "it has not answered for a minute");
            lose(client, &silent);
        }
        if (client->lost) {
            *error = client->reason;
            if (client->embedded != NULL) {
                return error_wrap(error, "the run cannot go on");
            }
            (void)error_wrap(error, "the coordinator is gone");
            return error_hint(error, "its journal keeps the rollout: run the same command again");
        }
        if (client->heard_again) {
            client->heard_again = false;
            return CLIENT_HEARD;
        }
        if (client->ticks_silent >= SILENT_TICKS && !client->silence_told) {
            client->silence_told = true;
            return CLIENT_SILENT;
        }
        event = own_event(client, true);
        if (event >= 0) {
            return event;
        }
        (void)uv_run(&client->loop, UV_RUN_ONCE);
    }
}

static int handshake(struct client *client, struct error *error)
{
    struct arena arena = {0};
    char host[HOST_BYTES] = "";
    (void)gethostname(host, sizeof host - 1);
    struct message hello = {.type = MESSAGE_HELLO};
    hello.hello.protocol = WIRE_PROTOCOL;
    hello.hello.role = "command";
    hello.hello.name = arena_printf(&arena, "%s:%ld", host, (long)getpid());
    hello.hello.version = DROVER_VERSION;
    if (getrandom(&hello.hello.instance, sizeof hello.hello.instance, 0) < 0) {
        hello.hello.instance = (uint64_t)getpid();
    }
    struct message welcome;
    int result = client_ask_now(client, &hello, MESSAGE_WELCOME, &arena, &welcome, error);
    if (result == 0) {
        (void)snprintf(client->configuration, sizeof client->configuration, "%s",
                       welcome.welcome.configuration);
    }
    arena_free(&arena);
    return result;
}

struct client *client_open(const struct client_options *options, struct error *error)
{
    struct client *client = memory_alloc(sizeof *client);
    client->options = *options;
    handles_open(client);
    if (connect_somewhere(client, options, error) != 0 || handshake(client, error) != 0) {
        client_close(client);
        return NULL;
    }
    return client;
}

void client_offer(struct client *client, const struct bundle *bundle)
{
    client->options.bundle = bundle;
}

const char *client_address(const struct client *client)
{
    return client->options.address;
}

const char *client_configuration(const struct client *client)
{
    return client->configuration;
}

int client_return(struct client *client, struct error *error)
{
    stream_close(client->stream);
    client->stream = NULL;
    client->lost = client->silence_told = client->heard_again = false;
    client->ticks_silent = 0;
    if (service_connect(client, client->options.address, error) == 1 &&
        handshake(client, error) == 0) {
        return 0;
    }
    lose(client, error);
    return -1;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    client->handles_open--;
}

static void on_embedded_closed(void *context)
{
    struct client *client = context;
    client->embedded_closed = true;
}

void client_close(struct client *client)
{
    if (client == NULL) {
        return;
    }
    stream_close(client->stream);
    client->stream = NULL;
    if (client->embedded != NULL) {
        embedded_close(client->embedded, on_embedded_closed, client);
        while (!client->embedded_closed) {
            (void)uv_run(&client->loop, UV_RUN_ONCE);
        }
    }
    if (client->listening) {
        uv_close((uv_handle_t *)&client->input, on_handle_closed);
    }
    uv_close((uv_handle_t *)&client->tick, on_handle_closed);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        uv_close((uv_handle_t *)&client->signals[i], on_handle_closed);
    }
    (void)uv_run(&client->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&client->loop);
    letters_free(&client->letters);
    free(client);
}
