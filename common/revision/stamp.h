/* What `stamp` does to the version rows, without running anything (docs/design/alembic.md, section 7).
 *
 * Where Alembic crashes or spoils the rows, the rule of section 5 decides: a destination that
 * another one includes adds nothing, a row that is itself a destination stays, and rows that
 * overlap are mended.
 */
#ifndef DROVER_REVISION_STAMP_H
#define DROVER_REVISION_STAMP_H

#include "common/revision/plan.h"

/* Plans the steps that make `specs` the version rows of a database whose rows are `rows`: one step
 * for each destination that changes something. A step's revision is its destination, and for `base`
 * the row that goes.
 *
 * `purge`: all rows are deleted first, unknown ones too. plan->from then holds them as they are,
 * and the steps begin from nothing.
 *
 * `half_done`: ids of revisions that were left half done there. One that is at, above or below a destination
 * gets a step of its own, which moves no row: it is said where the target stands, so that it counts as done
 * or as never begun. A purge says so of all of them.
 *
 * Returns -1 with plan->fault and a sentence in `error`, also for several destinations below one
 * row, where Alembic crashes. Everything lives in `arena`. */
int stamp_make(const struct graph *graph, struct texts specs, bool purge, struct texts half_done,
               struct texts rows, struct arena *arena, struct plan *plan,
               struct error *error) MUST_CHECK;

/* Several specs in one text, with blanks between; no name holds one. */
struct texts stamp_specs(const char *text, struct arena *arena);

/* The same stamp again, as it travels in a job: from the rows `from` to the rows `to`, with the
 * names of its steps (plan_step_names). All steps are one change: each has `to` as its rows_after.
 * A purge becomes a first step whose revision has the id "" and no checksum. -1 if a name or a row
 * of `to` is not in the graph. `from` may hold anything when it purges. */
int stamp_replay(const struct graph *graph, struct texts from, struct texts to, struct texts names,
                 struct arena *arena, struct plan *plan, struct error *error) MUST_CHECK;

#endif
