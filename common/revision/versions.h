/* The version rows and how a step changes them (docs/design/alembic.md, section 5).
 *
 * The rows are the applied revisions that no other applied revision has as an ancestor.
 */
#ifndef DROVER_REVISION_VERSIONS_H
#define DROVER_REVISION_VERSIONS_H

#include "common/revision/plan.h"
#include "common/revision/topology.h"

struct versions {
    const struct graph *graph;
    struct index_list rows;
};

/* Changes the rows as `index` is applied or dropped and describes it in `step`, all but its
 * revision and direction, in `arena`. The revision's links are applied (up), or it is a row (down).
 */
void versions_step(struct versions *versions, size_t index, struct arena *arena,
                   struct plan_step *step);

/* How many characters a column for any id of the graph takes: VERSION_CHARACTERS, or where an id is
 * longer REVISION_ID_BYTES_MAX. */
unsigned versions_characters(const struct graph *graph);

/* Characters of an id. */
size_t versions_id_characters(const char *id);

/* The rows' ids, sorted. */
struct texts versions_texts(const struct versions *versions, struct arena *arena);

#endif
