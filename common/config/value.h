/* Values: the small grammars inside a scalar. Pure text in, typed value out.
 *
 * Every function returns 0, or -1 with an error of code CONFIG whose message continues a sentence
 * (`lock_timeout: '2x' <message>`) and never repeats the text, and whose hint says what is right.
 */
#ifndef DROVER_CONFIG_VALUE_H
#define DROVER_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config/config.h"

/* A whole number from `least` to `most`. */
int value_count(const char *text, uint32_t least, uint32_t most, uint32_t *count,
                struct error *error) MUST_CHECK;

/* "250ms", "2s", "15m", "2h", "1d", and sums like "1h30m"; 1 ms to 24 days (PostgreSQL's limit). */
int value_duration(const char *text, uint64_t *milliseconds, struct error *error) MUST_CHECK;

/* "1s..60s": two durations, the first not above the second. */
int value_range(const char *text, uint64_t *least_ms, uint64_t *most_ms,
                struct error *error) MUST_CHECK;

/* "3" or "1%". */
int value_budget(const char *text, struct share *budget, struct error *error) MUST_CHECK;

/* A positive number like "10" or "0.5", of at most 15 digits. */
int value_number(const char *text, double *number, struct error *error) MUST_CHECK;

/* Label keys and values: letters, digits and `_ . - /`, a letter or
 * digit first; at most 63 bytes. */
bool value_is_label(const char *text);

/* A name of an environment variable. */
bool value_is_variable(const char *text);

/* "unix:PATH" or "tcp:HOST:PORT" with a loopback host, and joins PATH with `folder`. */
int value_coordinator(const char *text, const char *folder, struct arena *arena,
                      const char **address, struct error *error) MUST_CHECK;

/* Replaces `${NAME}` by the environment's value and `$$` by `$`. `*replaced` tells whether a
 * variable took part, so that the result must not be shown. */
int value_interpolate(const char *text, config_environment *environment, struct arena *arena,
                      const char **result, bool *replaced, struct error *error) MUST_CHECK;

/* `path` relative to `folder`; absolute paths and those in "." stay as they are. */
const char *value_path(const char *path, const char *folder, struct arena *arena);

#endif
