/* Checks and probes against a real server: what counts as true and as a number, what a query may
 * not do, cancelling, and the built-in probes as roles with and without pg_monitor. */
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/config/probe.h"
#include "tests/pg/cluster.h"
#include "tests/pg/errand.h"

static struct office office;
static struct errand errand;
static struct arena arena; /* of what outlives an errand */

static void setup(void)
{
    cluster_database("target");
    cluster_run("target", "CREATE TABLE users (id int); INSERT INTO users VALUES (1), (2)");
    office_open(&office, 4);
    errand_make(&errand, &office, "check", "target");
}

static void teardown(void)
{
    errand_free(&errand);
    office_close(&office);
    arena_free(&arena);
}

TestSuite(check, .init = setup, .fini = teardown);
TestSuite(probe, .init = setup, .fini = teardown);

static void make(const char *kind, const char *const *queries, size_t count)
{
    errand_free(&errand);
    errand_make(&errand, &office, kind, "target");
    errand.task.job.queries = (struct texts){.items = queries, .count = count};
}

static void run(const char *kind, const char *query)
{
    const char *const queries[] = {query};
    make(kind, queries, 1);
    errand_run(&errand);
}

/* Runs the loop until the server shows what `sql` asks for. */
static void wait_for(const char *sql)
{
    while (strcmp(cluster_ask("postgres", sql), "t") != 0) {
        uv_run(&office.loop, UV_RUN_NOWAIT);
    }
}

/* ---- checks ---- */

Test(check, true_ones_pass)
{
    static const char *const queries[] = {
        "select true",
        "SELECT count(*) > 0 FROM users;",
        "/* in ; a comment */ select ';'' )' = $$;' )$$ ; ; -- at the end ;",
        "with u as (select * from users) select bool_and(id > 0) from u",
        "values (true)",
        "(select true union all select true) limit 1 -- no semicolon",
    };
    make("check", queries, 6);
    errand_run(&errand);
    errand_expect_done(&errand);
    make("check", NULL, 0);
    errand_run(&errand);
    errand_expect_done(&errand);
}

Test(check, what_is_not_true)
{
    static const struct {
        const char *query;
        const char *message;
    } cases[] = {
        {"select 1 > 2", "returned false: select 1 > 2"},
        {"select\n   null::boolean  ;", "returned NULL: select null::boolean"},
        {"select null", "returned NULL: select null"},
        {"select true where false", "returned no row: select true where false"},
        {"select true from users", "returned several rows: select true from users"},
        {"select true, true", "returned several columns: select true, true"},
        {"select", "returned no column: select"},
        {"select 't'", "returned a value that is not a boolean: select 't'"},
        {"select 1", "returned a value that is not a boolean: select 1"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *const queries[] = {"select true", cases[i].query, "select 1/0 = 1"};
        make("check", queries, 3);
        errand_run(&errand);
        errand_expect_failure(&errand, "check", "a check returns one row");
        cr_expect_str_eq(errand.task.result.failure.message, cases[i].message);
        cr_expect_str_eq(errand.task.result.failure.location, "check 2 of 3");
        cr_expect_str_eq(errand.task.result.failure.sqlstate, "");
    }
}

Test(check, a_long_query_is_cut)
{
    struct buffer query = {0};
    buffer_text_append(&query, "select false -- ");
    for (int i = 0; i < 100; i++) {
        buffer_text_append(&query, "\303\251");
    }
    run("check", buffer_text(&query));
    const char *message = errand.task.result.failure.message;
    cr_expect_eq(strlen(message), strlen("returned false: ") + 120 + 3, "%s", message);
    cr_expect_str_eq(message + strlen(message) - 5, "\303\251...");
    buffer_free(&query);
}

Test(check, only_one_statement_that_selects)
{
    static const char *const queries[] = {
        "",
        "-- nothing",
        "delete from users",
        "select true; select true",
        "select true; commit; delete from users",
        "select true) as a; commit; delete from users; select (true",
        "select true) as a, (select true",
        "select (true",
        "do $$ begin end $$",
        "prepare p as select true",
        "explain select true",
        "commit",
    };
    for (size_t i = 0; i < LENGTH(queries); i++) {
        run("check", queries[i]);
        errand_expect_failure(&errand, "check", "is not one SELECT: ");
        cr_expect_str_eq(errand.task.result.failure.location, "check 1 of 1");
    }
    cr_expect_str_eq(cluster_ask("target", "SELECT count(*) FROM users"), "2");
}

Test(check, faults_of_a_query)
{
    static const struct {
        const char *query;
        const char *sqlstate;
    } cases[] = {
        {"select 1/0 = 1", "22012"},
        {"select true frum users", "42601"},
        {"select 'no end", "42601"},
        {"select true from nowhere", "42P01"},
        {"select has_written()", "25006"},
        {"select set_config('transaction_read_only', 'off', true) is not null", "25001"},
        {"select nextval('s') > 0", "25006"},
        {"with d as (delete from users returning true) select * from d", "0A000"},
        {"select pg_sleep(60) is not null", "57014"},
    };
    cluster_run("target",
                "CREATE SEQUENCE s; CREATE FUNCTION has_written() RETURNS boolean LANGUAGE sql"
                " AS 'INSERT INTO users VALUES (3) RETURNING true'");
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *const queries[] = {"select true", cases[i].query};
        make("check", queries, 2);
        errand.task.job.timeouts.statement_timeout_ms = 200;
        errand_run(&errand);
        errand_expect_failure(&errand, "sql", cases[i].sqlstate);
        cr_expect_str_eq(errand.task.result.failure.sqlstate, cases[i].sqlstate, "%s: %s",
                         cases[i].query, errand.task.result.failure.sqlstate);
        cr_expect_str_eq(errand.task.result.failure.location, "check 2 of 2");
        cr_expect_not_null(strstr(errand.task.result.failure.detail, cases[i].query), "%s",
                           errand.task.result.failure.detail);
    }
    cr_expect_str_eq(cluster_ask("target", "SELECT count(*) FROM users"), "2");
}

