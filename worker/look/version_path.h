/* Which schemas the version table is looked for in: the one that the configuration or the target
 * names, else those that the server goes through for an unqualified name, as Alembic's is.
 *
 * The server's answer comes in the very message that reads the rows: the path of the target before
 * is guessed (pool.h), and a wrong guess costs one more message.
 */
#ifndef DROVER_LOOK_VERSION_PATH_H
#define DROVER_LOOK_VERSION_PATH_H

#include "worker/connections/pool.h"
#include "worker/connections/task.h"

struct version_path {
    struct texts schemas; /* in the order in which they count */
    size_t visible;       /* of them on the path; behind them "public", where older Drovers kept the
                             version table whatever the path was */
    bool fixed;           /* configuration or target say which schema */
    bool told;            /* the server has said so; otherwise a guess */
    const char
        *setting;       /* search_path in the session: as it is set where the URL sets it, else what
                             it comes to; "" before it is told */
    const char *wanted; /* search_path as the URL wants it; NULL: it says nothing of it */
};

/* What the task's job says, else the guess; and what the connection's URL says. */
void version_path_begin(struct version_path *path, struct task *task,
                        const struct connection *connection);

/* Appends statements whose one answer version_path_take reads, for a transaction that has not yet
 * set a search_path. */
void version_path_sql(const struct version_path *path, struct buffer *sql);

/* Takes that answer. Returns whether the guess was right. */
bool version_path_take(struct version_path *path, const PGresult *result, struct arena *arena);

/* The next target is expected to have the same path, with the version table in this schema. */
void version_path_learn(const struct version_path *path, const char *schema,
                        struct expected_tables *expected);

#endif
