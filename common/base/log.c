/* The log of a service: formats one line and writes it with one call, so lines never mix. */
#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "common/base/buffer.h"

static struct {
    enum log_level level;
    bool json;
} log_settings = {.level = LOG_WARNING, .json = false};

static const char *const log_words[] = {
#define LOG_WORD(name, word) word,
    LOG_LEVEL_LIST(LOG_WORD)
#undef LOG_WORD
};

void log_configure(enum log_level level, bool json)
{
    log_settings.level = level;
    log_settings.json = json;
}

static void escape_append(struct buffer *out, const char *text, bool json)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '\n') {
            buffer_text_append(out, "\\n");
        } else if (json && (*c == '"' || *c == '\\')) {
            buffer_printf(out, "\\%c", *c);
        } else if (*c < 0x20 || *c == 0x7f) {
            buffer_printf(out, json ? "\\u%04x" : "\\x%02x", *c);
        } else {
            buffer_append(out, c, 1);
        }
    }
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level < log_settings.level) {
        return;
    }
    struct buffer sentence = {0};
    va_list arguments;
    va_start(arguments, format);
    char text[2048];
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    escape_append(&sentence, text, log_settings.json);

    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);

    struct buffer line = {0};
    if (log_settings.json) {
        buffer_printf(&line, "{\"at\":\"%s.%03ldZ\",\"level\":\"%s\",\"message\":\"%s\"}\n", stamp,
                      now.tv_nsec / 1000000, log_words[level], buffer_text(&sentence));
    } else {
        buffer_printf(&line, "%s.%03ldZ %-7s %s\n", stamp, now.tv_nsec / 1000000, log_words[level],
                      buffer_text(&sentence));
    }
    (void)fwrite(line.data, 1, line.length, stderr); /* unbuffered: one call */
    buffer_free(&line);
    buffer_free(&sentence);
}
