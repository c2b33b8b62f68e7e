/* Style: what a stream can show, and small words for people. */
#include "cli/style.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 100, WIDTH_LEAST = 40 };

void style_measure(struct style *style, int file_descriptor)
{
    struct winsize size = {0};
    style->width = WIDTH_DEFAULT;
    if (style->terminal && ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        style->width = size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
    }
}

void style_detect(struct style *style, int file_descriptor)
{
    const char *no_color = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    bool dumb = kind == NULL || strcmp(kind, "dumb") == 0;
    style->terminal = isatty(file_descriptor) == 1;
    style->cursor = style->terminal && !dumb;
    style->color = style->cursor && (no_color == NULL || no_color[0] == '\0');
    style->unicode = style->terminal && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    style_measure(style, file_descriptor);
}

void style_append(const struct style *style, enum tone tone, const char *text, struct buffer *out)
{
    static const char *const codes[] = {
        [TONE_PLAIN] = "0", [TONE_STRONG] = "1", [TONE_FAINT] = "2",
        [TONE_GOOD] = "32", [TONE_BAD] = "31",   [TONE_CAUTION] = "33",
    };
    if (!style->color || tone == TONE_PLAIN || text[0] == '\0') {
        buffer_text_append(out, text);
    } else {
        buffer_printf(out, "\033[%sm%s\033[0m", codes[tone], text);
    }
}

size_t style_columns(const char *text)
{
    size_t columns = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '\033') {
            while (*c != '\0' && *c != 'm') {
                c++;
            }
            if (*c == '\0') {
                break;
            }
        } else if ((*c & 0xC0) != 0x80) {
            columns++;
        }
    }
    return columns;
}

const char *number_text(unsigned long long number, char text[NUMBER_TEXT_BYTES])
{
    char digits[NUMBER_TEXT_BYTES];
    int length = snprintf(digits, sizeof digits, "%llu", number);
    size_t out = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            text[out++] = ',';
        }
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}

void count_append(struct buffer *out, unsigned long long count, const char *singular,
                  const char *plural)
{
    char text[NUMBER_TEXT_BYTES];
    buffer_printf(out, "%s %s", number_text(count, text), count == 1 ? singular : plural);
}

void duration_append(struct buffer *out, unsigned long long milliseconds)
{
    unsigned long long seconds = milliseconds / 1000;
    if (milliseconds < 10000) {
        buffer_printf(out, "%llu.%llu s", seconds, milliseconds % 1000 / 100);
    } else if (seconds < 60) {
        buffer_printf(out, "%llu s", seconds);
    } else if (seconds < 3600) {
        buffer_printf(out, "%llu min %02llu s", seconds / 60, seconds % 60);
    } else {
        buffer_printf(out, "%llu h %02llu min", seconds / 3600, seconds % 3600 / 60);
    }
}
