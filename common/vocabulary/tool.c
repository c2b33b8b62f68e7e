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

const char *tool_words(struct arena *arena)
{
    const char *words = tools[0].word;
    for (size_t i = 1; i < LENGTH(tools); i++) {
        words = arena_printf(arena, "%s%s%s", words, i + 1 < LENGTH(tools) ? ", " : " and ",
                             tools[i].word);
    }
    return words;
}
