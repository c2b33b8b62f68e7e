/* Authoring: what `revision` and `merge` share: ids, parents, labels, the file. No database. */
#ifndef DROVER_PROJECT_AUTHORING_H
#define DROVER_PROJECT_AUTHORING_H

#include "cli/line/invocation.h"
#include "common/revision/bundle.h"

struct authoring {
    struct invocation *invocation;
    const char *folder;
    struct bundle *bundle;
    const struct graph *graph;
    struct revision_template template;
};

/* Reads the revisions, and from the options --rev-id, -m, --branch-label; the date is the present.
 * Close it in any case. */
int authoring_open(struct authoring *authoring, struct invocation *invocation,
                   struct error *error) MUST_CHECK;

/* The revisions that `symbol` names, as Alembic resolves --head, --depends-on and merge. */
int authoring_symbol(struct authoring *authoring, const char *symbol,
                     struct revision_list *revisions, struct error *error) MUST_CHECK;

/* Makes `parents` the new revision's. One that is not a head is refused unless `splice`. */
int authoring_parents(struct authoring *authoring, struct revision_list parents, bool splice,
                      struct error *error) MUST_CHECK;

/* Writes the file, which must be new, and prints its path. */
int authoring_write(struct authoring *authoring, struct error *error) MUST_CHECK;

void authoring_close(struct authoring *authoring);

#endif
