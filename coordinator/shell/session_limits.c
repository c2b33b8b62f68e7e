/* Limits of peers. */
#include "coordinator/shell/session_limits.h"

#include <stddef.h>

#include "common/wire/stream.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"

bool sessions_admit(struct coordinator *coordinator)
{
    size_t count = 0;
    struct session *stranger = NULL; /* they stand newest first */
    for (struct session *session = coordinator->sessions; session != NULL;
         session = session->next) {
        count++;
        stranger = session->role == ROLE_NONE ? session : stranger;
    }
    if (count < SESSIONS_MAX) {
        return true;
    }
    if (stranger != NULL) {
        session_refuse(stranger, ERROR_BUSY, "too many peers are connected", "");
    }
    return stranger != NULL;
}

bool session_is_overdue(const struct session *session, uint64_t now_ms)
{
    return session->role == ROLE_NONE && now_ms - session->heard_ms > SESSION_HELLO_MS_MAX;
}

const char *session_asked(struct session *session)
{
    if (session->asked >= SESSION_ASKED_MAX) {
        return "64 requests wait for their answers already";
    }
    if (stream_queued_bytes(session->stream) > SESSION_QUEUE_BYTES_MAX) {
        return "8 MB of answers have not been read yet";
    }
    session->asked++;
    return NULL;
}

void session_answered(struct session *session)
{
    session->asked -= session->asked > 0;
}
