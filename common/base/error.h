/* Errors as values.
 *
 * A function that can fail returns 0 or -1 and fills the caller's `struct error` (its last
 * parameter). Nobody logs on the way up; each layer may wrap ("read drover.yaml: ...") and the top
 * prints once. Running out of memory is not an error here: it aborts (see arena.h), because the
 * journal makes dying safe.
 */
#ifndef DROVER_BASE_ERROR_H
#define DROVER_BASE_ERROR_H

#include <stddef.h>

#define MUST_CHECK                       __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

/* One list: code, word shown in JSON, exit code of a command that ends with it (README.md). */
#define ERROR_LIST(X)                                                                              \
    X(NONE, "none", 0)                                                                             \
    X(FAILED, "failed", 2)         /* the work itself failed */                                    \
    X(PARTLY, "partly_failed", 3)  /* some targets failed */                                       \
    X(REFUSED, "gate_refused", 4)  /* the gate refused */                                          \
    X(STOPPED, "stopped", 5)       /* paused, cancelled, outside the window */                     \
    X(USAGE, "usage", 64)          /* wrong command line */                                        \
    X(CONFIG, "configuration", 78) /* drover.yaml, environment */                                  \
    X(REVISION, "revision", 2)     /* migration files, graph, revision names */                    \
    X(IO, "io", 2)                 /* files, sockets */                                            \
    X(PROTOCOL, "protocol", 2)     /* a peer sent what it must not */                              \
    X(JOURNAL, "journal", 2)       /* the journal cannot be read or written */                     \
    X(DATABASE, "database", 2)     /* PostgreSQL said no; sqlstate is set */                       \
    X(BUSY, "busy", 2)             /* another rollout or coordinator is at work */

enum error_code {
#define ERROR_ENUM(name, word, exit_code) ERROR_##name,
    ERROR_LIST(ERROR_ENUM)
#undef ERROR_ENUM
};

struct error {
    enum error_code code;
    char sqlstate[6]; /* five characters, or "" when PostgreSQL had no part in it */
    char message[1024];
    char hint[512]; /* what to do; "" when the message says it */
};

/* Fills `error` (which may hold an older one) and returns -1, so that a caller can write
 * `return error_set(error, ...)`. Too long text is cut. */
int error_set(struct error *error, enum error_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds or replaces the hint; returns -1. */
int error_hint(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "text: " before the message; returns -1. */
int error_wrap(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* The word of a code for JSON, and the exit code of a command that ends with it. */
const char *error_word(enum error_code code);
int error_exit_code(enum error_code code);

#endif
