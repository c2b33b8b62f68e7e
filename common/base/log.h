/* The log of a service: one line per fact, on stderr.
 *
 *   2026-11-23T05:27:03.658Z info    worker w1 joined
 *   {"at":"2026-11-23T05:27:03.658Z","level":"info","message":"worker joined: w1","worker":"w1"}
 *
 * the latter when asked for: always one valid object of UTF-8, whatever a database said.
 *
 * Secrets are the callers' duty: connection strings only go through url_redact
 * (common/config/url.h).
 */
#ifndef DROVER_BASE_LOG_H
#define DROVER_BASE_LOG_H

#include <stdbool.h>

#include "common/base/error.h"

#define LOG_LEVEL_LIST(X)                                                                          \
    X(DEBUG, "debug")                                                                              \
    X(INFO, "info")                                                                                \
    X(WARNING, "warning")                                                                          \
    X(ERROR, "error")

enum log_level {
#define LOG_ENUM(name, word) LOG_##name,
    LOG_LEVEL_LIST(LOG_ENUM)
#undef LOG_ENUM
};

/* Lines below `level` are dropped. The process starts with WARNING and text. */
void log_configure(enum log_level level, bool json);

/* `format` is the sentence, without a full stop. Text holding newlines is escaped. */
void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* What a line is about, for machines: members beside "message"; people read it in the sentence. */
struct log_field {
    const char *name;
    const char *value; /* "" or NULL: left out */
};

/* Whether a line of that level is written. */
bool log_takes(enum log_level level);

void log_write_fields(enum log_level level, const struct log_field *fields, size_t count,
                      const char *sentence);

#endif
