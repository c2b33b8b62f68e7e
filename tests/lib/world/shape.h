/* Shapes of revision graphs, as real bundles: a chain, a diamond, two heads, chains with
 * non-transactional revisions. Built once for the process; the same for every seed. */
#ifndef DROVER_TESTS_WORLD_SHAPE_H
#define DROVER_TESTS_WORLD_SHAPE_H

#include "common/revision/bundle.h"

enum { SHAPE_COUNT = 6, SHAPE_REVISIONS_MAX = 16, SHAPE_OF_THREE = 1 /* a1, b2, c3 */ };

/* Borrowed; made when it is first asked for. */
const struct bundle *shape_bundle(uint32_t shape);
/* Whether relative specs as "+1" have a meaning everywhere. */
bool shape_is_chain(uint32_t shape);
void shapes_free(void);

#endif
