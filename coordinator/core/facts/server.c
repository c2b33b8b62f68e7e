/* Host and port of a URL, without libpq: enough to tell servers apart, not to connect. */
#include "coordinator/core/facts/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/lookup.h"
#include "coordinator/core/facts/state.h"

enum { KEY_BYTES = 512 };

struct piece {
    const char *text;
    size_t length;
};

static int hex_value(char digit)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *at = digit != '\0' ? strchr(digits, digit) : NULL;
    return at != NULL ? (int)((at - digits) % 16) : -1;
}

/* Percent-decodes into `out`. */
static void piece_decode(struct piece piece, char *out, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < piece.length && length + 1 < size; i++) {
        char byte = piece.text[i];
        if (byte == '%' && i + 2 < piece.length && hex_value(piece.text[i + 1]) >= 0 &&
            hex_value(piece.text[i + 2]) >= 0) {
            byte = (char)(hex_value(piece.text[i + 1]) * 16 + hex_value(piece.text[i + 2]));
            i += 2;
        }
        out[length++] = byte;
    }
    out[length] = '\0';
}

/* The value of `key` in "key=value" pairs parted by one of `separators`. */
static struct piece pair_value(const char *text, const char *key, const char *separators)
{
    size_t key_length = strlen(key);
    while (*text != '\0') {
        text += strspn(text, separators);
        if (strncmp(text, key, key_length) == 0 && text[key_length] == '=') {
            text += key_length + 1;
            if (*text == '\'') {
                return (struct piece){text + 1, strcspn(text + 1, "'")};
            }
            return (struct piece){text, strcspn(text, separators)};
        }
        text += strcspn(text, separators);
    }
    return (struct piece){text, 0};
}

static void key_write(char *key, size_t size, struct piece host, struct piece port)
{
    char host_text[KEY_BYTES];
    char port_text[64];
    piece_decode(host, host_text, sizeof host_text);
    piece_decode(port, port_text, sizeof port_text);
    (void)snprintf(key, size, "%s:%s", host_text[0] != '\0' ? host_text : "localhost",
                   port_text[0] != '\0' ? port_text : "5432");
}

/* `text` follows "postgresql://". */
static void url_key(const char *text, char *key, size_t size)
{
    struct piece host = {text, strcspn(text, "/?")};
    const char *query = host.text + host.length;
    query += strcspn(query, "?");
    for (size_t i = host.length; i > 0; i--) {
        if (host.text[i - 1] == '@') {
            host.text += i;
            host.length -= i;
            break;
        }
    }
    struct piece port = {"", 0};
    if (memchr(host.text, ',', host.length) == NULL) {
        for (size_t i = host.length; i > 0 && host.text[i - 1] != ']'; i--) {
            if (host.text[i - 1] == ':') {
                port = (struct piece){host.text + i, host.length - i};
                host.length = i - 1;
                break;
            }
        }
    }
    if (host.length == 0) {
        host = pair_value(query, "host", "?&");
    }
    if (port.length == 0) {
        port = pair_value(query, "port", "?&");
    }
    key_write(key, size, host, port);
}

void server_key(const char *url, char *key, size_t size)
{
    static const char *const schemes[] = {"postgresql://", "postgres://"};
    for (size_t i = 0; i < LENGTH(schemes); i++) {
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0) {
            url_key(url + strlen(schemes[i]), key, size);
            return;
        }
    }
    struct piece host = pair_value(url, "host", " ");
    if (host.length == 0) {
        (void)snprintf(key, size, "%s", url);
        return;
    }
    key_write(key, size, host, pair_value(url, "port", " "));
}

static bool server_matches(const void *owner, uint32_t id, const void *key)
{
    return strcmp(((const struct servers *)owner)->items[id].key, key) == 0;
}

uint32_t server_of_url(struct servers *servers, struct intern *intern, const char *url)
{
    char key[KEY_BYTES + 80];
    server_key(url, key, sizeof key);
    uint32_t hash = lookup_hash(LOOKUP_SEED, key);
    uint32_t found = lookup_find(&servers->lookup, hash, server_matches, servers, key);
    if (found == LOOKUP_NONE) {
        found = servers->count;
        servers->items =
            array_room(servers->items, found, &servers->capacity, sizeof *servers->items);
        servers->items[found] = (struct server){.key = intern_text(intern, key),
                                                .timeline = "",
                                                .witness = NUMBER_NONE,
                                                .failure = INTERN_NONE,
                                                .identity = NUMBER_NONE};
        servers->count++;
        lookup_add(&servers->lookup, hash, found);
    }
    return found;
}

static bool identity_matches(const void *owner, uint32_t id, const void *key)
{
    return strcmp(((const struct servers *)owner)->loads[id].identity, key) == 0;
}

uint32_t server_identity(struct servers *servers, struct intern *intern, const char *identity)
{
    uint32_t hash = lookup_hash(LOOKUP_SEED, identity);
    uint32_t found =
        lookup_find(&servers->identity_lookup, hash, identity_matches, servers, identity);
    if (found == LOOKUP_NONE) {
        found = servers->identity_count;
        servers->loads =
            array_room(servers->loads, found, &servers->identity_capacity, sizeof *servers->loads);
        servers->loads[found] =
            (struct load){.identity = intern_text(intern, identity), .verdict.reason = ""};
        servers->identity_count++;
        lookup_add(&servers->identity_lookup, hash, found);
    }
    return found;
}

size_t servers_bytes(const struct servers *servers)
{
    return lookup_bytes(&servers->lookup) + lookup_bytes(&servers->identity_lookup);
}

void servers_free(struct servers *servers)
{
    free(servers->items);
    free(servers->loads);
    free(servers->blind);
    lookup_free(&servers->lookup);
    lookup_free(&servers->identity_lookup);
    memset(servers, 0, sizeof *servers);
}
