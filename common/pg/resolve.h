/* The hosts that a URL names, and their addresses, looked up off the loop. */
#ifndef DROVER_PG_RESOLVE_H
#define DROVER_PG_RESOLVE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <uv.h>

#include "common/base/arena.h"

/* One of the hosts a URL names. NULL where the URL says nothing. */
struct host {
    const char *name;    /* a name, a socket folder, or a numeric address */
    const char *address; /* numeric */
    const char *port;
    size_t siblings; /* further addresses of the same name, right after it */
};

struct host_list {
    struct host *items;
    size_t count; /* at least 1 */
};

struct lookup;

/* The hosts of a parsed URL, in order, in `arena`; PGHOST, PGHOSTADDR and PGPORT fill what is
 * absent. -1 when the numbers of hosts and ports do not fit. */
int host_list_read(const PQconninfoOption *parameters, struct arena *arena,
                   struct host_list *hosts);

/* The value of a URL parameter, or NULL. */
const char *parameter_value(const PQconninfoOption *parameters, const char *keyword);

/* True when connecting to the host needs a name lookup first. */
bool host_needs_lookup(const struct host *host);

/* Puts the host at `at` in the place of itself once for each of `addresses` (comma separated). */
void host_spread(struct host_list *hosts, size_t at, const char *addresses, struct arena *arena);

/* `addresses` is a comma separated list, or NULL with the `problem`. */
typedef void lookup_done(const char *addresses, const char *problem, void *context);
struct lookup *lookup_start(uv_loop_t *loop, const char *name, lookup_done *done, void *context);
void lookup_abandon(struct lookup *lookup); /* no callback afterwards */

#endif
