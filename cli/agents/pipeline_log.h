/* The pipeline's log: what this process says to the agent that it runs under. Outside of a pipeline
 * every function does nothing.
 *
 * Commands go to standard error, with the messages: results stay whole where standard output is
 * redirected. Agents read both. While a pipeline is on, both streams are cleaned line by line
 * (pipeline_line_clean), unless they go to a file: whoever prints, and whatever a database
 * answered, nothing but this module can speak to the agent.
 *
 * One for the process, as its standard streams are.
 */
#ifndef DROVER_AGENTS_PIPELINE_LOG_H
#define DROVER_AGENTS_PIPELINE_LOG_H

#include <stdbool.h>

/* Looks at the environment and takes over stdout and stderr. */
void pipeline_log_begin(void);

/* Standard output carries JSON from here on. */
void pipeline_log_json(void);

/* Writes what the streams still hold and gives them back. Returns -1 when standard output could not
 * be written whole. */
int pipeline_log_end(void);

/* Opens a foldable part, after closing the one that is open. */
void pipeline_log_group(const char *title);
void pipeline_log_group_end(void);

/* `kind` is "error" or "warning"; `path` as the user would type it, or "" for no place; line and
 * column from 1, 0 when unknown. */
void pipeline_log_issue(const char *kind, const char *path, unsigned line, unsigned column,
                        const char *text);

/* The same for a place such as "migrations/0003_x.sql:12", or "". */
void pipeline_log_issue_at(const char *kind, const char *place, const char *text);

void pipeline_log_progress(unsigned percent, const char *text);

/* A page of Markdown for the run's summary. `name` tells it from others of this process. */
void pipeline_log_summary(const char *name, const char *markdown);

#endif
