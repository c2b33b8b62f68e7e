/* Parsing one file: sections, header, scripts, checksum, in this order. */
#include "common/revision/revision.h"

#include <string.h>

#include "common/revision/header.h"
#include "common/revision/script.h"
#include "common/revision/section.h"
#include "common/revision/source.h"

struct revision *revision_parse(struct arena *arena, const char *path, const char *content,
                                size_t length, struct diagnostics *diagnostics)
{
    return revision_parse_bare(arena, path, content, length, NULL, diagnostics);
}

struct revision *revision_parse_bare(struct arena *arena, const char *path, const char *content,
                                     size_t length, const struct bare *bare,
                                     struct diagnostics *diagnostics)
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
    header_parse(&source, sections.header_end, bare, revision);
    revision->passed_over = sections.passed_over;
    script_parse(&source, &sections.up, &revision->up, &revision->passed_over);
    script_parse(&source, &sections.down, &revision->down, &revision->passed_over);
    if (revision->down_revision_count + revision->depends_on_count > 1) {
        revision->up.untouched = false; /* a merge has nothing to run */
        revision->down.untouched = false;
    }
    script_checksum(&revision->up, revision->checksum, revision->checksum_otherwise);
    if (revision->up.alembic != NULL && revision->source[0] != '\0') {
        memcpy(revision->checksum, revision->source, sizeof revision->checksum);
        memcpy(revision->checksum_otherwise, revision->source, sizeof revision->checksum);
    }
    return revision->id != NULL ? revision : NULL;
}

bool revision_is_recorded(const struct revision *revision, const char *checksum)
{
    return strcmp(checksum, revision->checksum) == 0 ||
           strcmp(checksum, revision->checksum_otherwise) == 0;
}
