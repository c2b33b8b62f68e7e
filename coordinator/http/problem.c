#include "coordinator/http/problem.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/json/json.h"
#include "coordinator/http/reply.h"

static const struct {
    enum http_status status;
    const char *title;
} titles[] = {
    {HTTP_BAD_REQUEST, "The request is not understood"},
    {HTTP_UNAUTHORIZED, "Who asks is not known"},
    {HTTP_FORBIDDEN, "This is not allowed"},
    {HTTP_NOT_FOUND, "There is no such thing"},
    {HTTP_METHOD_NOT_ALLOWED, "This is asked for in another way"},
    {HTTP_CONFLICT, "This cannot be done now"},
    {HTTP_UNSUPPORTED_TYPE, "The body is not JSON"},
    {HTTP_UNAVAILABLE, "The coordinator cannot answer now"},
};

static const char *title_of(enum http_status status)
{
    for (size_t i = 0; i < LENGTH(titles); i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    return "This went wrong";
}

static void reply(struct exchange *exchange, enum http_status status, const char *word,
                  const char *detail, const char *hint)
{
    json_t *problem = json_object();
    (void)json_object_set_new(problem, "status", json_integer(status));
    (void)json_object_set_new(problem, "title", json_text(title_of(status)));
    (void)json_object_set_new(problem, "detail", json_text(detail));
    if (hint[0] != '\0') {
        (void)json_object_set_new(problem, "hint", json_text(hint));
    }
    (void)json_object_set_new(problem, "code", json_text(word));
    reply_json(exchange, status, "application/problem+json", problem);
}

void problem_reply(struct exchange *exchange, enum http_status status, enum error_code code,
                   const char *detail, const char *hint)
{
    reply(exchange, status, error_word(code), detail, hint);
}

/* By the word of its error: what was asked wrongly, what cannot be now, what went wrong here. */
static enum http_status status_of(const char *word)
{
    static const struct {
        enum error_code code;
        enum http_status status;
    } statuses[] = {
        {ERROR_USAGE, HTTP_BAD_REQUEST}, {ERROR_PROTOCOL, HTTP_BAD_REQUEST}, {ERROR_IO, HTTP_ERROR},
        {ERROR_JOURNAL, HTTP_ERROR},     {ERROR_BUSY, HTTP_UNAVAILABLE},
    };
    for (size_t i = 0; i < LENGTH(statuses); i++) {
        if (strcmp(error_word(statuses[i].code), word) == 0) {
            return statuses[i].status;
        }
    }
    return HTTP_CONFLICT;
}

void problem_refused(struct exchange *exchange, const struct message_refused *refused)
{
    reply(exchange, status_of(refused->code), refused->code, refused->message, refused->hint);
}