Test(check, a_lock_is_not_waited_for_long)
{
    PGconn *holder = PQconnectdb(cluster_url("target"));
    PQclear(PQexec(holder, "BEGIN; LOCK TABLE users"));
    const char *const queries[] = {"select count(*) > 0 from users"};
    make("check", queries, 1);
    errand.task.job.timeouts.lock_timeout_ms = 50;
    errand_run(&errand);
    errand_expect_failure(&errand, "sql", "55P03");
    PQfinish(holder);
}

/* What may be changed in a read-only transaction is taken back; the connection is kept, and clean.
 */
Test(check, nothing_stays_behind)
{
    static const char *const queries[] = {
        "select set_config('work_mem', '1MB', false) is not null",
        "select set_config('search_path', 'nowhere', false) is not null",
        "select made()",
    };
    cluster_run("target", "CREATE FUNCTION made() RETURNS boolean LANGUAGE plpgsql AS $$"
                          " BEGIN CREATE TEMP TABLE t (i int); RETURN true;"
                          " EXCEPTION WHEN read_only_sql_transaction THEN RETURN true; END $$");
    static const char *const after[] = {
        "select current_setting('work_mem') <> '1MB'",
        "select current_setting('search_path') not like '%nowhere%'",
        "select to_regclass('pg_temp.t') is null",
        "select current_setting('transaction_read_only') = 'on'",
    };
    static const char *const faulty[] = {"select set_config('work_mem', '1MB', false) = '1'",
                                         "select 1/0 = 1"};
    make("check", queries, 2);
    errand_run(&errand);
    errand_expect_done(&errand);
    make("check", queries + 2, 1);
    errand_run(&errand);
    errand_expect_done(&errand);
    make("check", after, 4);
    errand_run(&errand);
    errand_expect_done(&errand);
    for (size_t i = 0; i < 2; i++) {
        run("check", faulty[i]);
        cr_expect_eq(errand.task.result.outcome, JOB_OUTCOME_FAILED);
        make("check", after, 4);
        errand_run(&errand);
        errand_expect_done(&errand);
    }
    cr_expect_str_eq(cluster_ask("postgres", "SELECT count(DISTINCT pid) FROM pg_stat_activity"
                                             " WHERE application_name = 'drover'"),
                     "1", "one connection served all");
}

/* Whether the one session behind PgBouncer is as it should be, and no transaction is open in it. */
static void expect_clean(const char *url, const char *session)
{
    cr_expect_str_eq(
        cluster_ask_url(url, "SELECT concat_ws(' ', pg_backend_pid(), current_setting('work_mem'),"
                             " current_setting('search_path'), current_setting('lock_timeout'),"
                             " current_setting('statement_timeout'),"
                             " current_setting('transaction_read_only'),"
                             " current_setting('standard_conforming_strings'))"),
        session);
}

