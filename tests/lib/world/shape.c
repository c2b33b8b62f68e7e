/* Revision graphs from one table (shape.h). */
#include "tests/lib/world/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

struct drawn {
    const char *id;
    const char *parents;
    bool alone;     /* non-transactional */
    const char *up; /* more of its script, or NULL */
};

/* Ends its transaction; changes a row that all databases of a server share. */
#define ENUM  "ALTER TYPE t ADD VALUE 'x';\n"
#define SHARE "ALTER ROLE r SET a.b = 1;\n"

static const struct drawn drawings[SHAPE_COUNT][SHAPE_REVISIONS_MAX] = {
    {{"a1", "", false, NULL}},
    {{"a1", "", false, NULL}, {"b2", "a1", false, NULL}, {"c3", "b2", false, NULL}},
    {{"a1", "", false, NULL},
     {"b2", "a1", true, NULL},
     {"c3", "b2", false, ENUM},
     {"d4", "c3", false, NULL}},
    {{"a1", "", false, NULL},
     {"b2", "a1", true, NULL},
     {"c3", "b2", true, NULL},
     {"d4", "c3", false, NULL},
     {"e5", "d4", true, NULL},
     {"f6", "e5", false, ENUM},
     {"g7", "f6", false, SHARE},
     {"h8", "g7", false, NULL}},
    {{"a1", "", false, NULL},
     {"b2", "a1", false, SHARE},
     {"c3", "a1", true, NULL},
     {"d4", "b2, c3", false, NULL},
     {"e5", "d4", false, NULL}},
    {{"a1", "", false, NULL},
     {"b2", "a1", false, NULL},
     {"c3", "a1", false, NULL},
     {"d4", "c3", true, NULL}},
};

static struct bundle *bundles[SHAPE_COUNT];

static struct bundle *bundle_make(const struct drawn *drawing)
{
    struct arena arena = {0};
    struct bundle_file files[SHAPE_REVISIONS_MAX];
    size_t count = 0;
    for (; count < SHAPE_REVISIONS_MAX && drawing[count].id != NULL; count++) {
        const struct drawn *drawn = &drawing[count];
        files[count].name = arena_printf(&arena, "%02zu_%s.sql", count, drawn->id);
        files[count].content = arena_printf(
            &arena,
            "-- step\n--\n-- Revision ID: %s\n-- Revises: %s\n-- Create Date: 2024-01-01 00:00:00\n"
            "%s\n-- migrate:up\n%sCREATE TABLE %s ();\n\n-- migrate:down\nDROP TABLE %s;\n",
            drawn->id, drawn->parents, drawn->alone ? "-- Transaction: none\n" : "",
            drawn->up != NULL ? drawn->up : "", drawn->id, drawn->id);
        files[count].length = strlen(files[count].content);
    }
    struct diagnostics diagnostics = {0};
    struct bundle *bundle = bundle_build(files, count, "", &diagnostics);
    if (diagnostics.error_count > 0) {
        (void)fprintf(stderr, "%s\n", diagnostics.first->message);
        abort();
    }
    diagnostics_free(&diagnostics);
    arena_free(&arena);
    return bundle;
}

const struct bundle *shape_bundle(uint32_t shape)
{
    if (bundles[shape] == NULL) {
        bundles[shape] = bundle_make(drawings[shape]);
    }
    return bundles[shape];
}

bool shape_is_chain(uint32_t shape)
{
    for (const struct drawn *drawn = drawings[shape]; drawn[1].id != NULL; drawn++) {
        if (strcmp(drawn[1].parents, drawn->id) != 0) {
            return false;
        }
    }
    return true;
}

void shapes_free(void)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        bundle_free(bundles[i]);
        bundles[i] = NULL;
    }
}
