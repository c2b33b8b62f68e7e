/* Secrets: references travel, values do not.
 *
 * A reference is the text described in config.h ("env:NAME", "file:PATH", "command:...",
 * "command;ttl=MILLISECONDS:...", "process:N"). Values given on the command line or by DATABASE_URL
 * are kept in this process under "process:N".
 */
#ifndef DROVER_CONFIG_SECRET_H
#define DROVER_CONFIG_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"

/* Keeps `value` for the life of the process; returns its reference in `arena`. The same value gets
 * the same reference. */
char *secret_keep(struct arena *arena, const char *value);

/* The value behind "process:N", or NULL. */
const char *secret_kept(const char *reference);

/* The reference of a command whose password is good for `ttl_ms`; 0:
 * as the password itself says. */
char *secret_command_reference(struct arena *arena, const char *line, uint64_t ttl_ms);

/* The line of a command's reference, within it, and its life; NULL for other references. */
const char *secret_command(const char *reference, uint64_t *ttl_ms);

/* Whether a value is the text "$(db_password)": what a pipeline of Azure leaves in place of a
 * variable that does not exist or was not mapped. Such a value is never a password anyone chose. */
bool secret_is_unresolved(const char *value);

#endif
