/* Relative targets: taking them apart, and walking along lines. */
#ifndef DROVER_REVISION_WALK_H
#define DROVER_REVISION_WALK_H

#include "common/revision/question.h"

/* "(L@)?(name)?(+N|-N)"; the texts live in the arena. */
struct relative {
    const char *line; /* NULL: none */
    const char *name; /* NULL: relative to the version rows */
    const char *sign; /* "+N" or "-N" as typed */
    bool up;          /* "+" */
    size_t steps;
};

/* Whether `spec` is relative; as in Alembic, a match at its beginning is enough. */
bool relative_parse(struct arena *arena, const char *spec, struct relative *relative);

/* "+9 reaches beyond ...": what was typed does not exist from where the walk began. */
int relative_fail(struct question *question, const struct relative *relative, const char *why);

/* Where a walk ended. */
enum walk_end {
    WALK_ARRIVED,
    WALK_BASE, /* one step below a base, exactly at the last step */
    WALK_TOO_FAR,
};

/* Walks `relative->steps` from `start` (INDEX_NOTHING: from nothing). Upwards, only children that
 * share the line of `along` count, unless that is INDEX_NOTHING. -1 when there are several ways.
 * An upward walk that ends too early arrives where it ended. */
int walk(struct question *question, const struct relative *relative, size_t start, size_t along,
         size_t *arrived, enum walk_end *end) MUST_CHECK;

#endif
