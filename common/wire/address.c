/* Addresses: parsing, without looking anything up. */
#include "common/wire/address.h"

#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535 };

static int path_parse(const char *path, struct address *address, struct error *error)
{
    size_t length = strlen(path);
    size_t room = sizeof address->path.sun_path - 1;
    if (length == 0) {
        return error_set(error, ERROR_CONFIG, "address \"unix:\" names no path");
    }
    if (length > room) {
        (void)error_set(error, ERROR_CONFIG,
                        "the socket path %s has %zu bytes; the system allows %zu", path, length,
                        room);
        return error_hint(error, "choose a shorter folder for the socket");
    }
    address->local = true;
    address->path.sun_family = AF_UNIX;
    memcpy(address->path.sun_path, path, length + 1);
    return 0;
}

static bool port_is_valid(const char *port)
{
    size_t length = strlen(port);
    return length > 0 && length <= 5 && strspn(port, "0123456789") == length &&
           strtol(port, NULL, 10) <= PORT_MAX;
}

static int host_parse(const char *text, const char *rest, struct address *address,
                      struct error *error)
{
    const char *colon = strrchr(rest, ':');
    if (colon == NULL || colon == rest || !port_is_valid(colon + 1)) {
        (void)error_set(error, ERROR_CONFIG, "address \"%s\" has no valid host and port", text);
        return error_hint(error, "write tcp:HOST:PORT");
    }
    size_t length = (size_t)(colon - rest);
    if (rest[0] == '[' && rest[length - 1] == ']') {
        rest++;
        length -= 2;
    } else if (memchr(rest, ':', length) != NULL) {
        (void)error_set(error, ERROR_CONFIG, "address \"%s\" has more than one port", text);
        return error_hint(error, "write an IPv6 address in brackets: tcp:[::1]:PORT");
    }
    if (length == 0 || length >= sizeof address->host) {
        return error_set(error, ERROR_CONFIG, "address \"%s\" has no valid host", text);
    }
    memcpy(address->host, rest, length);
    memcpy(address->port, colon + 1, strlen(colon + 1) + 1);
    return 0;
}

int address_parse(const char *text, struct address *address, struct error *error)
{
    memset(address, 0, sizeof *address);
    if (strncmp(text, "unix:", 5) == 0) {
        return path_parse(text + 5, address, error);
    }
    if (strncmp(text, "tcp:", 4) == 0) {
        return host_parse(text, text + 4, address, error);
    }
    (void)error_set(error, ERROR_CONFIG, "\"%s\" is not an address", text);
    return error_hint(error, "write unix:PATH or tcp:HOST:PORT");
}
