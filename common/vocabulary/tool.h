/* Other migration tools, which databases and files may come from (tools.def). */
#ifndef DROVER_VOCABULARY_TOOL_H
#define DROVER_VOCABULARY_TOOL_H

#include <stddef.h>

#include "common/base/arena.h"

struct tool {
    const char *word;
    const char *table;
    const char *columns;  /* with commas between */
    const char *question; /* one %s */
};

/* NULL: there is none of that name. */
const struct tool *tool_find(const char *word);

/* Versions of numbers with dots between, "1.10" after "1.9": as strcmp does. What is no number counts as 0. */
int tool_version_compare(const char *left, const char *right);

/* "dbmate, goose and golang-migrate", in `arena`. */
const char *tool_words(struct arena *arena);

#endif
