/* The log of a service: formats one line and writes it with one call, so lines never mix. */
#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/buffer.h"
#include "common/base/utf8.h"

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

enum { SENTENCE_BYTES_MAX = 8192 };

static void escape_append(struct buffer *out, const char *text, size_t length)
{
    bool json = log_settings.json;
    const unsigned char *end = (const unsigned char *)text + length;
    for (const unsigned char *c = (const unsigned char *)text; c < end;) {
        size_t bytes = utf8_character((const char *)c);
        if (bytes > 1) {
            buffer_append(out, c, bytes);
        } else if (bytes == 0) {
            buffer_append(out, "?", 1);
        } else if (*c == '\n') {
            buffer_text_append(out, "\\n");
        } else if (json && (*c == '"' || *c == '\\')) {
            buffer_printf(out, "\\%c", *c);
        } else if (*c < 0x20 || *c == 0x7f) {
            buffer_printf(out, json ? "\\u%04x" : "\\x%02x", *c);
        } else {
            buffer_append(out, c, 1);
        }
        c += bytes > 0 ? bytes : 1;
    }
}

bool log_takes(enum log_level level)
{
    return level >= log_settings.level;
}

static void member_append(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, ",\"%s\":\"", name);
    escape_append(out, value, strlen(value));
    buffer_text_append(out, "\"");
}

void log_write_fields(enum log_level level, const struct log_field *fields, size_t count,
                      const char *sentence)
{
    if (!log_takes(level)) {
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);

    size_t length = utf8_cut(sentence, strlen(sentence), SENTENCE_BYTES_MAX);
    struct buffer line = {0};
    if (log_settings.json) {
        buffer_printf(&line, "{\"at\":\"%s.%03ldZ\",\"level\":\"%s\",\"message\":\"", stamp,
                      now.tv_nsec / 1000000, log_words[level]);
        escape_append(&line, sentence, length);
        buffer_text_append(&line, "\"");
        for (size_t i = 0; i < count; i++) {
            if (fields[i].value != NULL && fields[i].value[0] != '\0') {
                member_append(&line, fields[i].name, fields[i].value);
            }
        }
        buffer_text_append(&line, "}\n");
    } else {
        buffer_printf(&line, "%s.%03ldZ %-7s ", stamp, now.tv_nsec / 1000000, log_words[level]);
        escape_append(&line, sentence, length);
        buffer_text_append(&line, "\n");
    }
    (void)fwrite(line.data, 1, line.length, stderr); /* unbuffered: one call */
    buffer_free(&line);
}

void log_write(enum log_level level, const char *format, ...)
{
    if (!log_takes(level)) {
        return;
    }
    char sentence[SENTENCE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    log_write_fields(level, NULL, 0, sentence);
}
