/* One planning question on its way to an answer, shared by the planner's files. */
#ifndef DROVER_REVISION_QUESTION_H
#define DROVER_REVISION_QUESTION_H

#include "common/revision/plan.h"
#include "common/revision/topology.h"
#include "common/revision/versions.h"

struct question {
    struct versions versions; /* the graph, and the version rows in listing order */
    struct arena *arena;
    struct plan *plan;
    struct error *error;
    const char *spec;  /* what was asked for; NULL: steps by their names */
    uint64_t *applied; /* the rows and all their ancestors */
};

/* Says why there is no plan; returns -1, also from the hint. question.c */
int question_fail(struct question *question, enum plan_fault fault, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* "a, b, c": the ids of `list`, at most ten of them. question.c */
const char *question_ids(const struct question *question, const struct index_list *list);

/* Fills in the rows and what they imply, and the plan's `from` and `to`. An unknown row or the same
 * row twice is an error. */
int question_rows(struct question *question, struct texts rows) MUST_CHECK;

/* A row that another row implies is an error: for upgrades only, as in Alembic. Downgrades and
 * stamps mend such rows as they go. */
int question_overlap(struct question *question) MUST_CHECK;

#endif
