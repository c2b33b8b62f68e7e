/* Parsing one file: sections, header, scripts, checksum, in this order. */
#include "common/revision/revision.h"

#include <string.h>

#include "common/revision/header.h"
#include "common/revision/script.h"
#include "common/revision/section.h"
#include "common/revision/source.h"

enum {
    CODE_DIGITS = 31,
    STATEMENT_DIGITS = 32,
};

/* Before the digits of the code: no digit. */
static const char code_mark = 's';
static const char no_statements[] = "00000000000000000000000000000000";

/* Whether its statements are known. */
static bool is_rendered(const struct revision *revision)
{
    return revision->up.unavailable == NULL && revision->up.alembic == NULL;
}

static void checksum_set(struct revision *revision)
{
    script_checksum(&revision->up, revision->checksum_statements, revision->checksum_otherwise);
    if (revision->code[0] == '\0') {
        memcpy(revision->checksum, revision->checksum_statements, sizeof revision->checksum);
        return;
    }
    revision->checksum[0] = code_mark;
    memcpy(revision->checksum + 1, revision->code, CODE_DIGITS);
    memcpy(revision->checksum + 1 + CODE_DIGITS,
           is_rendered(revision) ? revision->checksum_statements : no_statements, STATEMENT_DIGITS);
}

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
        source_close(&source);
        return NULL;
    }
    struct revision *revision = arena_alloc(arena, sizeof *revision);
    revision->path = path;
    sections_find(&source, &sections);
    header_parse(&source, sections.header_end, bare, revision);
    revision->passed_over = sections.passed_over;
    script_parse(&source, &sections.up, &revision->up, &revision->passed_over);
    script_parse(&source, &sections.down, &revision->down, &revision->passed_over);
    source_close(&source);
    if (revision->down_revision_count + revision->depends_on_count > 1) {
        revision->up.untouched = false; /* a merge has nothing to run */
        revision->down.untouched = false;
    }
    checksum_set(revision);
    return revision->id != NULL ? revision : NULL;
}

static bool statements_are(const struct revision *revision, const char *digits, size_t count)
{
    return strncmp(digits, revision->checksum_statements, count) == 0 ||
           strncmp(digits, revision->checksum_otherwise, count) == 0;
}

bool revision_is_recorded(const struct revision *revision, const char *checksum)
{
    bool rendered = is_rendered(revision);
    bool adopted = revision->code[0] != '\0';
    if (strlen(checksum) != 1 + CODE_DIGITS + STATEMENT_DIGITS) {
        return false;
    }
    if (checksum[0] != code_mark) {
        return (adopted && !rendered) || statements_are(revision, checksum, strlen(checksum));
    }
    if (adopted && strncmp(checksum + 1, revision->code, CODE_DIGITS) == 0) {
        return true;
    }
    const char *statements = checksum + 1 + CODE_DIGITS;
    return (rendered && statements_are(revision, statements, STATEMENT_DIGITS)) ||
           (!adopted && strcmp(statements, no_statements) == 0);
}
