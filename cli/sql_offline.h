/* Offline SQL: a plan as text for psql, in the form of Alembic's --sql
 * (reference/alembic-semantics.md, 10). Pure: no connection, no clock.
 */
#ifndef DROVER_CLI_SQL_OFFLINE_H
#define DROVER_CLI_SQL_OFFLINE_H

#include "common/base/buffer.h"
#include "common/revision/plan.h"

/* `spec` is [FROM:]TO for upgrade (without FROM: from nothing) and FROM:TO for downgrade. The
 * version table is qualified with `version_schema` unless that is "" or "public". Non-transactional
 * revisions stand between COMMIT and BEGIN. */
int offline_sql(const struct graph *graph, enum direction direction, const char *spec,
                const char *version_schema, struct buffer *out, struct error *error) MUST_CHECK;

#endif
