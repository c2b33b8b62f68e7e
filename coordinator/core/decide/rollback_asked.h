/* CONTROL: the rollback of a rollout. */
#ifndef DROVER_DECIDE_ROLLBACK_ASKED_H
#define DROVER_DECIDE_ROLLBACK_ASKED_H

struct error;
struct message_control;
struct step;

/* Begins at once or when the active rollout is over, or with `asks` only tells; -1 with a sentence when nothing can be
 * taken back. */
int rollback_asked(struct step *step, const struct message_control *control, struct error *error);

#endif
