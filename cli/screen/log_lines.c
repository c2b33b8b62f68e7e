/* Log lines. */
#include "cli/screen/log_lines.h"

#include <string.h>

size_t log_lines_kept(const struct log_lines *log)
{
    return log->count < LOG_LINES_MAX ? log->count : LOG_LINES_MAX;
}

const struct log_entry *log_lines_at(const struct log_lines *log, size_t i)
{
    return &log->lines[(log->count - log_lines_kept(log) + i) % LOG_LINES_MAX].entry;
}

/* What is told while the log is asked for stands in the answer too. */
static bool is_known(const struct log_lines *log, const struct log_entry *entry)
{
    for (size_t i = log_lines_kept(log); i > 0; i--) {
        const struct log_entry *line = log_lines_at(log, i - 1);
        if (line->at_ms < entry->at_ms) {
            return false;
        }
        if (line->at_ms == entry->at_ms && strcmp(line->sentence, entry->sentence) == 0 &&
            strcmp(line->target, entry->target) == 0) {
            return true;
        }
    }
    return false;
}

void log_lines_add(struct log_lines *log, const struct log_entry *entry)
{
    if (is_known(log, entry)) {
        return;
    }
    const struct message notice = {.type = MESSAGE_NOTICE,
                                   .notice = {.entry = *entry, .likeness = ""}};
    struct log_line *line = &log->lines[log->count++ % LOG_LINES_MAX];
    arena_free(&line->arena);
    line->entry = message_copy(&notice, &line->arena).notice.entry;
}

void log_lines_clear(struct log_lines *log)
{
    for (size_t i = 0; i < LOG_LINES_MAX; i++) {
        arena_free(&log->lines[i].arena);
    }
    log->count = 0;
}
