/* Whether the worker can run the steps ahead of a target that only Alembic can run. Asked at the gate: that it has the
 * project, a Python with Alembic and a driver, and the very files; and, by running env.py on the target up to its
 * revisions, where it cannot write, that env.py gets there and comes to the target's version table.
 */
#ifndef DROVER_PYTHON_CHECK_H
#define DROVER_PYTHON_CHECK_H

#include "common/base/arena.h"
#include "common/revision/graph.h"
#include "common/vocabulary/record.h"
#include "worker/python/python.h"
#include "worker/python/visit.h"

/* Borrowed during the call. */
struct check_request {
    const char *bundle; /* its digest */
    struct visit visit;
    struct revision_list steps; /* what may be run, in any order */
    bool up;
    bool pooled;       /* a pooler stands before the server */
    uint64_t limit_ms; /* for env.py */
};

/* What cannot be run, and why; borrowed. */
typedef void check_told(const struct inability_list *inabilities, void *context);

struct check_call;

/* Asks, in `arena`, which outlives the call; the answer comes on a later turn of the loop. */
struct check_call *check_ask(struct python *python, const struct check_request *request,
                             check_told *told, void *context, struct arena *arena);

/* No answer afterwards. */
void check_give_up(struct check_call *call);

#endif
