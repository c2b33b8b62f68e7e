/* A shell command run for what it prints. */
#ifndef DROVER_CONNECTIONS_COMMAND_H
#define DROVER_CONNECTIONS_COMMAND_H

#include <uv.h>

#include "common/base/error.h"

struct command;

/* `output` is what was printed, borrowed until the callback returns, which may write to it; or NULL
 * with an error that carries the exit code and what the command wrote to stderr. */
typedef void command_ended(char *output, const struct error *error, void *context);

/* Runs `/bin/sh -c text`. It is killed, with its whole process group, after `limit_ms`. NULL and an
 * error when it cannot be started. */
struct command *command_start(uv_loop_t *loop, const char *text, uint64_t limit_ms,
                              command_ended *ended, void *context, struct error *error);

/* Kills it; no callback afterwards. */
void command_abandon(struct command *command);

#endif
