/* What a person should know of the files of a bundle, told once for all of them. */
#ifndef DROVER_REVISION_WARNINGS_H
#define DROVER_REVISION_WARNINGS_H

#include "common/base/diagnostic.h"
#include "common/revision/graph.h"

/* At most a warning for each kind, about `folder`. */
void warnings_add(const struct graph *graph, const char *folder, struct diagnostics *diagnostics);

#endif
