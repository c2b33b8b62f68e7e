/* A non-transactional revision that was left half done: whether its file still fits, and the ways out. */
#ifndef DROVER_SQL_HALF_APPLIED_H
#define DROVER_SQL_HALF_APPLIED_H

#include "common/revision/revision.h"
#include "common/vocabulary/field.h"
#include "common/wire/message.h"

/* A row of drover_progress (progress.h) of a statement. */
struct half_applied_row {
    size_t number; /* of the statement, from 1 */
    bool done;     /* otherwise it was begun alone, and nobody said how it ended */
    bool older;    /* of a Drover that wrote the revision's checksum */
    const char *checksum;
};

/* Whether the statement is the one in `script` of `revision`. */
bool half_applied_fits(const struct half_applied_row *row, const struct revision *revision,
                       const struct script *script);

/* Why a statement of `script` that is done keeps a corrected file from going on: the statement is not
 * there any more, or is another; without cause and SQLSTATE. Texts live in `arena`. */
struct failure half_applied_edited(const struct half_applied_row *row,
                                   const struct revision *revision, const struct script *script,
                                   struct arena *arena);

/* Statements of a script, SET and RESET left out. */
struct half_applied_count {
    size_t done;
    size_t interrupted; /* begun alone, and nobody said how they ended */
    size_t all;         /* 0: not known */
};

/* "upgrade of 4a6053e7d18f: 1 of 3 statements done, one interrupted"; in `arena`. */
const char *half_applied_told(const char *revision, const char *direction,
                              struct half_applied_count count, struct arena *arena);

/* The commands that say how the interrupted statement with this number ended, in `arena`. */
const char *half_applied_answers(size_t number, const char *target, struct arena *arena);

/* "`drover stamp --purge a1 b1 --where target=shop`", which says where the target stands; in `arena`. */
const char *half_applied_stamp(struct texts rows, const char *target, struct arena *arena);

/* The commands that lead out of it, for a hint; in `arena`. `below`, which may be NULL, are the rows that
 * a downgrade would leave; `heads` are those that stand. */
const char *half_applied_ways(const char *revision, bool upgrade, const struct texts *below,
                              struct texts heads, const char *target, struct arena *arena);

#endif
