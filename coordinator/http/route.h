/* Routes: what can be asked for over HTTP (routes.def). */
#ifndef DROVER_HTTP_ROUTE_H
#define DROVER_HTTP_ROUTE_H

#include "common/vocabulary/message.h"

struct gateway;
struct exchange;

enum route_kind {
    ROUTE_ASK,  /* a question to the coordinator */
    ROUTE_TELL, /* a verb */
    ROUTE_PAGE, /* made here */
};

/* Replies to the exchange, at once or later. */
typedef void route_page(struct gateway *gateway, struct exchange *exchange);

struct route {
    enum route_kind kind;
    const char *path;
    enum message_type request; /* ASK, TELL */
    enum message_type answer;
    enum control_verb tells; /* TELL: the verb of its CONTROL */
    route_page *page;        /* PAGE */
    const char *summary;     /* a sentence */
};

extern const struct route routes[];
extern const size_t route_count;

/* "GET" or "POST" */
const char *route_method(const struct route *route);

/* NULL: there is nothing there. */
const struct route *route_find(const char *path);

/* Whether a request may set the field of that name: what it asks for, and not who it is. */
bool route_takes(const struct route *route, const char *field);

route_page page_metrics;
route_page page_openapi;
route_page page_healthz;

#endif
