/* Events in the log of a service: at their own level; for machines with what each is about. */
#ifndef DROVER_SHELL_EVENT_LOG_H
#define DROVER_SHELL_EVENT_LOG_H

#include "coordinator/core/core.h"

struct moves;

/* `sentence` describes it (event_text.h). */
void event_log(const struct moves *moves, const struct core *core, const struct event *event,
               const char *sentence);

#endif
