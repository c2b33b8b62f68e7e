/* What many targets share, kept once: texts, sets of texts (heads, labels, steps) and failures.
 *
 * Sets and failures are known by number, so that a target holds four bytes for each.
 */
#ifndef DROVER_FACTS_INTERN_H
#define DROVER_FACTS_INTERN_H

#include "common/vocabulary/field.h"
#include "common/vocabulary/record.h"

#define INTERN_NONE UINT32_MAX

struct intern; /* state.def */

/* A copy that is not looked for: for what is unique anyhow. "" is not copied. */
const char *intern_copy(struct intern *intern, const char *text);

/* The one copy of this content. */
const char *intern_text(struct intern *intern, const char *text);

/* Each text of `record`, which has no lists, becomes the one copy of its content. */
void intern_record(struct intern *intern, const struct layout *layout, void *record);

/* The number of the set with exactly these texts in this order. */
uint32_t intern_set(struct intern *intern, struct texts texts);
uint32_t intern_set_find(const struct intern *intern, struct texts texts); /* or INTERN_NONE */
struct texts intern_set_texts(const struct intern *intern, uint32_t set);  /* NONE: empty */

/* `phase` is a literal. */
uint32_t intern_failure(struct intern *intern, const char *phase, const struct failure *failure);
const struct kept_failure *intern_failure_at(const struct intern *intern, uint32_t failure);

/* Of what is no row of state.def. */
size_t intern_bytes(const struct intern *intern);
void intern_free(struct intern *intern);

#endif
