/* The worker's Python processes: a few, each of which serves one call after the other.
 *
 * A call waits until a process is free. Processes are started when they are needed, by the first interpreter that has
 * Alembic, and belong to a bundle: for another one new ones are started. They end when nothing was asked for long.
 */
#ifndef DROVER_PYTHON_PYTHON_H
#define DROVER_PYTHON_PYTHON_H

#include <jansson.h>
#include <uv.h>

#include "common/base/texts.h"

/* Where the worker finds the project; texts are copied. */
struct python_options {
    struct texts interpreters; /* to be tried in this order; none: there is no project here */
    struct texts arguments;    /* by which alembic_run.py finds it */
    unsigned processes;        /* at most; 0: one for each core */
};

struct python;
struct python_call;

/* `options` NULL: there is no project here, which every call is told. */
struct python *python_open(uv_loop_t *loop, const struct python_options *options);

/* Ends all processes, answers nobody; frees when libuv is done. */
void python_close(struct python *python);

struct python_listener {
    /* An answer; borrowed. The last one has "end". */
    void (*answered)(const json_t *answer, void *context);
    /* There is no (more) answer; `why` is a clause, borrowed. `begun`: a process was at it. */
    void (*lost)(const char *why, bool begun, void *context);
};

/* Asks; the request is taken over. `bundle` names what the processes shall have loaded. A process that is at it for
 * `limit_ms` is ended (0: it takes what it takes). Callbacks come on later turns of the loop; the call is over with the
 * last one. */
struct python_call *python_ask(struct python *python, const char *bundle, json_t *request,
                               uint64_t limit_ms, const struct python_listener *listener,
                               void *context);

/* Says more to the process that is at it. */
void python_say(struct python_call *call, const char *text);

/* Whether a process is at it. */
bool python_is_begun(const struct python_call *call);

/* Gives it up, and ends the process that is at it; no callback afterwards. */
void python_give_up(struct python_call *call);

#endif
