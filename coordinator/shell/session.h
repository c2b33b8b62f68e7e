/* Sessions: peers of a coordinator, their handshake, and who may send what. */
#ifndef DROVER_SHELL_SESSION_H
#define DROVER_SHELL_SESSION_H

#include <uv.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/wire/stream.h"

struct coordinator;
struct message;
struct pump;

enum session_role { ROLE_NONE, ROLE_WORKER, ROLE_COMMAND };

struct session {
    struct coordinator *coordinator;
    struct stream *stream;
    uint64_t id;
    enum session_role role;
    uint64_t instance;     /* workers */
    uint64_t heard_ms;     /* loop time of the last message */
    unsigned asked;        /* requests that wait for an answer (session_limits.h) */
    struct pump *watching; /* sends it PROGRESS until FINISHED; or NULL */
    bool stays;            /* and watches on while it is paused */
    struct message *start; /* waits for its bundle, or for its turn as a survey; or NULL */
    struct arena start_arena;
    struct buffer start_bundle; /* what has come of it */
    uint64_t ticket; /* `start` is a survey: its place in the row of those that wait; or 0 */
    bool asks;       /* the survey that was begun last is this session's, too */
    struct kept_activity *activities; /* of a worker's jobs */
    struct found_part *found;         /* of a worker: parts of what its discoveries found */
    struct session *next;
};

struct session *session_find(struct coordinator *coordinator, uint64_t id);
struct session *session_of_worker(struct coordinator *coordinator, uint64_t instance);

/* Those that watch get a last message, and their connections end. */
void session_part_watching(struct pump *pump, const struct message *last);

/* Takes a connected socket. */
int session_open(struct coordinator *coordinator, int file_descriptor,
                 struct error *error) MUST_CHECK;
void session_close_all(struct coordinator *coordinator);

/* Sends REFUSED, closes when it is written; the session is gone afterwards. */
void session_refuse(struct session *session, enum error_code code, const char *message,
                    const char *hint);

/* Timer callback: workers that have been silent too long are lost, strangers refused. */
void session_sweep(uv_timer_t *timer);

/* Starts it; it stops itself when nothing needs it. */
void session_sweep_begin(struct coordinator *coordinator);

#endif
