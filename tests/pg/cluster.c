/* The cluster's life: initdb, pg_ctl, and a guard that cleans up whatever happens to the program.
 *
 * PostgreSQL refuses to run as root, so as root everything runs as user `postgres` (setpriv). The
 * tests' processes inherit the port and the folder by fork.
 */
#include "tests/pg/cluster.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS "/usr/lib/postgresql/15/bin"

extern char **environ;

#define FOLDER_VARIABLE "DROVER_TEST_CLUSTER_FOLDER"
#define PORT_VARIABLE   "DROVER_TEST_CLUSTER_PORT"

static char folder[] = "/tmp/drover-pg-XXXXXX"; /* in the program; tests: cluster_folder() */
static int guard_pipe[2] = {-1, -1}; /* its other end closing tells the guard to clean up */
static pid_t guard;

/* Runs a shell line as a user that PostgreSQL accepts; returns its exit code. */
static int shell(const char *line)
{
    char *as_root[] = {"setpriv",          "--reuid=postgres",
                       "--regid=postgres", "--init-groups",
                       "/bin/sh",          "-c",
                       (char *)line,       NULL};
    char **arguments = geteuid() == 0 ? as_root : as_root + 4;
    pid_t child;
    if (posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ) != 0) {
        return -1;
    }
    int status = -1;
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Lets the guard clean up, and waits for it. */
static void cluster_stop(void)
{
    close(guard_pipe[1]);
    (void)waitpid(guard, NULL, 0);
}

static void shell_must(const char *line)
{
    if (shell(line) != 0) {
        fprintf(stderr, "failed: %s\n", line);
        cluster_stop();
        exit(1);
    }
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        abort();
    }
    close(listener);
    return ntohs(address.sin_port);
}

static void folder_remove(void)
{
    char line[512];
    (void)snprintf(line, sizeof line,
                   "test ! -e %s/pooler.pid || kill $(cat %s/pooler.pid);"
                   "test ! -e %s/data/postmaster.pid || " PROGRAMS
                   "/pg_ctl -D %s/data -m immediate -w stop >/dev/null 2>&1; rm -rf %s/*",
                   folder, folder, folder, folder, folder);
    (void)shell(line);
    (void)rmdir(folder);
}

/* Waits until every writer of the pipe is gone: the program and all its tests. */
static void guard_start(void)
{
    if (pipe(guard_pipe) != 0) {
        abort();
    }
    (void)fcntl(guard_pipe[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(guard_pipe[1], F_SETFD, FD_CLOEXEC); /* the server must not hold it */
    guard = fork();
    if (guard == 0) {
        (void)setsid();
        close(guard_pipe[1]);
        char byte;
        while (read(guard_pipe[0], &byte, 1) > 0) {
        }
        folder_remove();
        _exit(0);
    }
    close(guard_pipe[0]);
}

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    (void)set;
    criterion_options.jobs = 1; /* the tests share one server, and some restart it */
    if (mkdtemp(folder) == NULL) {
        abort();
    }
    if (geteuid() == 0) {
        const struct passwd *user = getpwnam("postgres");
        if (user == NULL || chown(folder, user->pw_uid, user->pw_gid) != 0) {
            abort();
        }
    }
    guard_start();
    char number[16];
    (void)snprintf(number, sizeof number, "%d", free_port());
    (void)setenv(PORT_VARIABLE, number, 1);
    (void)setenv(FOLDER_VARIABLE, folder, 1);
    char line[1024];
    (void)snprintf(line, sizeof line,
                   PROGRAMS "/initdb -D %s/data -U postgres -A trust -N --locale=C.UTF-8 "
                            ">%s/initdb.log 2>&1",
                   folder, folder);
    shell_must(line);
    (void)snprintf(line, sizeof line,
                   "cat >>%s/data/postgresql.conf <<'E'\n"
                   "port = %d\nlisten_addresses = '127.0.0.1,::1'\n"
                   "unix_socket_directories = '%s'\nfsync = off\nfull_page_writes = off\n"
                   "max_connections = 300\nshared_buffers = 32MB\nautovacuum = off\nE\n"
                   "printf 'host replication all all trust\\nhost all scram_role all "
                   "scram-sha-256\\nlocal all all trust\\n"
                   "host all all all trust\\n' >%s/data/pg_hba.conf\n" PROGRAMS
                   "/pg_ctl -D %s/data -l %s/log -w start >/dev/null",
                   folder, cluster_port(), folder, folder, folder, folder);
    shell_must(line);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    cluster_stop();
}

void cluster_restart(void)
{
    char line[512];
    (void)snprintf(line, sizeof line,
                   PROGRAMS "/pg_ctl -D %s/data -l %s/log -m immediate -w restart >/dev/null",
                   cluster_folder(), cluster_folder());
    cr_assert_eq(shell(line), 0);
}

int cluster_port(void)
{
    const char *number = getenv(PORT_VARIABLE);
    return number != NULL ? atoi(number) : 0;
}

const char *cluster_folder(void)
{
    return getenv(FOLDER_VARIABLE);
}

const char *cluster_url(const char *database)
{
    static char urls[4][256];
    static unsigned next;
    char *url = urls[next++ % 4];
    (void)snprintf(url, sizeof urls[0], "postgresql://postgres@127.0.0.1:%d/%s", cluster_port(),
                   database);
    return url;
}

static PGresult *execute(const char *url, const char *sql, PGconn **connection)
{
    *connection = PQconnectdb(url);
    cr_assert_eq(PQstatus(*connection), CONNECTION_OK, "%s", PQerrorMessage(*connection));
    PGresult *result = PQexec(*connection, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
              PQerrorMessage(*connection));
    return result;
}

void cluster_run(const char *database, const char *sql)
{
    PGconn *connection;
    PQclear(execute(cluster_url(database), sql, &connection));
    PQfinish(connection);
}

const char *cluster_ask(const char *database, const char *sql)
{
    return cluster_ask_url(cluster_url(database), sql);
}

const char *cluster_ask_url(const char *url, const char *sql)
{
    static char answer[4096];
    PGconn *connection;
    PGresult *result = execute(url, sql, &connection);
    (void)snprintf(answer, sizeof answer, "%s",
                   PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(connection);
    return answer;
}

const char *cluster_pooled_url(const char *database)
{
    static char url[256];
    char line[1024];
    (void)snprintf(url, sizeof url, "postgresql://postgres@/%s?host=%s&port=%d", database,
                   cluster_folder(), cluster_port() + 1);
    (void)snprintf(line, sizeof line,
                   "cd %s && { test -e pooler.pid || { cat >pooler.ini <<'E' &&\n"
                   "[databases]\n* = host=%s port=%d user=postgres\n"
                   "[pgbouncer]\nlisten_port = %d\nunix_socket_dir = %s\nauth_type = any\n"
                   "pool_mode = transaction\ndefault_pool_size = 1\n"
                   "ignore_startup_parameters = options\nlogfile = %s/pooler.log\n"
                   "pidfile = %s/pooler.pid\nE\n"
                   "/usr/sbin/pgbouncer -q -d pooler.ini; }; }",
                   cluster_folder(), cluster_folder(), cluster_port(), cluster_port() + 1,
                   cluster_folder(), cluster_folder(), cluster_folder());
    cr_assert_eq(shell(line), 0);
    while (PQping(url) != PQPING_OK) {
    }
    return url;
}

void cluster_database(const char *name)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS \"%s\" WITH (FORCE)", name);
    cluster_run("postgres", sql);
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE \"%s\"", name);
    cluster_run("postgres", sql);
}
