/* Addresses as a user writes them: "unix:PATH" and "tcp:HOST:PORT" ("tcp:[::1]:PORT" for IPv6). */
#ifndef DROVER_WIRE_ADDRESS_H
#define DROVER_WIRE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/base/error.h"

struct address {
    bool local;              /* a Unix socket: `path` counts; else `host` and `port` */
    struct sockaddr_un path; /* filled in, ready for bind and connect */
    char host[256];          /* without brackets */
    char port[6];            /* "0" to "65535" */
};

/* Reads `text`; ERROR_CONFIG when it is no address or the path does
 * not fit into a socket's name. */
int address_parse(const char *text, struct address *address, struct error *error) MUST_CHECK;

#endif
