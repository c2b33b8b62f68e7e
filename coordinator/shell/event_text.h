/* Events as the sentences of events.def, with names in place of numbers, for the log and for people
 * who watch; and as entries, for machines.
 *
 * All are asked for after core_apply and before moves_remember of the same event.
 */
#ifndef DROVER_SHELL_EVENT_TEXT_H
#define DROVER_SHELL_EVENT_TEXT_H

#include "coordinator/core/core.h"
#include "coordinator/shell/moves.h"

/* "target failed: acme: division by zero (22012)". */
void moves_describe(const struct moves *moves, const struct core *core, const struct event *event,
                    struct buffer *out);

/* What people call the value of the field of that name; nothing when the event has none. */
void moves_value_append(const struct moves *moves, const struct core *core,
                        const struct event *event, const char *name, struct buffer *out);

/* What the event is about; `sentence` describes it. Texts live in `arena` and in the event. event_entry.c */
struct log_entry moves_entry(const struct moves *moves, const struct core *core,
                             const struct event *event, const char *sentence, struct arena *arena);

#endif
