/* Events and commands as lines a person can read, and golden files to hold them against. */
#ifndef DROVER_TESTS_CORE_TRACE_H
#define DROVER_TESTS_CORE_TRACE_H

#include <stdbool.h>

#include "coordinator/core/core.h"

/* "+0012 job_leased job=1 kind=inspect attempt=1 worker=7"; absent values are left out. */
void trace_event(const struct event *event, uint64_t start_ms, struct buffer *out);
void trace_command(const struct command *command, struct buffer *out);

/* Whether tests/core/golden/NAME.txt holds exactly `text`. UPDATE_GOLDEN=1 writes it instead.
 * Prints the first line that differs. The working directory is the root of the repository. */
bool golden_equals(const char *name, const char *text);

#endif
