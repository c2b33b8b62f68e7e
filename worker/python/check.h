/* Whether the worker can run the revisions of a bundle that only Alembic can run: that it has the project, a Python
 * with Alembic and a driver, and the very files. Asked at the gate.
 */
#ifndef DROVER_PYTHON_CHECK_H
#define DROVER_PYTHON_CHECK_H

#include "common/base/arena.h"
#include "common/revision/bundle.h"
#include "common/vocabulary/record.h"
#include "worker/python/python.h"

/* Whether a revision of the bundle needs it. */
bool check_is_needed(const struct bundle *bundle);

/* What cannot be run, and why; borrowed. */
typedef void check_told(const struct inability_list *inabilities, void *context);

struct check_call;

/* Asks, in `arena`, which outlives the call; the answer comes on a later turn of the loop. */
struct check_call *check_ask(struct python *python, const struct bundle *bundle, check_told *told,
                             void *context, struct arena *arena);

/* No answer afterwards. */
void check_give_up(struct check_call *call);

#endif
