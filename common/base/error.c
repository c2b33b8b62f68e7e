/* Errors as values: filling, wrapping, words. */
#include "common/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buffer.h"

int error_set(struct error *error, enum error_code code, const char *format, ...)
{
    memset(error, 0, sizeof *error);
    error->code = code;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return -1;
}

int error_hint(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
    return -1;
}

int error_wrap(struct error *error, const char *format, ...)
{
    struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    char prefix[sizeof error->message];
    (void)vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    buffer_printf(&text, "%s: %s", prefix, error->message);
    size_t length = text.length < sizeof error->message ? text.length : sizeof error->message - 1;
    memcpy(error->message, text.data, length);
    error->message[length] = '\0';
    buffer_free(&text);
    return -1;
}

static const struct {
    const char *word;
    int exit_code;
} error_kinds[] = {
#define ERROR_KIND(name, word, exit_code) {word, exit_code},
    ERROR_LIST(ERROR_KIND)
#undef ERROR_KIND
};

const char *error_word(enum error_code code)
{
    return error_kinds[code].word;
}

int error_exit_code(enum error_code code)
{
    return error_kinds[code].exit_code;
}
