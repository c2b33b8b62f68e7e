/* Diagnostics: a list in the order of discovery. */
#include "common/base/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buffer.h"

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

void diagnostics_print(const struct diagnostics *list, struct buffer *out)
{
    for (const struct diagnostic *d = list->first; d != NULL; d = d->next) {
        buffer_text_append(out, d->file);
        if (d->line > 0) {
            buffer_printf(out, ":%u", d->line);
        }
        if (d->line > 0 && d->column > 0) {
            buffer_printf(out, ":%u", d->column);
        }
        buffer_printf(out, ": %s: %s\n", d->warning ? "warning" : "error", d->message);
        if (d->hint != NULL) {
            buffer_printf(out, "  hint: %s\n", d->hint);
        }
    }
}

void diagnostics_free(struct diagnostics *list)
{
    arena_free(&list->arena);
    memset(list, 0, sizeof *list);
}
