/* Remarks as texts: level, place and message, a line each; the message may have several. */
#include "coordinator/core/facts/remark.h"

#include <string.h>

const char *remark_write(const struct remark *remark, struct arena *arena)
{
    return arena_printf(arena, "%s\n%s\n%s", remark->level, remark->location, remark->message);
}

/* The next line, in `arena`; `text` is moved behind it. */
static const char *line_take(const char **text, struct arena *arena)
{
    size_t length = strcspn(*text, "\n");
    const char *line = arena_strndup(arena, *text, length);
    *text += length + ((*text)[length] == '\n');
    return line;
}

struct remark remark_read(const char *text, struct arena *arena)
{
    const char *level = line_take(&text, arena);
    const char *location = line_take(&text, arena);
    return (struct remark){
        .level = level, .location = location, .message = arena_strdup(arena, text)};
}
