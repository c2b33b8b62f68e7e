/* Reading libpg_query's parse tree, which arrives as JSON text, in place.
 *
 * A value is a pointer to its first byte within the text. Values are skipped by counting brackets,
 * not by recursion, so that no statement is nested too deeply; only a few members of the topmost
 * nodes are ever looked at. The text is trusted to be well-formed: libpg_query wrote it.
 */
#ifndef DROVER_REVISION_TREE_H
#define DROVER_REVISION_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"

/* All of these take NULL for an absent value and then answer NULL, false, 0 or "". */
const char *tree_member(const char *object, const char *key);
const char *tree_element(const char *array, size_t index);
size_t tree_length(const char *array);
bool tree_is_true(const char *value);
long tree_number(const char *value);
bool tree_is(const char *value, const char *text); /* a string without escapes, equal to text */
char *tree_text(struct arena *arena, const char *value);

/* The name of the only member of a node object ("IndexStmt"), and its
 * value; NULL if there is none. */
char *tree_node(struct arena *arena, const char *object, const char **value);

#endif
