/* Moves: events as the sentences of events.def, with names in place of numbers, for the log and for
 * people who watch.
 *
 * Events carry numbers; which target a job was for and what a worker is called is remembered here
 * from earlier events.
 */
#ifndef DROVER_SHELL_EVENT_TEXT_H
#define DROVER_SHELL_EVENT_TEXT_H

#include "coordinator/core/core.h"

struct known_job;
struct known_worker;

/* A zeroed struct is valid. */
struct moves {
    struct known_job *jobs;       /* uthash, by job; those given to workers */
    struct known_worker *workers; /* uthash, by instance */
};

/* "target failed: acme: division by zero (22012)". Ask before moves_remember of the same event. */
void moves_describe(const struct moves *moves, const struct core *core, const struct event *event,
                    struct buffer *out);

void moves_remember(struct moves *moves, const struct event *event);

void moves_free(struct moves *moves);

#endif
