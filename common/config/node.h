/* Nodes: a YAML document as a tree with marks.
 *
 * Only what a configuration needs: scalars, lists, mappings with text keys. Anchors, aliases, tags
 * and several documents are refused. An empty plain scalar, `~` and `null` are NODE_NULL.
 */
#ifndef DROVER_CONFIG_NODE_H
#define DROVER_CONFIG_NODE_H

#include <stddef.h>

#include "common/base/diagnostic.h"

enum node_kind { NODE_NULL, NODE_SCALAR, NODE_LIST, NODE_MAPPING };

struct node {
    enum node_kind kind;
    unsigned line;     /* from 1 */
    unsigned column;   /* from 1, in bytes */
    const char *text;  /* scalar: its value, without NUL bytes inside; "" otherwise */
    const char *key;   /* of a mapping's child, "" if it was refused; NULL otherwise */
    unsigned key_line; /* place of the key; of the node itself outside a mapping */
    unsigned key_column;
    struct node *first; /* children of a list or mapping, in order */
    struct node *next;  /* sibling */
    size_t count;       /* of children */
};

/* Reads `content` into `arena`. NULL if there was a syntax error (one diagnostic: the parser cannot
 * go on). Refused constructs and duplicate keys are diagnostics too, but the tree is returned. */
struct node *node_parse(const char *file, const char *content, size_t length, struct arena *arena,
                        struct diagnostics *diagnostics);

/* The child of a mapping with this key, or NULL when it is absent or null. */
const struct node *node_find(const struct node *mapping, const char *key);

/* "a list", for messages. */
const char *node_kind_text(const struct node *node);

#endif
