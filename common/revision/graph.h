/* The revision graph: Alembic's semantics, exactly (docs/design/alembic.md, sections 2 to 5).
 *
 * A graph is built once, checked, and never changes. Revisions are handled as `const struct
 * revision *` or by their index in listing order. *Links* of a revision are its parents and its
 * normalized dependencies.
 */
#ifndef DROVER_REVISION_GRAPH_H
#define DROVER_REVISION_GRAPH_H

#include "common/base/diagnostic.h"
#include "common/base/texts.h"
#include "common/revision/revision.h"

struct graph;

/* What makes a graph unusable; the words are `drover explain`'s. */
#define GRAPH_FAULT_LIST(X)                                                                        \
    X(NONE, "none")                                                                                \
    X(DUPLICATE_REVISION, "duplicate_revision")                                                    \
    X(DUPLICATE_LABEL, "duplicate_label")                                                          \
    X(NO_SUCH_REVISION, "no_such_revision") /* a parent or a dependency */                         \
    X(CYCLE, "cycle")

enum graph_fault {
#define GRAPH_FAULT_ENUM(name, word) GRAPH_FAULT_##name,
    GRAPH_FAULT_LIST(GRAPH_FAULT_ENUM)
#undef GRAPH_FAULT_ENUM
};

/* Builds from revisions in listing order (sorted by file name). Faults (unknown parents and
 * dependencies, duplicate ids, labels used twice, cycles of every kind, also the one that Alembic
 * does not notice) become diagnostics at the right file and line; the result is then unusable. The
 * graph lives in `arena` and borrows the revisions. */
struct graph *graph_build(struct arena *arena, struct revision *const *revisions, size_t count,
                          struct diagnostics *diagnostics);

/* The first fault that was found, in the order of the list; NONE for a graph of use. */
enum graph_fault graph_fault(const struct graph *graph);
const char *graph_fault_word(enum graph_fault fault);

size_t graph_size(const struct graph *graph);
const struct revision *graph_at(const struct graph *graph, size_t index);

/* The revision with exactly this id, or NULL. */
const struct revision *graph_find(const struct graph *graph, const char *id);

struct revision_list {
    const struct revision **items;
    size_t count;
};

/* In listing order, in the caller's arena. */
struct revision_list graph_heads(const struct graph *graph,
                                 struct arena *arena); /* effective too */
struct revision_list graph_real_heads(const struct graph *graph, struct arena *arena);
struct revision_list graph_bases(const struct graph *graph, struct arena *arena);
struct revision_list graph_children(const struct graph *graph, const struct revision *revision,
                                    struct arena *arena); /* line children */
struct revision_list graph_links(const struct graph *graph, const struct revision *revision,
                                 struct arena *arena);

/* The labels that the revision carries: its own, as declared, then those that it has from its line,
 * in listing order of who declares them. In the caller's arena. line.c */
struct texts graph_labels(const struct graph *graph, const struct revision *revision,
                          struct arena *arena);

bool graph_is_head(const struct graph *graph, const struct revision *revision);
bool graph_is_real_head(const struct graph *graph, const struct revision *revision);
bool graph_is_base(const struct revision *revision);
bool graph_is_branch_point(const struct graph *graph, const struct revision *revision);
bool graph_is_merge_point(const struct revision *revision);

/* All revisions, newest first, in the order of `history`: that of docs/design/alembic.md, section 4,
 * from the real heads down. */
struct revision_list graph_history(const struct graph *graph, struct arena *arena);

/* The revisions applied in a database whose version rows are `rows` (links followed, the rows
 * included), in listing order. An unknown row is an error of code ERROR_REVISION naming it. */
int graph_applied(const struct graph *graph, const char *const *rows, size_t row_count,
                  struct arena *arena, struct revision_list *applied,
                  struct error *error) MUST_CHECK;

#endif
