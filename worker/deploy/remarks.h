/* Remarks: what scripts say by RAISE, for the result of the deploy. A target says as much as it likes, and
 * so much of it is kept.
 */
#ifndef DROVER_DEPLOY_REMARKS_H
#define DROVER_DEPLOY_REMARKS_H

#include "worker/deploy/deploy.h"

enum {
    REMARKS_MAX = 20,
    REMARK_BYTES_MAX = 1024,  /* of one; the rest is cut */
    REMARKS_BYTES_MAX = 8192, /* of all */
};

/* A notice about statement `index` of the batch in flight. What a statement of our own caused, and
 * what IF EXISTS has passed over, is none. */
void remark_take(struct deploy *deploy, const struct pg_notice *notice, unsigned index);

/* Into the result. */
void remarks_give(struct deploy *deploy);

#endif
