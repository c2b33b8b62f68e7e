/* Normalising comes first, so that a checkout with CRLF has the same checksums as one with LF. */
#include "common/revision/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the valid UTF-8 character at `text`, 0 if it is none (or is
 * cut off, overlong, a surrogate). */
static size_t character_length(const unsigned char *text, size_t left)
{
    if (text[0] < 0x80) {
        return 1;
    }
    size_t length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (text[0] < 0xc2 || text[0] > 0xf4 || left < length) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
    bool surrogate = text[0] == 0xed && text[1] > 0x9f;
    bool beyond = text[0] == 0xf4 && text[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

static void text_normalise(struct source *source, const char *content, size_t length)
{
    if (length >= 3 && memcmp(content, "\xef\xbb\xbf", 3) == 0) {
        content += 3;
        length -= 3;
    }
    char *text = arena_alloc(&source->own, length + 1);
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        if (content[i] == '\r' && i + 1 < length && content[i + 1] == '\n') {
            continue;
        }
        text[kept++] = content[i];
    }
    source->text = text;
    source->length = kept;
    source->content = kept == length ? content : NULL;
}

static void lines_index(struct source *source)
{
    size_t count = 1;
    for (size_t i = 0; i < source->length; i++) {
        count += source->text[i] == '\n';
    }
    size_t *starts = arena_array(source->arena, count, sizeof *starts);
    size_t line = 1;
    for (size_t i = 0; i < source->length; i++) {
        if (source->text[i] == '\n') {
            starts[line++] = i + 1;
        }
    }
    source->line_starts = starts;
    source->line_count = count;
}

static bool text_check(const struct source *source)
{
    for (size_t i = 0; i < source->length;) {
        if (source->text[i] == '\0') {
            (void)source_error(source, i, "the file contains a NUL byte");
            return false;
        }
        size_t step = character_length((const unsigned char *)source->text + i, source->length - i);
        if (step == 0) {
            struct diagnostic *error = source_error(source, i, "the file is not valid UTF-8");
            diagnostic_hint(source->diagnostics, error, "save the file in the encoding UTF-8");
            return false;
        }
        i += step;
    }
    return true;
}

bool source_open(struct source *source, struct arena *arena, const char *path, const char *content,
                 size_t length, struct diagnostics *diagnostics)
{
    *source = (struct source){.arena = arena, .diagnostics = diagnostics, .path = path};
    if (length > SOURCE_BYTES_MAX) {
        struct diagnostic *error =
            diagnostic_add(diagnostics, path, 0, 0, "the file is larger than %d MiB",
                           SOURCE_BYTES_MAX / (1024 * 1024));
        diagnostic_hint(diagnostics, error,
                        "split it into several revisions; load bulk data by other means");
        return false;
    }
    text_normalise(source, content, length);
    lines_index(source);
    return text_check(source);
}

const char *source_keep(struct source *source, size_t start, size_t end)
{
    char *behind = source->text + end;
    if (!source->kept || (*behind != '\0' && strchr("; \t\n", *behind) == NULL)) {
        return arena_strndup(source->arena, source->text + start, end - start);
    }
    *behind = '\0';
    return source->text + start;
}

void source_close(struct source *source)
{
    if (source->kept) {
        arena_merge(source->arena, &source->own);
    }
    arena_free(&source->own);
    source->text = NULL;
}

const char *source_original(const struct source *source, size_t start, size_t end)
{
    return source->content != NULL
               ? source->content + start
               : arena_strndup(source->arena, source->text + start, end - start);
}

void source_blank(const struct source *source, size_t start, size_t end)
{
    memset(source->text + start, ' ', end - start);
}

bool source_is_rendered(const struct source *source)
{
    size_t length = strlen(source->path);
    return length > 3 && strcmp(source->path + length - 3, ".py") == 0;
}

static const char origin_mark[] = "-- Line: ";

bool source_is_origin(const struct source *source, size_t index)
{
    return source_is_rendered(source) && strncmp(source->text + source->line_starts[index],
                                                 origin_mark, sizeof origin_mark - 1) == 0;
}

/* The N of the last line `-- Line: N` up to the line with this index; 0 if there is none. */
static unsigned line_of_origin(const struct source *source, size_t index)
{
    for (size_t i = index + 1; i-- > 0;) {
        if (source_is_origin(source, i)) {
            const char *text = source->text + source->line_starts[i];
            return (unsigned)strtoul(text + sizeof origin_mark - 1, NULL, 10);
        }
    }
    return 0;
}

void source_locate(const struct source *source, size_t offset, unsigned *line, unsigned *column)
{
    size_t low = 0;
    size_t high = source->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (source->line_starts[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (source_is_rendered(source)) {
        *line = line_of_origin(source, low);
        *column = 0;
        return;
    }
    *line = (unsigned)low + 1;
    *column = (unsigned)(offset - source->line_starts[low]) + 1;
}

struct diagnostic *source_error(const struct source *source, size_t offset, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    unsigned line = 0;
    unsigned column = 0;
    source_locate(source, offset, &line, &column);
    return diagnostic_add(source->diagnostics, source->path, line, column, "%s", message);
}

size_t source_character_bytes(const char *text, size_t length, size_t characters)
{
    size_t at = 0;
    while (at < length && characters > 0) {
        at++;
        while (at < length && ((unsigned char)text[at] & 0xc0) == 0x80) {
            at++;
        }
        characters--;
    }
    return at;
}
