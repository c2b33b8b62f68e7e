/* Surveys and lists: what goes to the second pump, and in which order. */
#ifndef DROVER_SHELL_SURVEY_QUEUE_H
#define DROVER_SHELL_SURVEY_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct coordinator;
struct item;
struct message;
struct pump;
struct session;

/* Marks the numbers of the surveys' jobs on the wire. */
#define SURVEY_JOB (UINT64_C(1) << 63)

struct pump *survey_pump_of_job(struct coordinator *coordinator, uint64_t job);

/* By the id in a WATCH or TARGETS_WANTED: the surveys' pump if it names the survey there is. */
struct pump *survey_pump_of_rollout(struct coordinator *coordinator, const char *rollout);

/* The turn of a START that is a survey; `same`: one like it is under way. Whether it is begun or
 * attached to now; if not, it waits in its session. */
bool survey_enter(struct pump *surveys, const struct item *item, bool same);

/* The session got `message` as an answer; after the last page of targets it asks no more. */
void survey_answered(struct session *session, const struct message *message);

/* The session asks no more. NULL is fine. */
void survey_let_go(struct session *session);

/* Its turn in the pump: a survey that nobody asks any more is cancelled. */
void survey_abandon(struct pump *surveys);

/* Gives the first that waits its turn, if none is under way or still being read. */
void survey_next(struct pump *surveys);
bool survey_waits(const struct coordinator *coordinator);

#endif
