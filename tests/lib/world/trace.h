/* Events and commands as lines a person can read. */
#ifndef DROVER_TESTS_WORLD_TRACE_H
#define DROVER_TESTS_WORLD_TRACE_H

#include "coordinator/core/core.h"

/* "+0012 job_leased job=1 kind=inspect attempt=1 worker=7"; absent values are left out. */
void trace_event(const struct event *event, uint64_t start_ms, struct buffer *out);
void trace_command(const struct command *command, struct buffer *out);

#endif
