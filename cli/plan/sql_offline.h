/* Offline SQL: a plan as text for psql, in the form of Alembic's --sql
 * (docs/design/alembic.md, section 10). Pure: no connection, no clock.
 */
#ifndef DROVER_PLAN_SQL_OFFLINE_H
#define DROVER_PLAN_SQL_OFFLINE_H

#include "common/base/buffer.h"
#include "common/revision/plan.h"

struct offline_request {
    enum direction direction;
    /* [FROM:]TO for upgrade and stamp (without FROM: from nothing), FROM:TO for downgrade. Only a
     * stamp takes several; a FROM then stands in all of them, and is the same, or in the first. */
    struct texts specs;
    const char *version_schema; /* "": the version table is not qualified */
    const char *version_table;
    bool version_keyless; /* no primary key */
    bool apart;           /* each revision in a transaction of its own */
};

/* Non-transactional revisions stand between COMMIT and BEGIN. */
int offline_sql(const struct graph *graph, const struct offline_request *request,
                struct buffer *out, struct error *error) MUST_CHECK;

#endif
