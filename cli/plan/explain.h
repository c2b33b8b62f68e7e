/* Explaining a plan: what a command would do to a database that stands at given revisions. Pure: it
 * asks the graph and nothing else.
 */
#ifndef DROVER_PLAN_EXPLAIN_H
#define DROVER_PLAN_EXPLAIN_H

#include <jansson.h>

#include "cli/text/style.h"
#include "common/revision/plan.h"

struct explanation {
    const char *operation; /* "upgrade", "downgrade" or "stamp" */
    struct texts specs;
    struct texts from; /* symbols; none: base */
    bool purge;        /* of a stamp */
};

/* Plans it. -1 with plan->fault and a sentence in `error`. The plan lives in `arena`. */
int explain_plan(const struct graph *graph, const struct explanation *asked, struct arena *arena,
                 struct plan *plan, struct error *error) MUST_CHECK;

/* {"from": [...], "steps": [{"op", "revision", "version_rows"}...], "to": [...]} */
json_t *explain_json(const char *operation, const struct plan *plan);

/* {"error": {"code": word, "message": message}} */
json_t *explain_error_json(const char *word, const char *message);

/* The same for people: a line for each step. */
void explain_render(const char *operation, const struct plan *plan, const struct style *style,
                    struct buffer *out);

#endif
