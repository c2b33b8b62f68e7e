/* What one peer may cost the others: how many there are, how long a stranger stays, how much may
 * wait for a peer that does not read. */
#ifndef DROVER_SHELL_SESSION_LIMITS_H
#define DROVER_SHELL_SESSION_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct coordinator;
struct session;

enum {
    SESSIONS_MAX = 4096,
    SESSION_HELLO_MS_MAX = 10000,
    SESSION_ASKED_MAX = 64,                    /* requests of a command that wait for an answer */
    SESSION_QUEUE_BYTES_MAX = 8 * 1024 * 1024, /* beyond it a command asks in vain */
};

/* Makes room for one more, where there is none by ending the stranger that has been silent for
 * longest; false: there is no stranger. */
bool sessions_admit(struct coordinator *coordinator);

/* Whether it is a stranger that has had its time to say HELLO. */
bool session_is_overdue(const struct session *session, uint64_t now_ms);

/* A request of a command arrives. NULL: it is taken, and session_answered will follow; else why not. */
const char *session_asked(struct session *session);
void session_answered(struct session *session);

#endif
