/* A private PostgreSQL cluster for one test program.
 *
 * Started before the first test and removed after the last one, also when tests fail; if the
 * program itself is killed, a guard process that shares a pipe with it stops the server and removes
 * the folder. `CLUSTER_HOOKS` in a test file is all that is needed. Criterion runs each test in a
 * process of its own: everything but starting and stopping works from there.
 */
#ifndef DROVER_TESTS_PG_CLUSTER_H
#define DROVER_TESTS_PG_CLUSTER_H

#include <stdbool.h>

/* The port on 127.0.0.1 and of the Unix socket; and the socket's folder. */
int cluster_port(void);
const char *cluster_folder(void);

/* "postgresql://postgres@127.0.0.1:PORT/DATABASE" in a buffer that the next call but three
 * overwrites. */
const char *cluster_url(const char *database);

/* Runs statements on a database, through a blocking connection of its own; fails the test on an
 * error. */
void cluster_run(const char *database, const char *sql);

/* The first column of the first row; "" without a row. Overwritten by the next call. */
const char *cluster_ask(const char *database, const char *sql);

/* The same through any URL. */
const char *cluster_ask_url(const char *url, const char *sql);

/* The database through PgBouncer in transaction mode, whose pool has one connection; it is started
 * when it does not run. Overwritten by the next call. */
const char *cluster_pooled_url(const char *database);

/* DROP ... IF EXISTS and CREATE DATABASE. */
void cluster_database(const char *name);

/* pg_ctl restart -m immediate, ready again when it returns. */
void cluster_restart(void);

#endif
