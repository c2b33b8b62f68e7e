/* Parsing one file: sections, header, scripts, checksum, in this order. */
#include "common/revision/revision.h"

#include <string.h>

#include "common/revision/header.h"
#include "common/revision/script.h"
#include "common/revision/section.h"
#include "common/revision/source.h"

static const char *const direction_words[] = {
#define DIRECTION_WORD(name, word) word,
    DIRECTION_LIST(DIRECTION_WORD)
#undef DIRECTION_WORD
};

const char *direction_word(enum direction direction)
{
    return direction_words[direction];
}

int direction_from_word(const char *word)
{
    for (size_t i = 0; i < sizeof direction_words / sizeof *direction_words; i++) {
        if (strcmp(direction_words[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}

struct revision *revision_parse(struct arena *arena, const char *path, const char *content,
                                size_t length, struct diagnostics *diagnostics)
{
    struct source source;
    struct sections sections;
    path = arena_strdup(arena, path);
    if (!source_open(&source, arena, path, content, length, diagnostics)) {
        return NULL;
    }
    struct revision *revision = arena_alloc(arena, sizeof *revision);
    revision->path = path;
    sections_find(&source, &sections);
    header_parse(&source, sections.header_end, revision);
    script_parse(&source, &sections.up, revision->transactional, &revision->up);
    script_parse(&source, &sections.down, revision->transactional, &revision->down);
    script_checksum(&revision->up, revision->transactional, revision->checksum);
    return revision->id != NULL ? revision : NULL;
}
