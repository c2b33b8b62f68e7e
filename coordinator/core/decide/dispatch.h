/* Which job goes to which worker. */
#ifndef DROVER_DECIDE_DISPATCH_H
#define DROVER_DECIDE_DISPATCH_H

struct step;

/* Gives out jobs as far as caps and credit go. */
void jobs_dispatch(struct step *step);

#endif
