/* Where another tool's version table says that a target stands.
 *
 * Two messages after those of the inspection: which table that is, by the server's own resolution of the
 * name or in the target's schema, and what it holds. It is a tenant's, so that it is read like
 * one: only a table, only columns of the server's own types, in a transaction that cannot write, so many rows.
 */
#ifndef DROVER_LOOK_ADOPT_H
#define DROVER_LOOK_ADOPT_H

#include "worker/look/inspect.h"

enum { ADOPTION_ROWS_MAX = 20000 }; /* of a version table */

/* Sends the next question, and says whether there was one. The inspection has had its answer. */
bool adopt_ask(struct inspect *inspect);

/* A column that the tool's table would have, and this one lacks; NULL: there is none. In `arena`. */
const char *adopt_lacking(const struct adoption *adoption, struct arena *arena);

/* The verdict: fills in result.adopts, or refuses and returns true. */
bool adopt_refuse(struct inspect *inspect);

#endif
