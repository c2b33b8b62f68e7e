/* Diagnostics: everything wrong with files a person wrote, collected and shown at once.
 *
 * One diagnostic is `file:line:column: message` with an optional hint. Configuration and migration
 * files both report this way.
 */
#ifndef DROVER_BASE_DIAGNOSTIC_H
#define DROVER_BASE_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"

struct diagnostic {
    const char *file;    /* as the user would type it */
    unsigned line;       /* from 1; 0 when the whole file is meant */
    unsigned column;     /* from 1, in bytes; 0 when the whole line is meant */
    bool warning;        /* shown, but does not refuse */
    const char *message; /* one sentence, no final full stop */
    const char *hint;    /* what to do, or NULL */
    struct diagnostic *next;
};

/* A zeroed struct is valid and empty. All texts are copied into the arena, which the list owns. */
struct diagnostics {
    struct arena arena;
    struct diagnostic *first;
    struct diagnostic *last;
    size_t error_count;
    size_t warning_count;
};

/* Appends an error and returns it, so that a hint can be set with diagnostic_hint. */
struct diagnostic *diagnostic_add(struct diagnostics *list, const char *file, unsigned line,
                                  unsigned column, const char *format, ...) PRINTF_LIKE(5, 6);
void diagnostic_hint(struct diagnostics *list, struct diagnostic *diagnostic, const char *format,
                     ...) PRINTF_LIKE(3, 4);

/* Turns an added error into a warning. */
void diagnostic_warn(struct diagnostics *list, struct diagnostic *diagnostic);

/* Writes "file:line:column: error: message" (absent parts left out) and "  hint: ..." lines. */
struct buffer;
void diagnostics_print(const struct diagnostics *list, struct buffer *out);

/* Writes each to the log of a service (log.h), a line each. */
void diagnostics_log(const struct diagnostics *list);

void diagnostics_free(struct diagnostics *list);

#endif
