/* Fields and names of a group (group_text.h). */
#include "cli/report/group_text.h"

#include <string.h>

size_t group_size(const struct failure_group *group)
{
    return group->count > group->targets.count ? group->count : group->targets.count;
}

void group_field_append(const char *name, const char *text, const struct style *style,
                        struct buffer *out)
{
    if (text[0] == '\0') {
        return;
    }
    buffer_text_append(out, "  ");
    if (name[0] != '\0') {
        struct buffer label = {0};
        buffer_printf(&label, "%s: ", name);
        style_append(style, TONE_FAINT, buffer_text(&label), out);
        buffer_free(&label);
    }
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        buffer_append(out, line, length);
        line += length + (line[length] == '\n');
        buffer_text_append(out, *line == '\0' ? "\n" : "\n    ");
    }
}

/* How many more names there are, and the command that lists them, whole on its line. */
static void names_more(size_t more, const char *command, unsigned width, struct buffer *out)
{
    char number[NUMBER_TEXT_BYTES];
    struct buffer first = {0};
    buffer_printf(&first, "and %s more", number_text(more, number));
    buffer_printf(out, "\n    %s", buffer_text(&first));
    if (command != NULL) {
        bool fits = 4 + first.length + 4 + strlen(command) <= width;
        buffer_printf(out, ":%s`%s`", fits ? " " : "\n    ", command);
    }
    buffer_free(&first);
}

void group_names_append(struct texts names, size_t size, size_t shown, const char *command,
                        const struct style *style, struct buffer *out)
{
    unsigned width = style->width > 100 ? 100 : style->width;
    buffer_text_append(out, "  ");
    style_append(style, TONE_FAINT, "targets:", out);
    size_t column = 10;
    shown = shown < names.count ? shown : names.count;
    for (size_t i = 0; i < shown; i++) {
        bool more = i + 1 < names.count;
        size_t length = style_columns(names.items[i]) + (more ? 1 : 0);
        if (column + length + 1 > width) {
            buffer_text_append(out, "\n    ");
            column = 4;
        } else {
            buffer_text_append(out, " ");
            column++;
        }
        buffer_printf(out, "%s%s", names.items[i], more ? "," : "");
        column += length;
    }
    if (size > shown) {
        names_more(size - shown, command, width, out);
    }
    buffer_text_append(out, "\n");
}
