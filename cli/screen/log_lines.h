/* Log lines: the newest so many, each by itself. */
#ifndef DROVER_SCREEN_LOG_LINES_H
#define DROVER_SCREEN_LOG_LINES_H

#include "common/base/arena.h"
#include "common/wire/message.h"

enum { LOG_LINES_MAX = 500 };

struct log_line {
    struct arena arena; /* of the entry */
    struct log_entry entry;
};

/* A zeroed struct is valid. */
struct log_lines {
    struct log_line lines[LOG_LINES_MAX]; /* a ring */
    size_t count;                         /* added in all */
};

/* A copy of `entry`, unless it is among the lines already. */
void log_lines_add(struct log_lines *log, const struct log_entry *entry);

size_t log_lines_kept(const struct log_lines *log);

/* Oldest first. */
const struct log_entry *log_lines_at(const struct log_lines *log, size_t i);

void log_lines_clear(struct log_lines *log);

#endif
