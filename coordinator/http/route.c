#include "coordinator/http/route.h"

#include <string.h>

#include "common/base/array.h"

const struct route routes[] = {
#define ASK(at, REQUEST, ANSWER, text)                                                             \
    {.kind = ROUTE_ASK,                                                                            \
     .path = at,                                                                                   \
     .request = MESSAGE_##REQUEST,                                                                 \
     .answer = MESSAGE_##ANSWER,                                                                   \
     .summary = text},
#define TELL(at, VERB, text)                                                                       \
    {.kind = ROUTE_TELL,                                                                           \
     .path = at,                                                                                   \
     .request = MESSAGE_CONTROL,                                                                   \
     .answer = MESSAGE_CONTROLLED,                                                                 \
     .tells = CONTROL_##VERB,                                                                      \
     .summary = text},
#define PAGE(at, name, text) {.kind = ROUTE_PAGE, .path = at, .page = page_##name, .summary = text},
#include "coordinator/http/routes.def"
#undef ASK
#undef TELL
#undef PAGE
};
const size_t route_count = LENGTH(routes);

const char *route_method(const struct route *route)
{
    return route->kind == ROUTE_TELL ? "POST" : "GET";
}

const struct route *route_find(const char *path)
{
    for (size_t i = 0; i < route_count; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            return &routes[i];
        }
    }
    return NULL;
}

bool route_takes(const struct route *route, const char *field)
{
    static const char *const ours[] = {"verb", "actor", "interrupted"}; /* of CONTROL */
    static const char *const streams[] = {"stays"};                     /* of WATCH */
    size_t count = route->kind == ROUTE_TELL ? LENGTH(ours) : LENGTH(streams);
    const char *const *names = route->kind == ROUTE_TELL ? ours : streams;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], field) == 0) {
            return false;
        }
    }
    return true;
}
