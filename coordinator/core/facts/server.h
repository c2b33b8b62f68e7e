/* Servers: whose number of connections is capped.
 *
 * Until a target was inspected, its server is the host and port of its URL. The inspection tells
 * the system identifier, and all names of one identity then share one cap.
 */
#ifndef DROVER_FACTS_SERVER_H
#define DROVER_FACTS_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct intern;
struct servers; /* state.def */

/* The number of the server that `url` names. */
uint32_t server_of_url(struct servers *servers, struct intern *intern, const char *url);
uint32_t server_identity(struct servers *servers, struct intern *intern, const char *identity);

/* Of what is no row of state.def. */
size_t servers_bytes(const struct servers *servers);
void servers_free(struct servers *servers);

/* "host:port" of a URL or of key=value pairs; the whole text if there
 * is no telling. Cut to `size`. */
void server_key(const char *url, char *key, size_t size);

#endif
