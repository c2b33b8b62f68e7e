/* Pipelines: what a build agent reads out of the log of a program.
 *
 * An agent takes some lines of the log for commands: to fold a part, to name an error with its file
 * and line, to show progress. Each kind of agent has a dialect of its own; pipeline.c has the one
 * table of them. Everything else that is printed must not look like a command, whatever a database
 * answered: pipeline_line_clean.
 *
 * Pure: renders into buffers. What this process says to its agent is in pipeline_log.h.
 */
#ifndef DROVER_AGENTS_PIPELINE_H
#define DROVER_AGENTS_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buffer.h"

struct pipeline_dialect;

/* Reads an environment variable; NULL when unset. */
typedef const char *pipeline_environment(const char *name);

/* The dialect of the agent that this process runs under; NULL: none. */
const struct pipeline_dialect *pipeline_detect(pipeline_environment *environment);

/* The environment variable that holds the folder of the repository's checkout: paths in issues are
 * relative to it. */
const char *pipeline_workspace_variable(const struct pipeline_dialect *dialect);

/* The variable that holds a file to which the page of the run's summary is appended; or the one
 * that holds a folder for it, to be announced by pipeline_render(PIPELINE_SUMMARY). NULL when the
 * agent has none. */
const char *pipeline_summary_file_variable(const struct pipeline_dialect *dialect);
const char *pipeline_summary_folder_variable(const struct pipeline_dialect *dialect);

enum pipeline_command {
    PIPELINE_GROUP,     /* a foldable part begins; text: its title */
    PIPELINE_GROUP_END, /* and ends */
    PIPELINE_ISSUE,     /* text: an error or warning of the run */
    PIPELINE_ISSUE_AT,  /* the same with a place in a file */
    PIPELINE_PROGRESS,  /* percent; text: what is going on */
    PIPELINE_SUMMARY,   /* path: a Markdown file to be shown */
};

struct pipeline_values {
    const char *kind; /* "error" or "warning" */
    const char *text;
    const char *path;
    unsigned line;   /* from 1 */
    unsigned column; /* from 1 */
    unsigned percent;
    unsigned group;    /* number of the group, the same at its begin and end */
    int64_t unix_time; /* seconds */
};

/* One line with its newline; nothing when the agent has no such command. Texts are escaped, so that
 * no value can end its place or begin another command. */
void pipeline_render(const struct pipeline_dialect *dialect, enum pipeline_command command,
                     const struct pipeline_values *values, struct buffer *out);

/* Appends a line of ordinary output, without its newline, so that no agent takes any of it for a
 * command: a blank is put into what would begin one. In `json`, an escape sequence is used
 * instead: the value stays the same. */
void pipeline_line_clean(const struct pipeline_dialect *dialect, const char *line, size_t length,
                         bool json, struct buffer *out);

#endif
