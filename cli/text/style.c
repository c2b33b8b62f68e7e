/* Style: what a stream can show, and small words for people. */
#define _XOPEN_SOURCE 700 // NOLINT(bugprone-reserved-identifier): wcwidth

#include "cli/text/style.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "common/base/utf8.h"

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

enum tone tone_of_level(const char *level)
{
    return strcmp(level, "error") == 0     ? TONE_BAD
           : strcmp(level, "warning") == 0 ? TONE_CAUTION
                                           : TONE_PLAIN;
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

/* Bytes of the character or of the escape sequence at `text`, which does not end here, and the columns that it
 * takes: of Chinese two, of a mark that is combined with the one before none. What the locale does not know, and
 * what is no character, takes one. */
static size_t character(const char *text, size_t *columns)
{
    mbstate_t state = {0};
    wchar_t wide = 0;
    if (*text == '\033') {
        size_t bytes = strcspn(text, "m");
        *columns = 0;
        return text[bytes] == '\0' ? bytes : bytes + 1;
    }
    size_t bytes = utf8_character(text);
    bytes = bytes == 0 ? 1 : bytes;
    bool known = bytes > 1 && mbrtowc(&wide, text, bytes, &state) == bytes;
    int width = known ? wcwidth(wide) : 1;
    *columns = width < 0 ? 1 : (size_t)width;
    return bytes;
}

size_t style_columns(const char *text)
{
    size_t columns = 0;
    while (*text != '\0') {
        size_t taken;
        text += character(text, &taken);
        columns += taken;
    }
    return columns;
}

size_t style_fitting_bytes(const char *text, size_t columns)
{
    size_t bytes = 0;
    while (text[bytes] != '\0' && text[bytes] != '\n') {
        size_t taken;
        size_t length = character(text + bytes, &taken);
        if (taken > columns) {
            break;
        }
        columns -= taken;
        bytes += length;
    }
    return bytes;
}

void style_wrap(const struct style *style, enum tone tone, const char *text, unsigned indent,
                struct buffer *out)
{
    struct buffer line = {0};
    size_t column = indent;
    for (const char *word = text; *word != '\0';) {
        size_t length = strcspn(word, " ");
        struct buffer piece = {0};
        buffer_append(&piece, word, length);
        size_t columns = style_columns(buffer_text(&piece));
        if (line.length > 0 && column + 1 + columns >= style->width) {
            style_append(style, tone, buffer_text(&line), out);
            buffer_printf(out, "\n%*s", (int)indent, "");
            buffer_clear(&line);
            column = indent;
        }
        buffer_printf(&line, "%s%s", line.length > 0 ? " " : "", buffer_text(&piece));
        column += columns + 1;
        word += length;
        word += strspn(word, " ");
        buffer_free(&piece);
    }
    style_append(style, tone, buffer_text(&line), out);
    buffer_text_append(out, "\n");
    buffer_free(&line);
}

void style_text(const struct style *style, const char *text, unsigned indent, struct buffer *out)
{
    for (;;) {
        size_t length = strcspn(text, "\n");
        struct buffer line = {0};
        buffer_append(&line, text, length);
        if (style->terminal) {
            style_wrap(style, TONE_PLAIN, buffer_text(&line), indent, out);
        } else {
            buffer_printf(out, "%s\n", buffer_text(&line));
        }
        buffer_free(&line);
        if (text[length] == '\0') {
            return;
        }
        text += length + 1;
    }
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
