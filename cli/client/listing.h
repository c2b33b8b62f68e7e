/* A listing: what the commands over the graph share. Only the migrations folder is read, unless
 * `current` is asked for.
 */
#ifndef DROVER_CLIENT_LISTING_H
#define DROVER_CLIENT_LISTING_H

#include "cli/client/survey.h"
#include "cli/line/invocation.h"
#include "cli/project/project.h"
#include "common/revision/bundle.h"

struct listing {
    struct invocation *invocation;
    const char *folder;
    struct bundle *bundle;
    const struct graph *graph;
    struct survey survey; /* when it was needed */
    bool surveyed;
};

/* Reads the revisions. Close it in any case. */
int listing_open(struct listing *listing, struct invocation *invocation, enum project_need need,
                 struct error *error) MUST_CHECK;

/* Asks the targets where they stand, once. */
int listing_survey(struct listing *listing, struct error *error) MUST_CHECK;

/* The revisions that `symbol` means; `current`: those at which any target stands. */
int listing_symbol(struct listing *listing, const char *symbol, struct revision_list *revisions,
                   struct error *error) MUST_CHECK;

/* LOWER:UPPER, newest first; `current` needs all targets at one place. */
int listing_range(struct listing *listing, const char *range, struct revision_list *revisions,
                  struct error *error) MUST_CHECK;

void listing_close(struct listing *listing);

#endif
