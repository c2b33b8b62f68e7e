/* Watchers: PROGRESS, NOTICE and FINISHED for those who want to see how it goes. */
#ifndef DROVER_SHELL_WATCH_H
#define DROVER_SHELL_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct error;
struct event;
struct log_entry;
struct message;
struct pump;
struct session;

struct watch {
    uv_timer_t timer; /* when the next PROGRESS may leave */
    uint64_t sent_ms; /* loop time of the last one */
    bool changed;     /* since then */
};

/* A WATCH whose turn has come. */
void watch_begin(struct pump *pump, struct session *session, const struct message *message);

/* A durable event, if people care about it. */
void watch_notice(struct pump *pump, const struct event *event, const struct log_entry *entry);

/* The coordinator cannot go on: whoever looks on is told why, before the connections end. */
void watch_failed(struct pump *pump, const struct error *reason);

/* A batch became durable. */
void watch_changed(struct pump *pump);

/* Something changed that the journal does not know. */
void watch_touched(struct pump *pump);
void watch_due(uv_timer_t *timer);

#endif
