/* Whose a table of ours is: what of another role's would run in it as ours.
 *
 * Whoever may make tables in the schema can be there before us, and may have put in a trigger, a
 * policy, a default: that would run as the role that migrates. A table counts as ours when its owner
 * could act as this role anyway (the role itself, those that are members of it, superusers). One of
 * another role's must hold nothing that runs when it is read or written.
 */
#ifndef DROVER_SQL_OWNERSHIP_H
#define DROVER_SQL_OWNERSHIP_H

#include "common/base/buffer.h"
#include "common/pg/connection.h"

/* An expression over a row `c` of pg_class: whether the table counts as ours. */
#define OWNERSHIP_OURS "pg_catalog.pg_has_role(c.relowner, current_user, 'MEMBER')"

/* Appends an expression over a row `c` of pg_class: what there runs, as "has a trigger or ..."; NULL
 * for nothing. */
void ownership_runs_append(struct buffer *sql);

/* For a transaction that reads: with these settings the server refuses views and foreign tables,
 * which run what their owners put in (55000), and policies too (42501). Statements, NULL behind the
 * last; none where the server is too old to refuse views: there what a table is must be looked at
 * before it is read. */
const char *const *ownership_reading(const struct connection *connection);

#endif
