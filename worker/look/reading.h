/* A reading: the queries of a job, one after the other, in a transaction that cannot write and is
 * always rolled back. What checks (check.c) and probes (probe.c) have in common.
 *
 *   acquire -> BEGIN READ ONLY, settings -> query 1 -> query 2 ... -> ROLLBACK -> finish
 *
 * Each query is a message of its own, so that a fault belongs to one of them for certain. It must
 * be one statement that selects: a COMMIT behind a semicolon would take the rest out of the
 * transaction. At most two of its rows are fetched. Settings are local to the transaction, so
 * nothing stays behind in a pooler's session.
 */
#ifndef DROVER_LOOK_READING_H
#define DROVER_LOOK_READING_H

#include "worker/connections/task.h"

/* Takes the only value of query `index`; NULL when it is NULL. Returns NULL when all is well,
 * otherwise what the query returned instead ("returned false"), for the result's message. The value
 * is borrowed. */
typedef const char *reading_value(struct task *task, size_t index, Oid type, const char *value);

struct reading_options {
    const char *noun;         /* "check": queries are called so in messages and locations */
    enum failure_cause cause; /* of a query that returned something else */
    const char *hint;         /* what it should return */
    uint64_t limit_ms;        /* most for lock and statement timeouts; 0: those of the job */
    bool own_path;            /* under our own search_path (session.h), not the target's */
    reading_value *value;
};

/* Runs task->job.queries; `options` outlives the task. Ends as done, or with the first failure. */
void reading_start(struct task *task, const struct reading_options *options);

#endif
