/* Building graphs for tests from one line a revision: "id|down_revision|depends_on|label". */
#ifndef DROVER_TESTS_SAMPLE_H
#define DROVER_TESTS_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/revision/graph.h"

/* Cuts the text up to `separator` (or the end) off `*at`. */
static inline char *sample_cut(struct arena *arena, const char **at, char separator)
{
    const char *end = strchr(*at, separator);
    size_t length = end != NULL ? (size_t)(end - *at) : strlen(*at);
    char *part = arena_strndup(arena, *at, length);
    *at += length + (end != NULL);
    return part;
}

static inline struct graph *sample_graph(struct arena *arena, const char *lines,
                                         struct diagnostics *diagnostics)
{
    size_t room = 1;
    for (const char *c = lines; *c != '\0'; c++) {
        room += *c == '\n';
    }
    struct revision **revisions = arena_array(arena, room, sizeof *revisions);
    size_t count = 0;
    while (*lines != '\0') {
        const char *line = sample_cut(arena, &lines, '\n');
        const char *id = sample_cut(arena, &line, '|');
        const char *parents = sample_cut(arena, &line, '|');
        const char *dependencies = sample_cut(arena, &line, '|');
        struct buffer text = {0};
        buffer_printf(&text, "-- %s\n--\n-- Revision ID: %s\n-- Revises: %s\n", id, id, parents);
        if (dependencies[0] != '\0') {
            buffer_printf(&text, "-- Depends On: %s\n", dependencies);
        }
        if (line[0] != '\0') {
            buffer_printf(&text, "-- Branch Labels: %s\n", line);
        }
        buffer_text_append(&text, "\n-- migrate:up\n-- migrate:down\n");
        char *path = arena_printf(arena, "%s.sql", id);
        revisions[count] = revision_parse(arena, path, text.data, text.length, diagnostics);
        count += revisions[count] != NULL;
        buffer_free(&text);
    }
    return graph_build(arena, revisions, count, diagnostics);
}

#endif
