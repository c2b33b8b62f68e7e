/* Style: what a stream can show. Everything that is rendered for people takes one, so that tests
 * render into a buffer with a style of their own.
 */
#ifndef DROVER_TEXT_STYLE_H
#define DROVER_TEXT_STYLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buffer.h"
#include "common/base/number.h"

struct style {
    bool terminal;
    bool color;     /* a terminal, and neither NO_COLOR nor TERM=dumb */
    bool cursor;    /* a terminal whose cursor can be moved */
    bool unicode;   /* a terminal in a UTF-8 locale */
    unsigned width; /* columns */
};

enum tone { TONE_PLAIN, TONE_STRONG, TONE_FAINT, TONE_GOOD, TONE_BAD, TONE_CAUTION };

/* Of a line of the log: "error", "warning", others. */
enum tone tone_of_level(const char *level);

void style_detect(struct style *style, int file_descriptor);

/* Reads the width again: windows change. */
void style_measure(struct style *style, int file_descriptor);

void style_append(const struct style *style, enum tone tone, const char *text, struct buffer *out);

/* Bytes of the first line of `text` that fit into `columns`, whole characters. */
size_t style_fitting_bytes(const char *text, size_t columns);

/* Several lines of at most style->width columns, broken between words, all but the first indented
 * by `indent`, as the first already is; ends with a newline. Words longer than a line stay whole.
 */
void style_wrap(const struct style *style, enum tone tone, const char *text, unsigned indent,
                struct buffer *out);

/* Lines of text as they are; on a terminal each wrapped as style_wrap does. Ends with a newline. */
void style_text(const struct style *style, const char *text, unsigned indent, struct buffer *out);

/* Columns that `text` takes: Chinese characters take two, escape sequences none. */
size_t style_columns(const char *text);

/* "0.4 s", "12 s", "3 min 05 s", "2 h 10 min" */
void duration_append(struct buffer *out, unsigned long long milliseconds);

#endif
