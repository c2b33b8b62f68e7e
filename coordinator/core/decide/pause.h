/* CONTROL: pause and resume, of the rollout or of what a scope selects. */
#ifndef DROVER_DECIDE_PAUSE_H
#define DROVER_DECIDE_PAUSE_H

struct error;
struct message_control;
struct selector;
struct step;

/* `scope` NULL: the whole rollout. */
void pause_asked(struct step *step, const struct message_control *control,
                 const struct selector *scope);

/* The same; -1 with a sentence when nothing is paused that could be resumed. */
int resume_asked(struct step *step, const struct message_control *control,
                 const struct selector *scope, struct error *error);

/* The rollout goes on, and with it what its checks have found bad. */
void rollout_resume(struct step *step, const struct message_control *control);

#endif
