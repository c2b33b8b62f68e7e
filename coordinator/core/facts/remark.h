/* Remarks: what the scripts of a target said. Targets of a fleet mostly say the same, so what one has
 * said is a set of texts, kept once for all that said so.
 */
#ifndef DROVER_FACTS_REMARK_H
#define DROVER_FACTS_REMARK_H

#include "common/vocabulary/record.h"

enum { REMARKS_KEPT = 40 /* of a target; the journal has all */ };

/* As one text, in `arena`. */
const char *remark_write(const struct remark *remark, struct arena *arena);

/* And back; texts in `arena`. */
struct remark remark_read(const char *text, struct arena *arena);

#endif
