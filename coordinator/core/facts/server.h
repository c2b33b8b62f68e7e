/* Servers: whose number of connections is capped.
 *
 * Until a target was inspected, its server is the host and port of its URL. The inspection tells
 * the system identifier, and all names of one identity then share one cap.
 */
#ifndef DROVER_FACTS_SERVER_H
#define DROVER_FACTS_SERVER_H

#include "coordinator/core/facts/intern.h"

struct server {
    const char *key;   /* "host:port" */
    uint32_t identity; /* the first one seen behind this name, or UINT32_MAX */
};

/* How loaded the server behind an identity is, as its probes tell. */
struct load {
    uint64_t probed_ms; /* 0: not yet */
    uint64_t job;       /* the probe under way; else 0 */
    const char *reason; /* which threshold it is over; "" */
    uint32_t target;    /* whose URL leads there */
    uint32_t server;    /* the name it is known by */
    uint32_t cap;       /* 0: the rollout's */
    bool over;
};

/* A zeroed struct is valid and empty. Texts live in the rollout's intern. */
struct servers {
    struct server *items;
    uint32_t count;
    uint32_t capacity;
    struct lookup lookup;
    const char **identities;
    struct load *loads; /* by identity */
    uint32_t load_capacity;
    uint32_t identity_count;
    uint32_t identity_capacity;
    struct lookup identity_lookup;
};

/* The number of the server that `url` names. */
uint32_t server_of_url(struct servers *servers, struct intern *intern, const char *url);
uint32_t server_identity(struct servers *servers, struct intern *intern, const char *identity);

size_t servers_bytes(const struct servers *servers);
void servers_free(struct servers *servers);

/* "host:port" of a URL or of key=value pairs; the whole text if there
 * is no telling. Cut to `size`. */
void server_key(const char *url, char *key, size_t size);

#endif
