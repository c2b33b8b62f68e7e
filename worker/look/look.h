/* A look at a target: what inspection, discovery, checks and probes have in common. A connection is
 * acquired, messages go out one after the other, and the connection is given back.
 *
 *   acquire -> message -> message ... -> (ROLLBACK) -> finish
 *
 * A cancel stops the message in flight; the look then ends as cancelled.
 */
#ifndef DROVER_LOOK_LOOK_H
#define DROVER_LOOK_LOOK_H

#include "common/base/state_machine.h"
#include "worker/connections/task.h"
#include "worker/sql/batch.h"
#include "worker/sql/settings.h"

#define LOOK_STATE_LIST(X)                                                                         \
    X(LOOK_NONE, "none", true)                                                                     \
    X(LOOK_ACQUIRING, "acquiring", look->connection == NULL)                                       \
    X(LOOK_ASKING, "asking", look->connection != NULL)                                             \
    X(LOOK_STOPPING, "stopping", look->connection != NULL)                                         \
    X(LOOK_UNWINDING, "unwinding", connection_in_transaction(look->connection))                    \
    X(LOOK_FINISHED, "finished", look->connection == NULL && look->task->cancel == NULL)

#define LOOK_MOVE_LIST(X)                                                                          \
    X(LOOK_NONE, LOOK_ACQUIRING, "begins")                                                         \
    X(LOOK_ACQUIRING, LOOK_ASKING, "the first message")                                            \
    X(LOOK_ACQUIRING, LOOK_FINISHED, "no connection, or cancelled")                                \
    X(LOOK_ASKING, LOOK_ASKING, "the next message")                                                \
    X(LOOK_ASKING, LOOK_STOPPING, "cancelled")                                                     \
    X(LOOK_ASKING, LOOK_UNWINDING, "a transaction is open: it is rolled back")                     \
    X(LOOK_ASKING, LOOK_FINISHED, "answered, or failed")                                           \
    X(LOOK_STOPPING, LOOK_UNWINDING, "the message has ended; a transaction is open")               \
    X(LOOK_STOPPING, LOOK_FINISHED, "the message has ended")                                       \
    X(LOOK_UNWINDING, LOOK_FINISHED, "rolled back")

enum look_state { LOOK_STATE_LIST(STATE_NUMBER) };

extern const struct state_machine look_machine; /* of a struct look */

struct look;

struct look_limits {
    uint64_t lock_ms;
    uint64_t statement_ms;
};

/* Of looks that ask with statements of our own: somebody's lock, or a table that is not one, must
 * not keep everybody waiting. */
#define LOOK_LIMITS ((struct look_limits){.lock_ms = 5000, .statement_ms = 30000})

struct look_kind {
    /* Connected: sends the first message. */
    void (*begin)(struct look *look);
    /* A result of the message in flight; borrowed. */
    void (*result)(struct look *look, const PGresult *result, unsigned index);
    /* The message is over: sends another or ends. `fault` as in query_callbacks. */
    void (*answered)(struct look *look, const struct pg_error *fault);
    bool in_transaction; /* one transaction holds all messages, which are not only our own; rolled
                            back in the end, and the session made as new */
};

/* First in what a kind of look knows of its own, which lives in the task's arena. */
struct look {
    struct task *task;
    struct connection *connection; /* NULL before it is acquired and once it is given back */
    const struct look_kind *kind;
    enum look_state state;
    struct settings settings;        /* limits, local to a transaction; not yet sent */
    struct connection_limits limits; /* by our own clock; answer_bytes may be set before */
};

/* Begins; `look` is zeroed, `kind` outlives it. `most`: what its statements may take at most where the
 * job allows more (0: anything). */
void look_start(struct look *look, struct task *task, const struct look_kind *kind,
                struct look_limits most);

/* Sends a message; the text is copied. */
void look_ask(struct look *look, const char *sql);

/* The same for statements that are a message each. */
void look_send(struct look *look, const struct batch *batch);

/* The same of one statement, which the server parses and does not run. */
void look_parse(struct look *look, const char *sql);

/* The task's result is filled in: ends. `keep`: the connection is clean and may be kept; with
 * `in_transaction` it is kept if its transaction can be rolled back. */
void look_end(struct look *look, bool keep);

/* Fills in the result as well done. */
void look_done(struct look *look);

#endif
