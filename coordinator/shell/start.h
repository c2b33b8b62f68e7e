/* START: bundle and configuration as a rollout of the core. */
#ifndef DROVER_SHELL_START_H
#define DROVER_SHELL_START_H

#include <stdbool.h>

struct item;
struct message;
struct pump;
struct session;

/* A START arrived, or a CONTROL with a bundle: on to the pump, or first BUNDLE_WANTED. */
void start_receive(struct session *session, const struct message *message);

/* The bundle that this session was asked for. */
void start_bundle_receive(struct session *session, const struct message *message);

/* Its turn in the pump. */
void start_step(struct pump *pump, const struct item *item);

/* A RETRY of the whole rollout, which is over with targets left: begins one with the same request,
 * and answers. False: it is none of that kind. */
bool start_again(struct pump *pump, const struct item *item);

/* An id for a new rollout: sorts by time, and two in one second differ. In the batch's arena. */
const char *rollout_draw(struct pump *pump);

#endif
