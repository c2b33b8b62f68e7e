/* Tools. */
#include "common/vocabulary/tool.h"

#include <string.h>

#include "common/base/array.h"

static const struct tool tools[] = {
#define TOOL(id, word, table, columns, question) {word, table, columns, question},
#include "common/vocabulary/tools.def"
#undef TOOL
};

const struct tool *tool_find(const char *word)
{
    for (size_t i = 0; i < LENGTH(tools); i++) {
        if (strcmp(tools[i].word, word) == 0) {
            return &tools[i];
        }
    }
    return NULL;
}

/* The number at the beginning, without zeros before it; *text is behind it and a dot then. */
static size_t part_next(const char **text, const char **digits)
{
    *text += strspn(*text, "0");
    *digits = *text;
    size_t length = strspn(*text, "0123456789");
    *text += length + strcspn(*text + length, ".");
    *text += **text == '.';
    return length;
}

int tool_version_compare(const char *left, const char *right)
{
    while (*left != '\0' || *right != '\0') {
        const char *one = NULL;
        const char *other = NULL;
        size_t length = part_next(&left, &one);
        size_t other_length = part_next(&right, &other);
        int order =
            length != other_length ? (length > other_length ? 1 : -1) : strncmp(one, other, length);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

const char *tool_words(struct arena *arena)
{
    const char *words = tools[0].word;
    for (size_t i = 1; i < LENGTH(tools); i++) {
        words = arena_printf(arena, "%s%s%s", words, i + 1 < LENGTH(tools) ? ", " : " and ",
                             tools[i].word);
    }
    return words;
}
