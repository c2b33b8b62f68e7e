/* The text of one file: normalised, checked, and able to say where an offset is. */
#ifndef DROVER_REVISION_SOURCE_H
#define DROVER_REVISION_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/diagnostic.h"

enum { SOURCE_BYTES_MAX = 256 * 1024 * 1024 };

struct source {
    struct arena *arena;             /* borrowed; owns the lines */
    struct diagnostics *diagnostics; /* borrowed */
    const char *path;                /* for diagnostics */
    char *text;                      /* without byte order mark, CRLF made LF, NUL-terminated */
    struct arena own;                /* holds the text */
    bool kept; /* statements lie in the text, which shall live as long as the arena */
    size_t length;
    const size_t *line_starts; /* offset of each line's first byte */
    size_t line_count;
    const char *
        content; /* borrowed: what `text` is a copy of; NULL when they differ otherwise than by blanks */
};

/* Copies `content`, which it borrows, until source_close. False, with a diagnostic, if it is too large, is not UTF-8 or
 * holds a NUL. */
bool source_open(struct source *source, struct arena *arena, const char *path, const char *content,
                 size_t length, struct diagnostics *diagnostics);

/* The bytes from `start` on, which live as long as the arena, and end in a NUL at `end`. In a large text that is kept they
 * are its own where a blank or a semicolon makes room for the NUL; who asks has read what is behind it. */
const char *source_keep(struct source *source, size_t start, size_t end);

/* Also after a refusal. */
void source_close(struct source *source);

/* Makes what text[start, end) holds blanks. Lines stay as they are. */
void source_blank(const struct source *source, size_t start, size_t end);

/* What text[start, end) held at first: within the content where that is the same, else in the arena. To be asked
 * before it is blanked. */
const char *source_original(const struct source *source, size_t start, size_t end);

/* Line and column in bytes, both from 1, of `offset`, which may be the end of the text.
 * The text of a revision rendered from a Python file (its path ends in ".py") says with
 * comments `-- Line: N` where in that file it comes from: then the line is the nearest
 * such N above, or 0, and the column 0. */
void source_locate(const struct source *source, size_t offset, unsigned *line, unsigned *column);

/* Whether it is the text of such a revision. */
bool source_is_rendered(const struct source *source);

/* Whether this line, by index, is such a comment. */
bool source_is_origin(const struct source *source, size_t index);

/* Adds an error at `offset`; see diagnostic_add. */
struct diagnostic *source_error(const struct source *source, size_t offset, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Bytes that the first `characters` characters of the UTF-8 text `text` take, at most `length`. */
size_t source_character_bytes(const char *text, size_t length, size_t characters);

#endif
