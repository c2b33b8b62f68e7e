/* Sessions in the way. */
#include "common/vocabulary/blocker.h"

#include <inttypes.h>

void blocker_append(const struct blocker *blocker, struct buffer *out)
{
    if (blocker->pid == 0) {
        buffer_text_append(out, "a prepared transaction");
        return;
    }
    buffer_printf(out, "pid %" PRIu32 ", ", blocker->pid);
    if (blocker->autovacuum) {
        buffer_text_append(out, "autovacuum");
    } else {
        if (blocker->application[0] != '\0') {
            buffer_printf(out, "application %s, ", blocker->application);
        }
        buffer_printf(out, "user %s", blocker->user);
    }
    if (blocker->session_state[0] != '\0') {
        buffer_printf(out, ", %s, for %" PRIu64 " s: %s", blocker->session_state,
                      blocker->session_ms / 1000, blocker->query);
    }
}
