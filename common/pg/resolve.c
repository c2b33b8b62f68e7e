/* Hosts of a URL, and their addresses.
 *
 * PQconnectStart looks names up by itself and blocks meanwhile, so each name is looked up in
 * libuv's pool and handed to libpq as hostaddr (`host` stays, for certificates and .pgpass). A
 * lookup in the pool cannot always be stopped: an abandoned one lives on by itself until its answer
 * comes, unheard.
 */
#include "common/pg/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"

const char *parameter_value(const PQconninfoOption *parameters, const char *keyword)
{
    for (const PQconninfoOption *option = parameters; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, keyword) == 0) {
            return option->val != NULL && option->val[0] != '\0' ? option->val : NULL;
        }
    }
    return NULL;
}

static const char *parameter_or_environment(const PQconninfoOption *parameters, const char *keyword,
                                            const char *variable)
{
    const char *value = parameter_value(parameters, keyword);
    if (value == NULL) {
        value = getenv(variable);
    }
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static size_t list_count(const char *list)
{
    size_t count = list == NULL ? 0 : 1;
    for (; list != NULL && *list != '\0'; list++) {
        count += *list == ',';
    }
    return count;
}

/* The item at `index` of a comma separated list; NULL when it is empty or absent. */
static const char *list_item(const char *list, size_t index, struct arena *arena)
{
    for (; list != NULL && index > 0; index--) {
        list = strchr(list, ',');
        list = list == NULL ? NULL : list + 1;
    }
    if (list == NULL || strcspn(list, ",") == 0) {
        return NULL;
    }
    return arena_strndup(arena, list, strcspn(list, ","));
}

int host_list_read(const PQconninfoOption *parameters, struct arena *arena, struct host_list *hosts)
{
    const char *names = parameter_value(parameters, "host");
    const char *addresses = parameter_value(parameters, "hostaddr");
    if (names == NULL && addresses == NULL && parameter_value(parameters, "service") == NULL) {
        names = parameter_or_environment(parameters, "host", "PGHOST");
        addresses = parameter_or_environment(parameters, "hostaddr", "PGHOSTADDR");
    }
    const char *ports = parameter_or_environment(parameters, "port", "PGPORT");
    size_t name_count = list_count(names);
    size_t address_count = list_count(addresses);
    size_t port_count = list_count(ports);
    size_t count = address_count > 0 ? address_count : name_count;
    count = count > 0 ? count : 1;
    if ((name_count > 0 && name_count != count) || (port_count > 1 && port_count != count)) {
        return -1;
    }
    hosts->items = arena_array(arena, count, sizeof *hosts->items);
    hosts->count = count;
    for (size_t i = 0; i < count; i++) {
        hosts->items[i] = (struct host){
            .name = list_item(names, i, arena),
            .address = list_item(addresses, i, arena),
            .port = list_item(ports, port_count == 1 ? 0 : i, arena),
        };
    }
    return 0;
}

bool host_needs_lookup(const struct host *host)
{
    struct in6_addr unused;
    return host->address == NULL && host->name != NULL && host->name[0] != '/' &&
           host->name[0] != '@' && inet_pton(AF_INET, host->name, &unused) != 1 &&
           inet_pton(AF_INET6, host->name, &unused) != 1;
}

void host_spread(struct host_list *hosts, size_t at, const char *addresses, struct arena *arena)
{
    size_t count = list_count(addresses);
    size_t after = hosts->count - at - 1;
    struct host *items = arena_array(arena, at + count + after, sizeof *items);
    memcpy(items, hosts->items, at * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[at + i] = hosts->items[at];
        items[at + i].address = list_item(addresses, i, arena);
        items[at + i].siblings = count - i - 1;
    }
    memcpy(items + at + count, hosts->items + at + 1, after * sizeof *items);
    *hosts = (struct host_list){.items = items, .count = at + count + after};
}

struct lookup {
    uv_getaddrinfo_t request;
    lookup_done *done; /* NULL when abandoned */
    void *context;
};

static void addresses_write(struct addrinfo *found, struct buffer *out)
{
    for (struct addrinfo *item = found; item != NULL; item = item->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(item->ai_addr, item->ai_addrlen, text, sizeof text, NULL, 0,
                        NI_NUMERICHOST) == 0) {
            buffer_printf(out, "%s%s", out->length > 0 ? "," : "", text);
        }
    }
}

static void lookup_answered(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct lookup *lookup = request->data;
    if (lookup->done != NULL) {
        struct buffer addresses = {0};
        addresses_write(found, &addresses);
        if (addresses.length > 0) {
            lookup->done(buffer_text(&addresses), NULL, lookup->context);
        } else {
            lookup->done(NULL, status < 0 ? uv_strerror(status) : "no address", lookup->context);
        }
        buffer_free(&addresses);
    }
    uv_freeaddrinfo(found);
    free(lookup);
}

struct lookup *lookup_start(uv_loop_t *loop, const char *name, lookup_done *done, void *context)
{
    struct lookup *lookup = memory_alloc(sizeof *lookup);
    lookup->request.data = lookup;
    lookup->done = done;
    lookup->context = context;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (uv_getaddrinfo(loop, &lookup->request, lookup_answered, name, NULL, &hints) != 0) {
        free(lookup);
        return NULL;
    }
    return lookup;
}

void lookup_abandon(struct lookup *lookup)
{
    lookup->done = NULL;
    (void)uv_cancel((uv_req_t *)&lookup->request);
}
