/* What a statement does beyond its own transaction or database, told by its words.
 *
 * Of a DO block the text is read as well, and what it quotes: EXECUTE format('ALTER ROLE %I ...') is
 * seen. What a function does that is called is not.
 */
#ifndef DROVER_REVISION_EFFECT_H
#define DROVER_REVISION_EFFECT_H

#include "common/revision/revision.h"

/* Adds what the statement does to what its script does. */
void effect_add(const struct statement *statement, struct script *script);

#endif
