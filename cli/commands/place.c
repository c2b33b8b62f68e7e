/* Places. */
#include "cli/commands/place.h"

#include <string.h>

#include "common/base/buffer.h"

struct url place_url(const struct target_place *place, struct arena *arena)
{
    struct error ignored;
    struct url url;
    if (url_parse(place->url, arena, &url, &ignored) != 0) {
        url = (struct url){.user = "", .database = ""};
    }
    return url;
}

static void shell_append(struct buffer *out, const char *text)
{
    buffer_text_append(out, "'");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            buffer_text_append(out, "'\\''");
        } else {
            buffer_append(out, c, 1);
        }
    }
    buffer_text_append(out, "'");
}

const char *place_psql(const struct target_place *place, struct arena *arena)
{
    struct buffer path = {0};
    struct buffer line = {0};
    if (place->schema[0] != '\0') {
        buffer_text_append(&path, "-csearch_path=");
        buffer_identifier_append(&path, place->schema);
        buffer_text_append(&line, "PGOPTIONS=");
        shell_append(&line, buffer_text(&path));
        buffer_text_append(&line, " ");
    }
    buffer_text_append(&line, "psql ");
    shell_append(&line, place->url);
    const char *copy = arena_strdup(arena, buffer_text(&line));
    buffer_free(&path);
    buffer_free(&line);
    return copy;
}