Test(check, through_a_pooler)
{
    static const char *const queries[] = {
        "select set_config('work_mem', '1MB', false) is not null",
        "select set_config('work_mem', '1MB', false) = '?'",
        "select set_config('work_mem', '1MB', false) = '?' or 1/0 = 1",
    };
    static const char *const outcomes[] = {"done", "failed", "failed"};
    char *url = arena_strdup(&arena, cluster_pooled_url("target"));
    char *pid = arena_strdup(&arena, cluster_ask_url(url, "SELECT pg_backend_pid()"));
    char *session = arena_printf(&arena, "%s 4MB \"$user\", public 0 0 off on", pid);
    expect_clean(url, session);
    for (size_t i = 0; i < 3; i++) {
        make("check", &queries[i], 1);
        errand.task.job.place.url = url;
        errand.task.job.timeouts.lock_timeout_ms = 1000;
        errand.task.job.timeouts.statement_timeout_ms = 1000;
        errand_run(&errand);
        cr_expect_str_eq(job_outcome_word(errand.task.result.outcome), outcomes[i], "%s",
                         errand.task.result.failure.message);
        expect_clean(url, session);
    }
    const char *const asleep[] = {"select pg_sleep(600) is null"};
    make("check", asleep, 1);
    errand.task.job.place.url = url;
    errand_start(&errand);
    wait_for("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    errand.task.cancel(&errand.task);
    errand_wait(&errand);
    cr_expect_eq(errand.task.result.outcome, JOB_OUTCOME_CANCELLED);
    expect_clean(url, session);
}

Test(check, a_schema_target)
{
    cluster_run("target", "CREATE SCHEMA \"T 1\"; CREATE TABLE \"T 1\".users (id int)");
    const char *const queries[] = {"select count(*) = 0 from users",
                                   "select current_schemas(false) = '{T 1,public}'"};
    make("check", queries, 2);
    errand.task.job.place.schema = "T 1";
    errand_run(&errand);
    errand_expect_done(&errand);
}

Test(check, strings_off_by_default)
{
    cluster_run("postgres", "ALTER DATABASE target SET standard_conforming_strings = off");
    run("check", "select 'a\\' = $$a\\$$");
    errand_expect_done(&errand);
}

Test(check, cancelled_while_it_runs)
{
    const char *const queries[] = {"select pg_sleep(600) is null"};
    make("check", queries, 1);
    errand_start(&errand);
    wait_for("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    errand.task.cancel(&errand.task);
    errand.task.cancel(&errand.task);
    errand_wait(&errand);
    cr_expect_eq(errand.task.result.outcome, JOB_OUTCOME_CANCELLED);
    wait_for("SELECT count(*) = 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    run("check", "select true");
    errand_expect_done(&errand);
}

Test(check, cancelled_before_it_is_connected)
{
    const char *const queries[] = {"select true"};
    make("check", queries, 1);
    errand.task.job.place.url = arena_strdup(&errand.task.arena, cluster_url("target"));
    errand_start(&errand);
    errand.task.cancel(&errand.task);
    errand_wait(&errand);
    cr_expect_eq(errand.task.result.outcome, JOB_OUTCOME_CANCELLED);
}

Test(check, the_connection_is_lost)
{
    run("check", "select pg_terminate_backend(pg_backend_pid())");
    errand_expect_failure(&errand, "connection", "57P01");
    errand_free(&errand);
    errand_make(&errand, &office, "check", "no_such_database");
    errand_run(&errand);
    errand_expect_failure(&errand, "no_database", "3D000");
}

/* ---- probes ---- */

Test(probe, numbers_in_order)
{
    static const char *const queries[] = {
        "select count(*) from public.users",
        "select 0.25",
        "select null",
        "select 1e3::float8",
        "select max(id) from public.users where false",
        "select -7::smallint",
    };
    static const char *const wanted[] = {"2", "0.25", "0", "1000", "0", "-7"};
    make("probe", queries, 6);
    errand_run(&errand);
    errand_expect_done(&errand);
    cr_assert_eq(errand.task.result.values.count, 6);
    for (size_t i = 0; i < 6; i++) {
        cr_expect_str_eq(errand.task.result.values.items[i], wanted[i]);
    }
}

Test(probe, what_is_not_a_number)
{
    static const struct {
        const char *query;
        const char *text;
    } cases[] = {
        {"select 'x'", "returned a value that is not a number: select 'x'"},
        {"select true", "returned a value that is not a number"},
        {"select 'NaN'::numeric", "returned a value that is not a number"},
        {"select 1 where false", "returned no row"},
        {"select 1/0", "22012"},
        {"insert into public.users values (3)", "is not one SELECT"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *const queries[] = {"select 1", cases[i].query};
        make("probe", queries, 2);
        errand_run(&errand);
        errand_expect_failure(&errand, "sql", cases[i].text);
        cr_expect_str_eq(errand.task.result.failure.location, "probe 2 of 2");
    }
}

Test(probe, never_runs_long)
{
    static const uint64_t timeouts[] = {0, 60000, 300};
    static const char *const limits[] = {"5000", "5000", "300"};
    for (size_t i = 0; i < 3; i++) {
        const char *const queries[] = {
            "select extract(epoch from current_setting('statement_timeout')::interval)::int * 1000"
            " + extract(milliseconds from current_setting('statement_timeout')::interval)::int"
            " % 1000"};
        make("probe", queries, 1);
        errand.task.job.timeouts.statement_timeout_ms = timeouts[i];
        errand_run(&errand);
        errand_expect_done(&errand);
        cr_expect_str_eq(errand.task.result.values.items[0], limits[i]);
    }
}

/* A built-in probe as a role; its value, or "" after the failure has been compared. */
static double built_in(const char *word, const char *role)
{
    const char *const queries[] = {probe_find(word)->sql};
    make("probe", queries, 1);
    errand.task.job.place.url = arena_printf(
        &errand.task.arena, "postgresql://%s@127.0.0.1:%d/target", role, cluster_port());
    errand_run(&errand);
    if (errand.task.result.outcome == JOB_OUTCOME_DONE) {
        return strtod(errand.task.result.values.items[0], NULL);
    }
    errand_expect_failure(&errand, "sql", "this needs GRANT pg_monitor TO");
    return -1;
}

static void roles(void)
{
    cluster_run("postgres",
                "DROP ROLE IF EXISTS plain; DROP ROLE IF EXISTS watcher; CREATE ROLE plain LOGIN;"
                "CREATE ROLE watcher LOGIN IN ROLE pg_monitor");
}

Test(probe, every_built_in_one_on_an_idle_server)
{
    roles();
    for (size_t i = 0; i < probe_count; i++) {
        double value = built_in(probes[i].word, "watcher");
        cr_expect(value >= 0 && value < 50, "%s: %f", probes[i].word, value);
    }
}

Test(probe, connections_are_counted_for_any_role)
{
    enum { OPENED = 30 };
    PGconn *opened[OPENED];
    roles();
    double before = built_in("connection_use", "plain");
    cr_expect_gt(before, 0);
    for (size_t i = 0; i < OPENED; i++) {
        opened[i] = PQconnectdb(cluster_url("target"));
        cr_assert_eq(PQstatus(opened[i]), CONNECTION_OK);
    }
    double step = 100.0 * OPENED / (300 - 3); /* cluster.c; superuser_reserved_connections */
    double plain = built_in("connection_use", "plain") - before;
    cr_expect_float_eq(plain, step, 1.0, "%f", plain);
    double watcher = built_in("connection_use", "watcher") - before;
    cr_expect_float_eq(watcher, step, 1.0, "%f", watcher);
    for (size_t i = 0; i < OPENED; i++) {
        PQfinish(opened[i]);
    }
}

Test(probe, sessions_that_wait_and_work)
{
    roles();
    PGconn *holder = PQconnectdb(cluster_url("target"));
    PGconn *waiter = PQconnectdb(cluster_url("target"));
    PQclear(PQexec(holder, "BEGIN; LOCK TABLE users"));
    cr_assert_eq(PQsendQuery(waiter, "SELECT * FROM users"), 1);
    wait_for("SELECT count(*) = 1 FROM pg_locks WHERE NOT granted");
    cr_expect_float_eq(built_in("lock_waits", "plain"), 1, 0);
    cr_expect_float_eq(built_in("lock_waits", "watcher"), 1, 0);
    cr_expect_float_eq(built_in("active_sessions", "watcher"), 1, 0);
    wait_for("SELECT max(clock_timestamp() - xact_start) > '50ms' FROM pg_stat_activity"
             " WHERE application_name <> 'drover' AND pid <> pg_backend_pid()");
    cr_expect_gt(built_in("oldest_transaction", "watcher"), 0.05);
    cr_expect_float_eq(built_in("active_sessions", "plain"), -1, 0);
    cr_expect_float_eq(built_in("oldest_transaction", "plain"), -1, 0);
    PQfinish(holder);
    PQfinish(waiter);
}

/* A replica that has connected and takes nothing. */
Test(probe, replicas)
{
    roles();
    char url[256];
    (void)snprintf(url, sizeof url, "%s?replication=true", cluster_url("target"));
    cr_expect_float_eq(built_in("replication_lag", "plain"), 0, 0);
    PGconn *replica = PQconnectdb(url);
    cr_assert_eq(PQstatus(replica), CONNECTION_OK, "%s", PQerrorMessage(replica));
    PGresult *result = PQexec(replica, "START_REPLICATION PHYSICAL 0/1000000 TIMELINE 1");
    cr_assert_eq(PQresultStatus(result), PGRES_COPY_BOTH, "%s", PQerrorMessage(replica));
    PQclear(result);
    wait_for("SELECT count(state) = 1 FROM pg_stat_replication");
    cr_expect_float_eq(built_in("replication_lag", "watcher"), 0, 0);
    cr_expect_float_eq(built_in("replication_lag", "plain"), -1, 0);
    cr_expect_float_eq(built_in("replication_backlog", "plain"), -1, 0);
    PQfinish(replica);
}
