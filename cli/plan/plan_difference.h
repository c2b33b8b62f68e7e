/* What differs between a plan that was kept and the one that would run. Pure. */
#ifndef DROVER_PLAN_PLAN_DIFFERENCE_H
#define DROVER_PLAN_PLAN_DIFFERENCE_H

#include "cli/plan/plan_document.h"

enum { DIFFERENCE_NAMES_SHOWN = 10 };

/* Appends a line for each difference: SQL of steps, policy (both values), targets added and gone,
 * heads moved, places in waves. Nothing when there is none. */
void plan_difference_append(const struct plan_document *kept, const struct plan_document *present,
                            struct buffer *out);

/* Only the SQL of the steps that `kept` takes, compared with the graph. */
void plan_sql_difference_append(const struct plan_document *kept, const struct graph *graph,
                                struct buffer *out);

#endif
