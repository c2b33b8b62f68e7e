/* Which revisions carry a label (docs/design/alembic.md, section 2). Planning asks for shared lines
 * instead (topology.h); this is for what `history` counts down from or keeps.
 */
#ifndef DROVER_REVISION_LINE_H
#define DROVER_REVISION_LINE_H

#include "common/revision/question.h"

/* Whether `index` carries the label `name`; where `name` is an id, whether it shares its line. */
int line_carries(struct question *question, const char *name, size_t index,
                 bool *carries) MUST_CHECK;

#endif
