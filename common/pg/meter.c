/* Meters (meter.h). */
#include "common/pg/meter.h"

#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static bool is_local(PGconn *pg)
{
    int domain = AF_UNSPEC;
    socklen_t length = sizeof domain;
    return getsockopt(PQsocket(pg), SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
           domain == AF_UNIX;
}

/* Of a Unix socket the kernel moves the peek offset, unix(7), back by what is taken out; nobody peeks. */
static uint64_t taken(PGconn *pg)
{
    int left = -1;
    socklen_t length = sizeof left;
    (void)getsockopt(PQsocket(pg), SOL_SOCKET, SO_PEEK_OFF, &left, &length);
    return left >= 0 ? (uint64_t)(INT_MAX - left) : 0;
}

static uint64_t received(PGconn *pg)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    (void)getsockopt(PQsocket(pg), IPPROTO_TCP, TCP_INFO, &info, &length);
    return info.tcpi_bytes_received;
}

void meter_begin(struct meter *meter, PGconn *pg)
{
    const int offset = INT_MAX; /* more than PostgreSQL's longest message */
    meter->local = is_local(pg);
    if (meter->local) {
        (void)setsockopt(PQsocket(pg), SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset);
    }
    meter->begin = meter->local ? 0 : received(pg);
}

uint64_t meter_bytes(const struct meter *meter, PGconn *pg)
{
    uint64_t bytes = meter->local ? taken(pg) : received(pg);
    return bytes > meter->begin ? bytes - meter->begin : 0;
}
