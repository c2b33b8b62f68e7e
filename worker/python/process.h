/* One Python process that runs alembic_run.py: lines of JSON go in and come out.
 */
#ifndef DROVER_PYTHON_PROCESS_H
#define DROVER_PYTHON_PROCESS_H

#include <jansson.h>
#include <uv.h>

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/texts.h"

struct process;

struct process_listener {
    /* An answer; borrowed. */
    void (*answered)(const json_t *answer, void *context);
    /* It is no more, and says nothing any more. `how`: "it was ended by signal 9, Killed"; borrowed. */
    void (*ended)(const char *how, void *context);
};

/* Starts alembic_run.py with `arguments`, by which it finds the project; `listener` outlives it, and is called on later turns of the loop. NULL and an error when it cannot
 * be started. */
struct process *process_start(uv_loop_t *loop, const char *interpreter, struct texts arguments,
                              const struct process_listener *listener, void *context,
                              struct error *error);

/* Writes a line, which is taken over and overwritten once it is written. */
void process_say(struct process *process, struct buffer *line);

/* Ends it with all its children; no callback afterwards. */
void process_kill(struct process *process);

#endif
