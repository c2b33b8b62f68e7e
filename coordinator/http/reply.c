#include "coordinator/http/reply.h"

static int bytes_append(const char *bytes, size_t length, void *context)
{
    buffer_append(context, bytes, length);
    return 0;
}

void reply_json(struct exchange *exchange, enum http_status status, const char *type, json_t *value)
{
    struct buffer body = {0};
    (void)json_dump_callback(value, bytes_append, &body, JSON_COMPACT);
    buffer_text_append(&body, "\n");
    json_decref(value);
    exchange_reply(exchange, status, type, &body);
}
