/* Targets that a person leaves out. One that is at work is told to stop, and left out then. */
#ifndef DROVER_DECIDE_SKIP_H
#define DROVER_DECIDE_SKIP_H

struct error;
struct message_control;
struct selector;
struct step;

/* The verb, or with `asks` only what it would do; -1 with a sentence when it concerns nothing. */
int skip_asked(struct step *step, const struct message_control *control,
               const struct selector *scope, struct error *error);

/* The verb that puts them back, those that were told to stop too; -1 with a sentence when it concerns
 * nothing. */
int unskip_asked(struct step *step, const struct message_control *control,
                 const struct selector *scope, struct error *error);

/* Leaves out those that have stopped meanwhile. */
void skips_advance(struct step *step);

#endif
