/* The trail of a journal: its last events as bytes, for the last words of a process that one of
 * them, or the next, brought to its end (common/base/impossible.h).
 */
#ifndef DROVER_JOURNAL_TRAIL_H
#define DROVER_JOURNAL_TRAIL_H

#include "common/base/buffer.h"
#include "common/base/texts.h"
#include "coordinator/core/facts/event.h"

enum { TRAIL_EVENTS = 9 }; /* the one that is worked on, and eight before */

/* A zeroed struct is a valid one of an empty journal. */
struct trail {
    uint64_t sequence;                    /* of the last event; 0: none */
    struct buffer payloads[TRAIL_EVENTS]; /* event n in n % TRAIL_EVENTS */
};

/* The event after the last, encoded. */
void trail_note(struct trail *trail, struct bytes payload);

/* The events after the last. */
void trail_note_events(struct trail *trail, const struct event *events, size_t count);

/* One line for each of the last events as event_print shows them, cut where they are long.
 * `pending` follow those of the trail: events that were not written yet. */
void trail_print(const struct trail *trail, const struct event *pending, size_t pending_count,
                 struct buffer *out);

/* Empty afterwards. */
void trail_free(struct trail *trail);

#endif
