/* Diagnostics: a list in the order of discovery. */
#include "common/base/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/log.h"

static PRINTF_LIKE(2, 0) char *format_into(struct arena *arena, const char *format,
                                           va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t room = length > 0 ? (size_t)length + 1 : 1;
    char *text = arena_alloc(arena, room);
    (void)vsnprintf(text, room, format, arguments);
    return text;
}

struct diagnostic *diagnostic_add(struct diagnostics *list, const char *file, unsigned line,
                                  unsigned column, const char *format, ...)
{
    struct diagnostic *diagnostic = arena_alloc(&list->arena, sizeof *diagnostic);
    diagnostic->file = arena_strdup(&list->arena, file);
    diagnostic->line = line;
    diagnostic->column = column;
    va_list arguments;
    va_start(arguments, format);
    diagnostic->message = format_into(&list->arena, format, arguments);
    va_end(arguments);
    if (list->last != NULL) {
        list->last->next = diagnostic;
    } else {
        list->first = diagnostic;
    }
    list->last = diagnostic;
    list->error_count++;
    return diagnostic;
}

void diagnostic_hint(struct diagnostics *list, struct diagnostic *diagnostic, const char *format,
                     ...)
{
    va_list arguments;
    va_start(arguments, format);
    diagnostic->hint = format_into(&list->arena, format, arguments);
    va_end(arguments);
}

void diagnostic_warn(struct diagnostics *list, struct diagnostic *diagnostic)
{
    if (!diagnostic->warning) {
        diagnostic->warning = true;
        list->error_count--;
        list->warning_count++;
    }
}

/* "drover.yaml:12:5: " */
static void place_print(const struct diagnostic *diagnostic, struct buffer *out)
{
    buffer_text_append(out, diagnostic->file);
    if (diagnostic->line > 0) {
        buffer_printf(out, ":%u", diagnostic->line);
    }
    if (diagnostic->line > 0 && diagnostic->column > 0) {
        buffer_printf(out, ":%u", diagnostic->column);
    }
    buffer_text_append(out, ": ");
}

void diagnostics_print(const struct diagnostics *list, struct buffer *out)
{
    for (const struct diagnostic *d = list->first; d != NULL; d = d->next) {
        place_print(d, out);
        buffer_printf(out, "%s: %s\n", d->warning ? "warning" : "error", d->message);
        if (d->hint != NULL) {
            buffer_printf(out, "  hint: %s\n", d->hint);
        }
    }
}

void diagnostics_log(const struct diagnostics *list)
{
    for (const struct diagnostic *item = list->first; item != NULL; item = item->next) {
        struct buffer line = {0};
        place_print(item, &line);
        buffer_printf(&line, "%s", item->message);
        if (item->hint != NULL) {
            buffer_printf(&line, " (%s)", item->hint);
        }
        log_write(item->warning ? LOG_WARNING : LOG_ERROR, "%s", buffer_text(&line));
        buffer_free(&line);
    }
}

void diagnostics_free(struct diagnostics *list)
{
    arena_free(&list->arena);
    memset(list, 0, sizeof *list);
}
