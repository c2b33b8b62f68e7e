/* One step of a target, run by the project's own Alembic in a Python process (alembic_run.py).
 */
#ifndef DROVER_PYTHON_STEP_H
#define DROVER_PYTHON_STEP_H

#include "common/base/arena.h"
#include "common/pg/connection.h"
#include "worker/python/python.h"
#include "worker/python/visit.h"

/* What to run, where, and our own statements around it; borrowed during the call. */
struct step_request {
    const char *bundle; /* its digest */
    struct visit visit;
    const char *revision;
    const char *source; /* of the revision's file, by its digest */
    bool up;
    struct texts rows; /* the version rows before it, sorted */
    const struct batch
        *mark; /* before the first commit of a revision that commits part of its work, */
    const struct batch *end;        /* and after it, instead of the others */
    const struct batch *statements; /* BEGIN first, which is env.py's to say */
    size_t before;                  /* so many of them come before the step, the others after it */
};

enum step_outcome {
    STEP_DONE,
    STEP_REFUSED, /* a statement of ours has failed: `fault` */
    STEP_MOVED,   /* the version rows are not those before the step */
    STEP_FAILED, /* the revision or env.py raised an error; `fault` has a SQLSTATE if it is a server's */
    STEP_WRONG, /* it cannot be run so */
    STEP_LOST,  /* the process is gone */
};

struct step_end {
    enum step_outcome outcome;
    bool marked;     /* part of its work is committed, and marked so */
    bool committing; /* it had leave to commit: it may have */
    struct pg_error
        fault;        /* its message says what is wrong; result_index: the statement of REFUSED */
    const char *type; /* of the Python error; "" */
    const char *file; /* of the project, where it came up; "" */
    unsigned line;    /* 0: not known */
};

struct step_listener {
    /* The lock is held, by this session of the server, and the target stands where it should. */
    void (*opened)(int backend, void *context);
    /* All is done but to commit: the row that the last statement of ours answered with. */
    void (*ready)(struct texts row, void *context);
    /* Where it stands: "file:line", or "". */
    void (*told)(const char *where, void *context);
    /* The step is over. All texts are borrowed. */
    void (*ended)(const struct step_end *end, void *context);
};

struct step_call;

/* Asks; in `arena`, which outlives the call. Callbacks come on later turns of the loop. */
struct step_call *step_ask(struct python *python, const struct step_request *request,
                           const struct step_listener *listener, void *context,
                           struct arena *arena);

/* Lets it commit. */
void step_commit(struct step_call *call);

/* Asks where it stands. */
void step_where(struct step_call *call);

/* Whether a process is at it; otherwise it waits for one. */
bool step_is_begun(const struct step_call *call);

/* Ends the process that is at it; no callback afterwards. */
void step_give_up(struct step_call *call);

#endif
