/* Events in the log of a service: at their own level; for machines with what each is about. */
#ifndef DROVER_SHELL_EVENT_LOG_H
#define DROVER_SHELL_EVENT_LOG_H

#include "coordinator/core/facts/event.h"

struct log_entry;

/* `entry` is what it is about (event_text.h). */
void event_log(const struct event *event, const struct log_entry *entry);

#endif
