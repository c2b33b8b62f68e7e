/* What many targets share, kept once: texts, sets of texts (heads, labels, steps) and failures.
 *
 * Sets and failures are known by number, so that a target holds four bytes for each.
 */
#ifndef DROVER_FACTS_INTERN_H
#define DROVER_FACTS_INTERN_H

#include "common/base/arena.h"
#include "common/vocabulary/field.h"
#include "coordinator/core/facts/failure.h"
#include "coordinator/core/facts/lookup.h"

#define INTERN_NONE UINT32_MAX

/* A zeroed struct is a valid empty one. */
struct intern {
    struct arena arena;
    char *block; /* texts are packed into blocks without alignment */
    size_t block_left;
    const char **texts;
    uint32_t text_count;
    uint32_t text_capacity;
    struct lookup text_lookup;
    struct texts *sets;
    uint32_t set_count;
    uint32_t set_capacity;
    struct lookup set_lookup;
    struct core_failure *failures;
    uint32_t failure_count;
    uint32_t failure_capacity;
    struct lookup failure_lookup;
};

/* A copy that is not looked for: for what is unique anyhow. "" is not copied. */
const char *intern_copy(struct intern *intern, const char *text);

/* The one copy of this content. */
const char *intern_text(struct intern *intern, const char *text);

/* The number of the set with exactly these texts in this order. */
uint32_t intern_set(struct intern *intern, struct texts texts);
uint32_t intern_set_find(const struct intern *intern, struct texts texts); /* or INTERN_NONE */
struct texts intern_set_texts(const struct intern *intern, uint32_t set);  /* NONE: empty */

/* `phase` is a literal. */
uint32_t intern_failure(struct intern *intern, const char *phase, const struct failure *failure);
const struct core_failure *intern_failure_at(const struct intern *intern, uint32_t failure);

size_t intern_bytes(const struct intern *intern);
void intern_free(struct intern *intern);

#endif
