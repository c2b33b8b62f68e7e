/* The pool on a real server: secrets from every source, connections kept, replaced and closed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/secret.h"
#include "tests/pg/cluster.h"
#include "tests/pg/errand.h"

static struct office office;
static struct errand errand;
static char folder[] = "/tmp/drover-pool-XXXXXX";
static char path[64];

static void password_is(const char *value)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, "ALTER ROLE scram_role PASSWORD '%s'", value);
    cluster_run("postgres", sql);
}

static void file_is(const char *content)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert(fputs(content, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/secret", folder);
    cluster_run("postgres", "DROP ROLE IF EXISTS scram_role; CREATE ROLE scram_role LOGIN");
    password_is("right");
    office_open(&office, 2);
}

static void teardown(void)
{
    errand_free(&errand);
    office_close(&office);
    (void)unlink(path);
    (void)rmdir(folder);
}

TestSuite(pool, .init = setup, .fini = teardown);

/* A survey as scram_role. */
static void survey_make(struct errand *one, const char *password)
{
    errand_make(one, &office, "inspect", "postgres");
    one->task.job.place.url = arena_printf(
        &one->task.arena, "postgresql://scram_role@127.0.0.1:%d/postgres", cluster_port());
    one->task.job.place.password = password;
}

static void survey(const char *password)
{
    errand_free(&errand);
    survey_make(&errand, password);
    errand.task.job.final = true;
    errand_run(&errand);
}

Test(pool, password_from_the_environment)
{
    survey("env:DROVER_TEST_ABSENT");
    errand_expect_failure(&errand, "secret", "environment variable DROVER_TEST_ABSENT is not set");
    (void)setenv("DROVER_TEST_PASSWORD", "right", 1);
    survey("env:DROVER_TEST_PASSWORD");
    errand_expect_done(&errand);
    (void)setenv("DROVER_TEST_PASSWORD", "wrong", 1);
    survey("env:DROVER_TEST_PASSWORD");
    errand_expect_failure(&errand, "login", "28P01");
}

Test(pool, password_of_this_process)
{
    struct arena arena = {0};
    survey(secret_keep(&arena, "right"));
    errand_expect_done(&errand);
    survey("process:999");
    arena_free(&arena);
    errand_expect_failure(&errand, "secret", "given to another process");
}

Test(pool, password_from_a_file_and_its_change)
{
    char reference[96];
    (void)snprintf(reference, sizeof reference, "file:%s", path);
    survey(reference);
    errand_expect_failure(&errand, "secret", "cannot be read: No such file");
    file_is("right\n");
    survey(reference);
    errand_expect_done(&errand);
    file_is("changed\n");
    password_is("changed");
    survey(reference); /* the kept value is refused, the new one is read */
    errand_expect_done(&errand);
    password_is("changed again");
    survey(reference);
    errand_expect_failure(&errand, "login", "28P01");
}

