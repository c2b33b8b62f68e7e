/* Segments of a path: the steps that take effect together.
 *
 * Consecutive transactional steps are one transaction, which is cut where PostgreSQL demands it (a
 * value that an enum gets cannot be used before it is committed) or the plan asks for it. A
 * non-transactional step is a segment of its own, and so is one that the project's own Alembic runs; a stamp is one. Version rows move only at the end of
 * a segment, so a target always stands at a boundary between two. Pure.
 */
#ifndef DROVER_REVISION_SEGMENT_H
#define DROVER_REVISION_SEGMENT_H

#include "common/revision/plan.h"

/* The end of the segment that begins at step `first`. */
size_t segment_end(const struct plan *plan, size_t first);

/* The version rows before the segment that begins at step `first`. */
struct texts segment_rows_before(const struct plan *plan, size_t first);

#endif
