/* Meters (meter.h). */
#include "common/pg/meter.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static uint64_t received(PGconn *pg)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    (void)getsockopt(PQsocket(pg), IPPROTO_TCP, TCP_INFO, &info, &length); /* 0 where not TCP */
    return info.tcpi_bytes_received;
}

void meter_begin(struct meter *meter, PGconn *pg)
{
    meter->begin = received(pg);
}

uint64_t meter_bytes(const struct meter *meter, PGconn *pg)
{
    uint64_t bytes = received(pg);
    return bytes > meter->begin ? bytes - meter->begin : 0;
}
