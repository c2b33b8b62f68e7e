/* The plan's name: a digest over its policy and what each target is to do. */
#ifndef DROVER_FACTS_PLAN_DIGEST_H
#define DROVER_FACTS_PLAN_DIGEST_H

#include "common/revision/digest.h"

struct rollout;

void plan_digest(const struct rollout *rollout, char digest[DIGEST_TEXT_BYTES]);

#endif
