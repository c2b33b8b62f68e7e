/* What is said of a statement, whoever judges it. */
#ifndef DROVER_REVISION_VERDICT_H
#define DROVER_REVISION_VERDICT_H

#include <stdbool.h>

#include "common/revision/revision.h"

enum refusal {
    REFUSAL_NOTHING, /* it is allowed */
#define X(NAME, sentence, hint) REFUSAL_##NAME,
#include "common/revision/refusals.def"
#undef X
};

struct verdict {
    enum refusal refusal;
    bool outside; /* cannot run inside a transaction */
};

/* Judges a statement that the built-in parser does not know as far as its words tell, and fills in its kind and names.
 * It is no transaction control. */
struct verdict unread_judge(struct arena *arena, struct statement *statement);

#endif
