/* Revision ids that are longer than the version column is wide. Alembic makes it VARCHAR(32); projects with longer ids
 * widen it.
 */
#ifndef DROVER_LOOK_NARROW_H
#define DROVER_LOOK_NARROW_H

#include "worker/look/inspect.h"

/* Refuses when a revision that is not applied has an id that the column does not take, and none of them seems to widen
 * it. inspect->applied is known. */
bool narrow_refuse(struct inspect *inspect);

#endif
