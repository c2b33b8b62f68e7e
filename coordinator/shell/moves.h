/* Moves: what is remembered of earlier events, so that later ones can be told with names: events
 * carry numbers; which target a job was for and what a worker is called was said before.
 */
#ifndef DROVER_SHELL_MOVES_H
#define DROVER_SHELL_MOVES_H

#include "coordinator/core/facts/event.h"

struct known_job;
struct known_worker;

/* A zeroed struct is valid. */
struct moves {
    struct known_job *jobs;       /* uthash, by job; those given to workers */
    struct known_worker *workers; /* uthash, by instance */
};

void moves_remember(struct moves *moves, const struct event *event);

/* What is known of a job that was given to a worker, or NULL. Borrowed until the next event. */
const struct event_job_leased *moves_job(const struct moves *moves, uint64_t number);

/* The job that the event tells of, or NULL. Borrowed likewise, or of the event. */
const struct event_job_leased *moves_event_job(const struct moves *moves,
                                               const struct event *event);

/* The worker's name; "" for one that is not there. Borrowed likewise. */
const char *moves_worker(const struct moves *moves, uint64_t instance);

/* The event's field of that name, also of a part of it, and its place; NULL: it has none. */
const struct field *event_field(const struct event *event, const char *name, size_t length,
                                const void **at);

void moves_free(struct moves *moves);

#endif
