/* Selectors: which targets are meant, in the grammar of Kubernetes' label selectors.
 *
 *     tier=internal   tier==internal   tier!=free        equal to it or not
 *     region in (us,eu)   region notin (us,eu)           one of them or not
 *     tier   !tier                                       has the label or has not
 *
 * joined by commas, which all must hold. As in Kubernetes, `!=` and `notin` also match what lacks
 * the label. A `*` in a value stands for any text, the empty one included, in quotes too. A value
 * other than letters, digits and `_ . : / @ % * + -` is quoted: 'a, b' or "a, b"; a quoted text has
 * no escapes and holds neither its own quote nor control characters. A key begins with a letter, a
 * digit or `_`, and goes on with these and `. - /`. Spaces and tabs between words mean nothing.
 */
#ifndef DROVER_BASE_SELECTOR_H
#define DROVER_BASE_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/texts.h"

/* Compiled; immutable; owned by the arena it was parsed into. */
struct selector;

/* Compiles `text` into `arena`; the text itself is not kept. "" (or only spaces) selects all. On
 * failure ERROR_USAGE: "column N: what is wrong" and an example as the hint. */
int selector_parse(struct arena *arena, const char *text, const struct selector **out,
                   struct error *error) MUST_CHECK;

/* Whether all requirements hold. `value_of` returns the value of a key, or NULL when it is absent;
 * the text need only live until the next call. */
bool selector_matches(const struct selector *selector,
                      const char *(*value_of)(const void *context, const char *key),
                      const void *context);

/* The same over labels written "key=value". */
bool selector_matches_labels(const struct selector *selector, struct texts labels);

/* Appends the canonical text: requirements by key, values in order, nothing twice. Selectors that
 * differ only in how they were written print the same, and parsing the text gives the same again.
 * "" selects all. */
void selector_print(const struct selector *selector, struct buffer *out);

/* The labels "key=value" that `=` and `in` ask for, patterns left out, in `arena`: so that a caller
 * can tell what was likely misspelt. */
struct texts selector_labels(const struct selector *selector, struct arena *arena);

/* The keys that the selector asks about: in order, each once, owned by the selector. */
size_t selector_key_count(const struct selector *selector);
const char *selector_key(const struct selector *selector, size_t i);

/* Whether it compares `key` with any value for which `is` holds. */
bool selector_compares(const struct selector *selector, const char *key,
                       bool (*is)(const char *value));

#endif
