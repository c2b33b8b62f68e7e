/* Lines are looked at as dbmate does: what stands in quotation marks does not matter before the first marker. */
#include "common/revision/bare.h"

#include <ctype.h>
#include <string.h>

#include "common/revision/revision.h"

/* What stands in a comment line behind "--" and blanks; NULL: it is no comment line. */
static const char *comment_text(const char *line, const char *end)
{
    while (line < end && (*line == ' ' || *line == '\t')) {
        line++;
    }
    if (end - line < 2 || memcmp(line, "--", 2) != 0) {
        return NULL;
    }
    for (line += 2; line < end && (*line == ' ' || *line == '\t');) {
        line++;
    }
    return line;
}

static bool begins_with(const char *text, const char *end, const char *beginning)
{
    size_t length = strlen(beginning);
    return text != NULL && (size_t)(end - text) >= length && memcmp(text, beginning, length) == 0;
}

bool bare_is(const char *content, size_t length)
{
    const char *end = content + length;
    for (const char *line = content; line < end;) {
        const char *text = comment_text(line, end);
        if (begins_with(text, end, "Revision ID:")) {
            return false;
        }
        if (begins_with(text, end, "migrate:")) {
            return true;
        }
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        line = newline == NULL ? end : newline + 1;
    }
    return false;
}

struct bare *bare_read(const char *name, struct arena *arena)
{
    size_t digits = 0;
    while (isdigit((unsigned char)name[digits])) {
        digits++;
    }
    if (digits == 0 || digits > REVISION_ID_BYTES_MAX) {
        return NULL;
    }
    struct bare *bare = arena_alloc(arena, sizeof *bare);
    const char *rest = name + digits + (name[digits] == '_');
    const char *dot = strrchr(rest, '.');
    char *message = arena_strndup(arena, rest, dot == NULL ? strlen(rest) : (size_t)(dot - rest));
    for (char *at = message; *at != '\0'; at++) {
        if (*at == '_') {
            *at = ' ';
        }
    }
    bare->id = arena_strndup(arena, name, digits);
    bare->message = message;
    return bare;
}
