/* What a connection that could not be made, or could again, is charged to (facts/outage.h). */
#ifndef DROVER_DECIDE_OUTAGE_H
#define DROVER_DECIDE_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

struct failure;
struct job;
struct message_result;
struct step;
struct worker;

/* Whether the failed job is charged to its server or its worker; it is back in the queue then, and
 * when its server was waited for long enough, all that waits for it has failed. */
bool outage_charge(struct step *step, const struct job *job, const struct failure *failure);

/* A target that waits to be worked on is refused, has failed, or has a bad check, without a job. It may
 * stand in line yet. */
void target_give_up(struct step *step, uint32_t target, const struct failure *failure);

/* A result that shows that its worker reached the server. */
void outage_notice(struct step *step, const struct job *job, const struct message_result *result);

/* Whether a server that is down is to be asked, as no job asks it yet. */
bool outage_ask_due(const struct step *step, uint32_t server);

/* Who asks it: whoever has not failed yet, else who has asked least; NULL: nobody has room. */
const struct worker *outage_asker(const struct step *step, uint32_t server);

/* A worker that is blind for the server and is to be asked whether it still is; or NULL. */
const struct worker *outage_blind_due(const struct step *step, uint32_t server);

#endif
