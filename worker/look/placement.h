/* Part of the verdict (verdict.c): whether it can be told which version table counts, and whether
 * what is there can be read and written safely. Each function returns true when it has refused.
 */
#ifndef DROVER_LOOK_PLACEMENT_H
#define DROVER_LOOK_PLACEMENT_H

#include "worker/look/inspect.h"

/* The version table in `schema`, for people: "app.alembic_version". */
const char *placement_shown(struct inspect *inspect, const char *schema);

/* Where the server goes through several schemas for the name, exactly one table must count. */
bool placement_refuse_path(struct inspect *inspect);

/* `count` of our tables, the version table first, must be tables. */
bool placement_refuse_kind(struct inspect *inspect, size_t count);

/* Nothing of another role's may run as ours. */
bool placement_refuse_foreign(struct inspect *inspect);

#endif