Test(pool, one_command_serves_all_who_wait)
{
    enum { COUNT = 20 };
    static struct errand errands[COUNT];
    char reference[160];
    (void)snprintf(reference, sizeof reference, "command:echo run >> %s; echo right; echo more",
                   path);
    for (int i = 0; i < COUNT; i++) {
        survey_make(&errands[i], reference);
        errand_start(&errands[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        errand_wait(&errands[i]);
        errand_expect_done(&errands[i]);
        errand_free(&errands[i]);
    }
    survey(reference);
    errand_expect_done(&errand);
    FILE *file = fopen(path, "r");
    char text[64] = "";
    cr_assert_eq(fread(text, 1, sizeof text - 1, file), 4);
    cr_expect_str_eq(text, "run\n");
    (void)fclose(file);
}

/* ---- tokens: a command that counts its runs and says how long its password is good ---- */

/* How often the command of `token_command` has run. */
static int runs(void)
{
    FILE *file = fopen(path, "r");
    int count = 0;
    for (int c = file == NULL ? EOF : fgetc(file); c != EOF; c = fgetc(file)) {
        count += c == '\n' ? 1 : 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return count;
}

/* Prints the password of the file PATH.value as JSON. */
static const char *token_command(const char *form, int expires_in)
{
    static char reference[512];
    (void)snprintf(reference, sizeof reference,
                   "%secho run >> %s; printf '{\n \"accessToken\": \"%%s\",\n \"expires_in\": "
                   "%d}\n' $(cat %s.value)",
                   form, path, expires_in, path);
    return reference;
}

static void token_is(const char *value)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s.value", path);
    FILE *file = fopen(name, "w");
    cr_assert_not_null(file);
    cr_assert(fputs(value, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static void token_done(void)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s.value", path);
    (void)unlink(name);
}

Test(pool, a_token_is_fetched_once_and_again_near_its_end, .fini = token_done)
{
    token_is("right");
    const char *reference = token_command("command:", 3600);
    for (int i = 0; i < 5; i++) {
        survey(reference);
        errand_expect_done(&errand);
    }
    cr_expect_eq(runs(), 1);
    office_close(&office);
    office_open(&office, 2); /* nothing kept */
    (void)unlink(path);
    reference = token_command("command:", 2);
    survey(reference);
    errand_expect_done(&errand);
    token_is("changed");
    password_is("changed");
    while (runs() < 2) { /* by time, or because the old one is refused */
        survey(reference);
        errand_expect_done(&errand);
    }
    errand_expect_done(&errand);
}

Test(pool, a_stated_life_counts, .fini = token_done)
{
    token_is("right");
    const char *reference = token_command("command;ttl=300:", 3600);
    survey(reference);
    errand_expect_done(&errand);
    while (runs() < 2) {
        survey(reference);
        errand_expect_done(&errand);
    }
    token_is("wrong"); /* it has not been refused: the next run comes by time */
    while (runs() < 3) {
        survey(reference);
    }
    errand_expect_failure(&errand, "login", "28P01");
}

Test(pool, an_expired_token_is_fetched_each_time, .fini = token_done)
{
    token_is("right");
    const char *reference = token_command("command;ttl=1:", 3600);
    survey(reference);
    while (runs() < 3) {
        survey(reference);
        errand_expect_done(&errand);
    }
}

Test(pool, a_refused_token_is_fetched_once_more, .fini = token_done)
{
    token_is("right");
    const char *reference = token_command("command:", 3600);
    survey(reference);
    errand_expect_done(&errand);
    token_is("changed");
    password_is("changed");
    survey(reference);
    errand_expect_done(&errand);
    cr_expect_eq(runs(), 2);
    password_is("changed again"); /* and nobody tells the command */
    survey(reference);
    errand_expect_failure(&errand, "login", "28P01");
    cr_expect_eq(runs(), 3);
}

Test(pool, each_server_has_a_token_of_its_own, .fini = token_done)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    token_is("right");
    const char *reference = token_command("command:", 3600);
    for (int i = 0; i < 6; i++) {
        errand_free(&errand);
        survey_make(&errand, reference);
        errand.task.job.place.url =
            arena_printf(&errand.task.arena, "postgresql://scram_role@%s:%d/postgres", hosts[i % 2],
                         cluster_port());
        errand.task.job.final = true;
        errand_run(&errand);
        errand_expect_done(&errand);
    }
    cr_expect_eq(runs(), 2);
}

Test(pool, variables_that_a_pipeline_did_not_replace)
{
    char reference[96];
    (void)setenv("DROVER_TEST_PASSWORD", "$(db_password)", 1);
    survey("env:DROVER_TEST_PASSWORD");
    errand_expect_failure(&errand, "secret", "DROVER_TEST_PASSWORD is the text $(db_password)");
    errand_expect_failure(&errand, "secret", "must map in its env:");
    (void)snprintf(reference, sizeof reference, "file:%s", path);
    file_is("$(db_password)\n");
    survey(reference);
    errand_expect_failure(&errand, "secret", "not replaced");
    survey("command:echo '$(db_password)'");
    errand_expect_failure(&errand, "secret", "what the command printed is the text");
}

Test(pool, failing_commands)
{
    survey("command:echo 'vault is sealed' >&2; exit 3");
    errand_expect_failure(&errand, "secret", "exit code 3");
    errand_expect_failure(&errand, "secret", "vault is sealed");
    survey("command:true");
    errand_expect_failure(&errand, "secret", "printed nothing");
    survey("command:kill -9 $$");
    errand_expect_failure(&errand, "secret", "signal 9");
}

Test(pool, closes_while_a_command_runs)
{
    static struct errand waiting;
    survey_make(&waiting, "command:sleep 600");
    errand_start(&waiting);
    uv_run(&office.loop, UV_RUN_NOWAIT);
    waiting.task.cancel(&waiting.task);
    cr_expect_eq(waiting.task.result.outcome, JOB_OUTCOME_CANCELLED);
    errand_free(&waiting);
    /* teardown closes the pool: the command is killed, nothing is waited for */
}

static void note_connection(struct task *task, struct connection *connection, void *context)
{
    cr_assert_not_null(connection, "%s", task->result.failure.message);
    *(struct connection **)context = connection;
    uv_stop(task->loop);
}

static struct connection *acquire(void)
{
    struct connection *connection = NULL;
    pool_acquire(&errand.task, note_connection, &connection);
    cr_assert_null(connection, "answered from within pool_acquire");
    while (connection == NULL) {
        uv_run(errand.task.loop, UV_RUN_ONCE);
    }
    return connection;
}

Test(pool, keeps_connections_and_replaces_dead_ones)
{
    errand_make(&errand, &office, "inspect", "postgres");
    struct connection *first = acquire();
    int pid = connection_backend_pid(first);
    pool_release(&errand.task, first, true);
    struct connection *again = acquire();
    cr_expect_eq(connection_backend_pid(again), pid);
    pool_release(&errand.task, again, true);
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 10000)", pid);
    cluster_run("postgres", sql);
    struct connection *fresh = acquire();
    cr_expect_neq(connection_backend_pid(fresh), pid);
    pool_release(&errand.task, fresh, false);
    struct connection *another = acquire();
    cr_expect_neq(connection_backend_pid(another), pid);
    pool_release(&errand.task, another, true);
}

Test(pool, keeps_no_more_than_it_may)
{
    errand_make(&errand, &office, "inspect", "postgres");
    struct connection *held[4];
    for (int i = 0; i < 4; i++) {
        held[i] = acquire();
    }
    for (int i = 0; i < 4; i++) {
        pool_release(&errand.task, held[i], true);
    }
    const char *count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'drover'";
    while (strcmp(cluster_ask("postgres", count), "2") != 0) {
        uv_run(&office.loop, UV_RUN_NOWAIT); /* backends end in their own time */
    }
}

/* ---- room: at most half of what is free, and all of it used again ---- */

enum { TENANTS = 24 };

static const char *tenant(int i)
{
    static char names[4][16];
    static unsigned next;
    char *name = names[next++ % 4];
    (void)snprintf(name, sizeof names[0], "tenant_%02d", i);
    return name;
}

static int backends(void)
{
    return atoi(cluster_ask(
        "postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'drover'"));
}

static void limit_set(int connections)
{
    char sql[96];
    (void)snprintf(sql, sizeof sql, "ALTER SYSTEM SET max_connections = %d", connections);
    cluster_run("postgres", sql);
    cluster_restart();
}

/* Opens and gives back a connection to each tenant, one after the other, as a validation does. */
static void tenants_validate(struct office *at, int *pids)
{
    for (int i = 0; i < TENANTS; i++) {
        errand_free(&errand);
        errand_make(&errand, at, "inspect", tenant(i));
        struct connection *connection = acquire();
        pids[i] = connection_backend_pid(connection);
        pool_release(&errand.task, connection, true);
    }
}

/* How many of the tenants find their connection again. */
static int tenants_deploy(struct office *at, const int *pids)
{
    int again = 0;
    for (int i = 0; i < TENANTS; i++) {
        errand_free(&errand);
        errand_make(&errand, at, "inspect", tenant(i));
        struct connection *connection = acquire();
        again += connection_backend_pid(connection) == pids[i];
        pool_release(&errand.task, connection, false);
    }
    return again;
}

Test(pool, keeps_half_of_what_a_small_server_has_free_and_uses_all_of_it)
{
    int pids[TENANTS];
    for (int i = 0; i < TENANTS; i++) {
        cluster_database(tenant(i));
    }
    office_close(&office);
    office_open(&office, 1024);
    limit_set(30);
    tenants_validate(&office, pids);
    /* Of 30, 3 are reserved, and the server's own processes may count as well. */
    while (backends() > 14) {
        uv_run(&office.loop, UV_RUN_NOWAIT); /* those that found no room end in their own time */
    }
    int kept = backends();
    cr_expect_geq(kept, 9);
    cr_expect_eq(tenants_deploy(&office, pids), kept);
    limit_set(300);
}

Test(pool, idle_ones_give_way_to_work)
{
    enum { BUSY = 16 };
    int pids[TENANTS];
    struct connection *held[BUSY];
    for (int i = 0; i < TENANTS; i++) {
        cluster_database(tenant(i));
    }
    office_close(&office);
    office_open(&office, 1024);
    limit_set(30);
    tenants_validate(&office, pids); /* leaves at least nine */
    errand_free(&errand);
    errand_make(&errand, &office, "inspect", "postgres");
    for (int i = 0; i < BUSY; i++) {
        held[i] = acquire(); /* not one is refused for lack of places */
    }
    for (int i = 0; i < BUSY; i++) {
        pool_release(&errand.task, held[i], false);
    }
    limit_set(300);
}

Test(pool, several_share_what_is_free)
{
    int pids[TENANTS];
    struct office another;
    for (int i = 0; i < TENANTS; i++) {
        cluster_database(tenant(i));
    }
    office_close(&office);
    office_open(&office, 1024);
    office_open(&another, 1024);
    limit_set(30);
    tenants_validate(&office, pids);
    while (backends() > 14) {
        uv_run(&office.loop, UV_RUN_NOWAIT);
    }
    int first = backends();
    tenants_validate(&another, pids); /* every one finds a place, and what it leaves is kept free */
    while (backends() > 27 - 5) {
        uv_run(&another.loop, UV_RUN_NOWAIT);
    }
    int second = backends() - first;
    cr_expect_geq(second, 3);
    cr_expect_eq(tenants_deploy(&another, pids), second);
    office_close(&another);
    limit_set(300);
}

Test(pool, closes_while_it_asks_and_lends_what_asks)
{
    errand_make(&errand, &office, "inspect", "postgres");
    struct connection *first = acquire();
    int pid = connection_backend_pid(first);
    pool_release(&errand.task, first, true);
    cr_expect_not(connection_is_idle(first)); /* it asks */
    struct connection *again = acquire();     /* and is waited for */
    cr_expect_eq(connection_backend_pid(again), pid);
    pool_release(&errand.task, again, true);
    office_close(&office);
    office_open(&office, 2);
    errand_free(&errand);
    errand_make(&errand, &office, "inspect", "postgres");
    first = acquire();
    pool_release(&errand.task, first, true);
    struct connection *unused = NULL;
    pool_acquire(&errand.task, note_connection, &unused);
    pool_acquire_cancel(&errand.task); /* what it waited for goes on asking */
    /* teardown closes the pool while it asks */
}
