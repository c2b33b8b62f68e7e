/* What parts of a step produce. */
#ifndef DROVER_DECIDE_EMIT_H
#define DROVER_DECIDE_EMIT_H

#include <stdbool.h>

#include "coordinator/core/decide/output.h"

struct step;

/* Copies the event into the output and applies it. */
void emit(struct step *step, struct event event);

/* A new command at the end of the output, zeroed but for its type and worker; valid until the
 * next. */
struct command *command_add(struct step *step, enum command_type type, uint64_t worker);
void cancel_job(struct step *step, uint64_t worker, struct job_key key);

/* Takes back the command that sends the job; false when it has gone out already. */
bool job_withdraw(struct step *step, uint64_t job);

/* Tells the worker that the result of the job is durable. */
void acknowledge_job(struct step *step, uint64_t worker, struct job_key key);

#endif
