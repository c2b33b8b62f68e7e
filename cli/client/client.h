/* A client: one command's conversation with a coordinator, which runs as
 * a service or in this process.
 *
 * The client owns the process's loop and turns it only while it waits, so that a command reads from
 * top to bottom: send, then take the next thing that happens. Bundles that the coordinator asks for
 * are sent from here. SIGINT and SIGTERM arrive as CLIENT_INTERRUPTED.
 */
#ifndef DROVER_CLIENT_CLIENT_H
#define DROVER_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/client/embedded.h"
#include "common/base/arena.h"
#include "common/revision/bundle.h"
#include "common/wire/message.h"

struct client;

enum client_place {
    CLIENT_ANYWHERE, /* a coordinator if one answers, else in this process */
    CLIENT_SERVICE,  /* only a coordinator that answers */
};

struct client_options {
    struct embedded_options embedded; /* but where it listens and what it calls */
    const struct bundle *bundle;      /* borrowed; NULL: none to give */
    const char *address;              /* where the coordinator is looked for */
    enum client_place place;
    bool clean; /* messages are for people: see cli/text/message_clean.h */
};

/* Connects or starts both sides, and shakes hands. */
struct client *client_open(const struct client_options *options, struct error *error);

bool client_is_embedded(const struct client *client);

/* Where the coordinator is looked for; borrowed from the options. */
const char *client_address(const struct client *client);

/* The digest of the configuration that the coordinator goes by; "" of an earlier version. */
const char *client_configuration(const struct client *client);

/* Has this bundle for whoever asks for it; borrowed. */
void client_offer(struct client *client, const struct bundle *bundle);

void client_send(struct client *client, const struct message *message);

enum client_event {
    CLIENT_MESSAGE,
    CLIENT_TICK, /* about ten times a second */
    CLIENT_INTERRUPTED,
    CLIENT_SILENT, /* a service that is connected has not answered for 5 s */
    CLIENT_HEARD,  /* and answers again */
    CLIENT_INPUT,  /* there is something to read where client_listen said */
};

/* From now on what can be read from `file_descriptor`, a terminal, arrives as CLIENT_INPUT, again and again until
 * somebody reads it. Once only. */
void client_listen(struct client *client, int file_descriptor);

/* Waits for the next thing. A message is copied into `arena`. -1: the coordinator is gone, or has been
 * silent for a minute, or (embedded) cannot go on. */
int client_next(struct client *client, struct arena *arena, struct message *message,
                struct error *error) MUST_CHECK;

/* Sends, and waits for the message of type `wanted`; others but REFUSED are dropped. REFUSED
 * becomes an error; an interruption ERROR_STOPPED. */
int client_ask(struct client *client, const struct message *request, enum message_type wanted,
               struct arena *arena, struct message *answer, struct error *error) MUST_CHECK;

/* The same; a service that does not answer for 5 s is an error. */
int client_ask_now(struct client *client, const struct message *request, enum message_type wanted,
                   struct arena *arena, struct message *answer, struct error *error) MUST_CHECK;

/* SILENT or HEARD as a sentence for people, without a full stop. */
const char *client_silence(int event);

/* Tries once to reach the service again that is gone or silent: a new conversation with whoever
 * answers there. What was asked for before has to be asked again. */
int client_return(struct client *client, struct error *error) MUST_CHECK;

/* Waits for the next tick, input or interruption, also while the service is gone. */
int client_idle(struct client *client);

/* The error behind a REFUSED; returns -1. */
int client_refused(const struct message_refused *refused, struct error *error);

/* Closes both sides in order. NULL is fine. */
void client_close(struct client *client);

/* "user@host", for the journal, with who became that user by sudo; in `arena`. actor.c */
const char *client_actor(struct arena *arena);

#endif
