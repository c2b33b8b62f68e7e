/* One connection against a real server: opening, faults, messages, cancel, loss, and many at once.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/pg/connection.h"
#include "common/vocabulary/sqlstate.h"
#include "tests/pg/cluster.h"
#include "tests/pg/resolver.h"

/* What one connection went through; texts are copied. */
struct trial {
    uv_loop_t loop;
    struct connection *connection;
    bool opened;
    bool done;
    bool cancel_after_send;
    bool foreign;       /* statements of its pipelines */
    struct buffer data; /* for each COPY FROM STDIN of its pipelines; empty: none */
    char sqlstate[6];
    char message[512];
    char end[64]; /* of the message */
    bool lost;
    unsigned position;
    unsigned result_index;
    unsigned results;
    unsigned failures; /* statements that the test knows to fail before those that succeed */
    char last[256];    /* first value of the last result with rows, else its tag */
};

static void fault_note(struct trial *trial, const struct pg_error *fault)
{
    trial->sqlstate[0] = '\0';
    if (fault != NULL) {
        memcpy(trial->sqlstate, fault->sqlstate, sizeof trial->sqlstate);
        (void)snprintf(trial->message, sizeof trial->message, "%s", fault->message);
        size_t length = strlen(fault->message);
        const char *end = strstr(fault->message, " ... (cut");
        (void)snprintf(trial->end, sizeof trial->end, "%s",
                       end != NULL ? end - strlen("ü") : fault->message + length);
        trial->lost = fault->lost;
        trial->position = fault->position;
        trial->result_index = fault->result_index;
    }
}

static void on_opened(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct trial *trial = context;
    trial->opened = true;
    uv_stop(&trial->loop); /* UV_RUN_ONCE would poll once more after a timer */
    fault_note(trial, fault);
}

static void on_result(struct connection *connection, const PGresult *result, unsigned index,
                      void *context)
{
    (void)connection;
    struct trial *trial = context;
    cr_expect_eq(index, trial->results + trial->failures);
    trial->results++;
    (void)snprintf(trial->last, sizeof trial->last, "%s",
                   PQntuples(result) > 0 ? PQgetvalue(result, 0, 0)
                                         : PQcmdStatus((PGresult *)result));
}

static void on_done(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct trial *trial = context;
    trial->done = true;
    uv_stop(&trial->loop);
    fault_note(trial, fault);
}

static void open_within(struct trial *trial, const char *url, const char *password,
                        uint64_t milliseconds)
{
    uv_loop_init(&trial->loop);
    const struct connection_options options = {.url = url,
                                               .password = password,
                                               .application_name = "drover-test",
                                               .connect_timeout_ms = milliseconds};
    trial->connection = connection_open(&trial->loop, &options, on_opened, trial);
    while (!trial->opened) {
        uv_run(&trial->loop, UV_RUN_ONCE);
    }
}

static void open_url(struct trial *trial, const char *url, const char *password)
{
    open_within(trial, url, password, 10000);
}

static void open_ok(struct trial *trial)
{
    open_url(trial, cluster_url("postgres"), NULL);
    cr_assert_str_eq(trial->sqlstate, "", "%s", trial->message);
}

static void query(struct trial *trial, const char *sql)
{
    trial->done = false;
    trial->results = 0;
    trial->last[0] = '\0';
    const struct query_callbacks callbacks = {
        .result = on_result, .done = on_done, .context = trial};
    connection_query(trial->connection, sql, &callbacks);
    if (trial->cancel_after_send) {
        connection_cancel(trial->connection);
    }
    while (!trial->done) {
        uv_run(&trial->loop, UV_RUN_ONCE);
    }
}

/* A cancel that comes before the server has read the statement is void. */
static void cancel_again(uv_timer_t *timer)
{
    struct trial *trial = timer->data;
    connection_cancel(trial->connection);
}

static void pipeline(struct trial *trial, const char *const *statements, size_t count)
{
    trial->done = false;
    trial->results = 0;
    trial->last[0] = '\0';
    const struct query_callbacks callbacks = {
        .result = on_result, .done = on_done, .context = trial};
    struct pipeline_statement items[20001];
    cr_assert_leq(count, LENGTH(items));
    size_t kept = 0;
    bool parted = false; /* a NULL stands for the end of a part */
    for (size_t i = 0; i < count; i++) {
        if (statements[i] != NULL) {
            bool copies = trial->data.data != NULL && strstr(statements[i], "FROM STDIN") != NULL;
            items[kept++] = (struct pipeline_statement){
                statements[i], trial->foreign, .parted = parted,
                .data = {.data = copies ? (const void *)trial->data.data : NULL,
                         .length = trial->data.length}};
        }
        parted = statements[i] == NULL;
    }
    connection_pipeline(trial->connection, items, kept, &callbacks);
    uv_timer_t timer = {.data = trial};
    uv_timer_init(&trial->loop, &timer);
    if (trial->cancel_after_send) {
        uv_timer_start(&timer, cancel_again, 0, 20);
    }
    while (!trial->done) {
        uv_run(&trial->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&trial->loop, UV_RUN_NOWAIT);
}

static void finish(struct trial *trial)
{
    connection_close(trial->connection);
    uv_run(&trial->loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&trial->loop), 0, "handles are left open");
}

static void expect_refusal(const char *url, const char *password, const char *sqlstate,
                           const char *text)
{
    struct trial trial = {0};
    open_url(&trial, url, password);
    cr_expect_str_eq(trial.sqlstate, sqlstate, "%s: %s", trial.sqlstate, trial.message);
    cr_expect_not_null(strstr(trial.message, text), "%s", trial.message);
    cr_expect(!connection_is_idle(trial.connection));
    finish(&trial);
}

static const char *url_of(const char *format, int number)
{
    static char url[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(url, sizeof url, format, number);
#pragma GCC diagnostic pop
    return url;
}

Test(open, reaches_the_server)
{
    struct trial trial = {0};
    open_ok(&trial);
    cr_expect(connection_is_idle(trial.connection));
    cr_expect(connection_is_alive(trial.connection));
    cr_expect(connection_server_version(trial.connection) >= 150000);
    query(&trial, "SELECT pg_backend_pid()");
    cr_expect_eq(atoi(trial.last), connection_backend_pid(trial.connection));
    query(&trial, "SELECT current_setting('application_name')");
    cr_expect_str_eq(trial.last, "drover-test");
    finish(&trial);
}

Test(open, resolves_names)
{
    struct trial trial = {0};
    open_url(&trial, url_of("postgresql://postgres@localhost:%d/postgres", cluster_port()), NULL);
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    finish(&trial);
}

/* Through the Unix socket; overwritten by the next call. */
static const char *local_url(void)
{
    static char url[512];
    (void)snprintf(url, sizeof url, "host=%s port=%d user=postgres dbname=postgres",
                   cluster_folder(), cluster_port());
    return url;
}

Test(open, uses_a_unix_socket)
{
    struct trial trial = {0};
    open_url(&trial, local_url(), NULL);
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    finish(&trial);
}

Test(open, goes_on_to_the_next_host)
{
    struct trial trial = {0};
    open_url(
        &trial,
        url_of("postgresql://postgres@127.0.0.1:1,no-such-host.invalid:1,localhost:%d/postgres",
               cluster_port()),
        NULL);
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    finish(&trial);
}

Test(open, reports_every_host_that_failed)
{
    expect_refusal("postgresql://postgres@127.0.0.1:1,127.0.0.2:1/postgres", NULL, "08001",
                   "refused; connection to server at \"127.0.0.2\"");
}

Test(open, refused_port)
{
    expect_refusal("postgresql://postgres@127.0.0.1:1/postgres", NULL, "08001",
                   "Connection refused");
}

Test(open, unknown_name)
{
    expect_refusal("postgresql://postgres@no-such-host.invalid/postgres", NULL, "08001",
                   "\"no-such-host.invalid\" cannot be resolved");
}

Test(open, malformed_url_is_not_repeated)
{
    expect_refusal("postgresql://u:secret@[::1/x", NULL, "08001", "malformed");
}

Test(open, passwords)
{
    cluster_run("postgres", "CREATE ROLE scram_role LOGIN PASSWORD 'right'");
    const char *url = url_of("postgresql://scram_role@127.0.0.1:%d/postgres", cluster_port());
    expect_refusal(url, "wrong-one", "28P01", "password authentication failed for user");
    expect_refusal(url, NULL, "28P01", "no password");
    struct trial trial = {0};
    open_url(&trial, url, "right");
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    finish(&trial);
}

Test(open, missing_database_and_role)
{
    expect_refusal(cluster_url("nowhere"), NULL, "3D000", "database \"nowhere\" does not exist");
    expect_refusal(url_of("postgresql://nobody_here@127.0.0.1:%d/postgres", cluster_port()), NULL,
                   "28000", "role \"nobody_here\" does not exist");
}

/* A socket that accepts and never speaks. */
struct silence {
    uv_loop_t loop;
    uv_tcp_t listener;
    int port;
};

static void silence_start(struct silence *silence, const char *host, int port)
{
    uv_loop_init(&silence->loop);
    uv_tcp_init(&silence->loop, &silence->listener);
    struct sockaddr_in address;
    uv_ip4_addr(host, port, &address);
    uv_tcp_bind(&silence->listener, (struct sockaddr *)&address, 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&silence->listener, 1, NULL), 0);
    int length = sizeof address;
    uv_tcp_getsockname(&silence->listener, (struct sockaddr *)&address, &length);
    silence->port = ntohs(address.sin_port);
}

static void silence_end(struct silence *silence)
{
    uv_close((uv_handle_t *)&silence->listener, NULL);
    uv_run(&silence->loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&silence->loop), 0);
}

Test(open, gives_up_on_a_silent_host)
{
    struct trial trial = {0};
    struct silence silence;
    silence_start(&silence, "127.0.0.1", 0);
    open_within(&trial, url_of("postgresql://postgres@127.0.0.1:%d/x", silence.port), NULL, 100);
    cr_expect_str_eq(trial.sqlstate, "08001");
    cr_expect_str_eq(trial.message, "connecting to \"127.0.0.1\": no answer within 0.1 s");
    finish(&trial);
    silence_end(&silence);
}

Test(open, says_what_each_address_of_a_name_did)
{
    resolver_answer("127.0.0.1", "127.0.0.2");
    expect_refusal("postgresql://postgres@" RESOLVER_NAME ":1/postgres", NULL, "08001",
                   "\"127.0.0.1\", port 1 failed: Connection refused; "
                   "connection to server at \"127.0.0.2\", port 1 failed: Connection refused");
}

/* The cluster listens on 127.0.0.1 only. */
Test(open, says_what_the_addresses_before_did)
{
    resolver_answer("127.0.0.2", "127.0.0.1");
    expect_refusal(url_of("postgresql://nobody@" RESOLVER_NAME ":%d/postgres", cluster_port()),
                   NULL, "28000", "failed: Connection refused; role \"nobody\" does not exist");
}

Test(open, a_silent_address_leaves_the_others_their_part_of_the_time)
{
    struct trial trial = {0};
    struct silence silence;
    silence_start(&silence, "127.0.0.2", cluster_port());
    resolver_answer("127.0.0.2", "127.0.0.1");
    const char *url = url_of("postgresql://postgres@" RESOLVER_NAME ":%d/postgres", cluster_port());
    open_within(&trial, url, NULL, 1000);
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    finish(&trial);
    trial = (struct trial){0};
    resolver_answer("127.0.0.2", "127.0.0.3");
    open_within(&trial, url, NULL, 200);
    cr_expect_not_null(
        strstr(trial.message, "connecting to \"" RESOLVER_NAME "\" (127.0.0.2): no "), "%s",
        trial.message);
    cr_expect_not_null(strstr(trial.message, "; connection to server at \"127.0.0.3\""), "%s",
                       trial.message);
    finish(&trial);
    silence_end(&silence);
}

Test(open, closes_in_every_state)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct trial unused = {0};
    for (int turns = 0; turns < 6; turns++) {
        const struct connection_options options = {
            .url = url_of("postgresql://postgres@localhost:%d/postgres", cluster_port()),
            .connect_timeout_ms = 10000};
        struct connection *connection = connection_open(&loop, &options, on_opened, &unused);
        for (int i = 0; i < turns; i++) {
            uv_run(&loop, UV_RUN_NOWAIT);
        }
        connection_close(connection);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    cr_assert_eq(uv_loop_close(&loop), 0);
}

Test(query, hands_out_every_result)
{
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial,
          "SELECT 1; CREATE TEMP TABLE t (i int); INSERT INTO t VALUES (1), (2); SELECT 'end'");
    cr_expect_str_eq(trial.sqlstate, "");
    cr_expect_eq(trial.results, 4);
    cr_expect_str_eq(trial.last, "end");
    query(&trial, "");
    cr_expect_str_eq(trial.sqlstate, "");
    finish(&trial);
}

Test(query, tells_where_it_failed)
{
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial, "SELECT 'ü'; SELECT 2; SELECT nothing_such; SELECT 4");
    cr_expect_str_eq(trial.sqlstate, "42703");
    cr_expect_str_eq(trial.message, "column \"nothing_such\" does not exist");
    cr_expect_eq(trial.results, 2);
    cr_expect_eq(trial.result_index, 2);
    cr_expect_eq(trial.position, 30);
    cr_expect(!trial.lost);
    cr_expect(connection_is_idle(trial.connection));
    query(&trial, "BEGIN; SELECT 1/0");
    cr_expect_str_eq(trial.sqlstate, "22012");
    cr_expect(connection_in_transaction(trial.connection));
    query(&trial, "ROLLBACK");
    cr_expect(!connection_in_transaction(trial.connection));
    finish(&trial);
}

Test(query, sqlstates_have_the_names_of_the_server)
{
    static const struct {
        const char *code;
        const char *name;
    } rows[] = {
#define SQLSTATE(code, passes, connecting, own, script, name) {code, #name},
#include "common/vocabulary/sqlstates.def"
#undef SQLSTATE
    };
    struct trial trial = {0};
    open_ok(&trial);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        bool ours = strncmp(rows[i].code, "DR", 2) == 0 ||
                    sqlstate_is(rows[i].code, SQLSTATE_CANNOT_CONNECT);
        if (strlen(rows[i].code) == 5 && !ours) {
            char sql[128];
            (void)snprintf(sql, sizeof sql, "DO $$BEGIN RAISE %s; END$$", rows[i].name);
            query(&trial, sql);
            cr_expect_str_eq(trial.sqlstate, rows[i].code, "%s: %s", rows[i].name, trial.message);
        }
    }
    finish(&trial);
}

Test(query, refuses_copy_from_stdin_and_drains_copy_to_stdout)
{
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial, "CREATE TEMP TABLE t (i int); COPY t FROM STDIN; SELECT 1");
    cr_expect_str_eq(trial.sqlstate, "57014");
    query(&trial, "COPY (SELECT generate_series(1, 100000)) TO STDOUT; SELECT 'after'");
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_str_eq(trial.last, "after");
    finish(&trial);
}

Test(query, sends_and_receives_much)
{
    struct trial trial = {0};
    open_ok(&trial);
    static char sql[4 * 1024 * 1024];
    memset(sql, 'x', sizeof sql);
    memcpy(sql, "SELECT repeat('y', 8000000), length('", 37);
    memcpy(sql + sizeof sql - 3, "')", 3);
    query(&trial, sql);
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_eq(trial.results, 1);
    finish(&trial);
}

Test(pipeline, hands_out_every_result)
{
    struct trial trial = {0};
    open_ok(&trial);
    static const char *const statements[] = {"BEGIN", "CREATE TEMP TABLE t (i int)", "",
                                             "INSERT INTO t VALUES (1), (2)", "SELECT 'end';\n"};
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_eq(trial.results, LENGTH(statements));
    cr_expect_str_eq(trial.last, "end");
    cr_expect(connection_in_transaction(trial.connection));
    query(&trial, "COMMIT; SELECT count(*) FROM t");
    cr_expect_str_eq(trial.last, "2", "a message follows a pipeline");
    finish(&trial);
}

Test(pipeline, tells_where_it_failed_and_skips_the_rest)
{
    struct trial trial = {0};
    open_ok(&trial);
    static const char *const statements[] = {"BEGIN", "SELECT 1", "SELECT 'ü', nothing_such",
                                             "COMMIT", "SELECT 4"};
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect_str_eq(trial.sqlstate, "42703");
    cr_expect_eq(trial.results, 2);
    cr_expect_eq(trial.result_index, 2);
    cr_expect_eq(trial.position, 13, "in the statement itself");
    cr_expect(!trial.lost);
    cr_expect(connection_in_transaction(trial.connection), "nothing after it was run");
    query(&trial, "ROLLBACK");
    cr_expect_str_eq(trial.sqlstate, "");
    finish(&trial);
}

/* A part that fails in a transaction of its own leaves it open, and what follows is refused; otherwise each
 * part stands for itself. */
Test(pipeline, goes_on_after_a_part)
{
    struct trial trial = {0};
    open_ok(&trial);
    static const char *const well[] = {"BEGIN",          "SELECT 1", "COMMIT",      NULL,
                                       "VACUUM pg_type", NULL,       "SELECT 'end'"};
    pipeline(&trial, well, LENGTH(well));
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_eq(trial.results, 5);
    cr_expect_str_eq(trial.last, "end");
    static const char *const open[] = {"BEGIN", "SELECT 1 / 0", "COMMIT", NULL, "SELECT 'ran'"};
    pipeline(&trial, open, LENGTH(open));
    cr_expect_str_eq(trial.sqlstate, "22012", "the first fault");
    cr_expect_eq(trial.result_index, 1);
    cr_expect_eq(trial.results, 1, "the second part is refused");
    cr_expect(connection_in_transaction(trial.connection));
    query(&trial, "ROLLBACK");
    static const char *const alone[] = {"SELECT 1 / 0", NULL, "SELECT 'ran'"};
    trial.failures = 1;
    pipeline(&trial, alone, LENGTH(alone));
    cr_expect_str_eq(trial.sqlstate, "22012");
    cr_expect_str_eq(trial.last, "ran");
    trial.failures = 0;
    finish(&trial);
}

Test(pipeline, holds_one_statement_in_each_message)
{
    struct trial trial = {0};
    open_ok(&trial);
    static const char *const texts[] = {"SELECT 1; COMMIT", "SELECT 1;;COMMIT;",
                                        "/* ; */ SELECT 1; -- ;\n COMMIT"};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        const char *const statements[] = {"BEGIN", texts[i], "SELECT 2"};
        pipeline(&trial, statements, LENGTH(statements));
        cr_expect_str_eq(trial.sqlstate, "42601", "%s", texts[i]);
        cr_expect_eq(trial.result_index, 1);
        query(&trial, "ROLLBACK");
    }
    finish(&trial);
}

Test(pipeline, copies_nothing_in_and_drains_what_comes_out)
{
    struct trial trial = {0};
    open_ok(&trial);
    static const char *const out[] = {"CREATE TEMP TABLE t (i int)",
                                      "COPY (SELECT generate_series(1, 100000)) TO STDOUT",
                                      "SELECT 'after'"};
    pipeline(&trial, out, LENGTH(out));
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_str_eq(trial.last, "after");
    static const char *const in[] = {"BEGIN", "COPY t FROM STDIN", "COMMIT"};
    pipeline(&trial, in, LENGTH(in));
    cr_expect_str_eq(trial.sqlstate, "57014");
    cr_expect_eq(trial.result_index, 1);
    cr_expect(!connection_is_idle(trial.connection));
    cr_expect(!trial.lost, "the statement is to blame, not the connection");
    finish(&trial);
}

static void data_rows(struct trial *trial, int rows)
{
    for (int i = 0; i < rows; i++) {
        buffer_printf(&trial->data, "%d\tnot much\n", i);
    }
}

/* Statements before and after see each other as in one pipeline. */
Test(pipeline, takes_data)
{
    static const char *const statements[] = {"COPY t FROM STDIN",
                                             "BEGIN",
                                             "SELECT count(*) FROM t",
                                             "COPY t FROM STDIN",
                                             "COPY t FROM STDIN",
                                             "DELETE FROM t WHERE i < 2",
                                             "COMMIT",
                                             "COPY t FROM STDIN",
                                             "SELECT count(*) FROM t"};
    struct trial trial = {.foreign = true};
    open_ok(&trial);
    query(&trial, "CREATE TEMP TABLE t (i int, w text)");
    data_rows(&trial, 200000); /* more than the socket holds */
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_eq(trial.results, LENGTH(statements));
    query(&trial, "SELECT count(*) FROM t");
    cr_expect_str_eq(trial.last, "799994");
    buffer_clear(&trial.data);
    pipeline(&trial, statements, 1);
    cr_expect_str_eq(trial.last, "COPY 0");
    buffer_free(&trial.data);
    finish(&trial);
}

Test(pipeline, tells_what_is_wrong_with_data)
{
    static const char *const open[] = {"BEGIN", "SELECT 1", "COPY t FROM STDIN", "SELECT 2",
                                       "COMMIT"};
    static const char *const parts[] = {"SELECT 1", NULL, "COPY t FROM STDIN",
                                        "SELECT 2", NULL, "SELECT 'ran'"};
    static const char *const early[] = {"BEGIN", "SELECT 1 / 0", "COPY t FROM STDIN", "COMMIT"};
    static const char *const nothing[] = {"COPY nothing_such FROM STDIN", "SELECT 1"};
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial, "CREATE TEMP TABLE t (i int, w text)");
    data_rows(&trial, 100000);
    buffer_text_append(&trial.data, "x\ty\n");
    data_rows(&trial, 100000);
    pipeline(&trial, open, LENGTH(open));
    cr_expect_str_eq(trial.sqlstate, "22P02", "%s", trial.message);
    cr_expect_eq(trial.result_index, 2);
    cr_expect_eq(trial.results, 2, "nothing after it was run");
    cr_expect(!trial.lost && connection_in_transaction(trial.connection));
    query(&trial, "ROLLBACK");
    pipeline(&trial, early, LENGTH(early));
    cr_expect_str_eq(trial.sqlstate, "22012");
    cr_expect_eq(trial.result_index, 1);
    query(&trial, "ROLLBACK");
    pipeline(&trial, nothing, LENGTH(nothing));
    cr_expect_str_eq(trial.sqlstate, "42P01");
    cr_expect_eq(trial.result_index, 0);
    cr_expect_eq(trial.results, 0);
    trial.failures = 2;
    pipeline(&trial, parts + 2, LENGTH(parts) - 2);
    cr_expect_str_eq(trial.sqlstate, "22P02");
    cr_expect_str_eq(trial.last, "ran", "its part stands for itself");
    buffer_free(&trial.data);
    finish(&trial);
}

#define TRIGGER(body)                                                                              \
    "CREATE TEMP TABLE t (i int, w text);"                                                         \
    "CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " body                \
    "; RETURN new; END$$;"                                                                         \
    "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (new.i = 1000)"                         \
    " EXECUTE FUNCTION pg_temp.f()"

/* While data flow and the server stands still. */
Test(pipeline, data_can_be_stopped, .timeout = 60)
{
    static const char *const statements[] = {"BEGIN", "COPY t FROM STDIN", "COMMIT"};
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial, TRIGGER("PERFORM pg_sleep(600)"));
    cr_assert_str_eq(trial.sqlstate, "", "%s", trial.message);
    trial.cancel_after_send = true;
    data_rows(&trial, 1000000);
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect_str_eq(trial.sqlstate, "57014", "%s", trial.message);
    cr_expect(!trial.lost && connection_in_transaction(trial.connection));
    trial.cancel_after_send = false;
    query(&trial, "ROLLBACK");
    cr_expect_str_eq(trial.sqlstate, "");
    buffer_free(&trial.data);
    finish(&trial);
}

Test(pipeline, data_and_a_session_that_ends, .timeout = 60)
{
    static const char *const statements[] = {"BEGIN", "COPY t FROM STDIN", "COMMIT"};
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial, TRIGGER("PERFORM pg_terminate_backend(pg_backend_pid())"));
    data_rows(&trial, 1000000);
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect(trial.lost, "%s %s", trial.sqlstate, trial.message);
    cr_expect(!connection_is_idle(trial.connection));
    buffer_free(&trial.data);
    finish(&trial);
}

Test(pipeline, sends_much)
{
    struct trial trial = {0};
    open_ok(&trial);
    static const char *statements[20001];
    for (size_t i = 0; i < 20000; i++) {
        statements[i] = "SELECT repeat('much', 100)";
    }
    statements[20000] = "SELECT 'end'";
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_eq(trial.results, LENGTH(statements));
    cr_expect_str_eq(trial.last, "end");
    finish(&trial);
}

Test(pipeline, rows_that_nobody_wants_are_not_kept)
{
    struct trial trial = {.foreign = true};
    open_ok(&trial);
    static const char *const statements[] = {
        "SELECT 1", "SELECT repeat('much', 1000) FROM generate_series(1, 20000)", "SELECT 'end'",
        "SELECT repeat('much', 1000) FROM generate_series(1, 20000)"};
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    cr_expect_eq(trial.results, LENGTH(statements));
    cr_expect_str_eq(trial.last, "SELECT 20000");
    finish(&trial);
}

Test(pipeline, is_cancelled_and_lost_like_a_message)
{
    struct trial trial = {0};
    open_ok(&trial);
    static const char *const sleep[] = {"BEGIN", "SELECT pg_sleep(600)", "COMMIT"};
    trial.cancel_after_send = true;
    for (int i = 0; i < 20; i++) {
        pipeline(&trial, sleep, LENGTH(sleep));
        cr_expect_str_eq(trial.sqlstate, "57014");
        trial.cancel_after_send = false;
        query(&trial, "ROLLBACK");
        cr_expect_str_eq(trial.sqlstate, "", "the next message was hit");
        trial.cancel_after_send = true;
    }
    trial.cancel_after_send = false;
    static const char *const end[] = {"BEGIN", "SELECT pg_terminate_backend(pg_backend_pid())",
                                      "SELECT 1", "COMMIT"};
    pipeline(&trial, end, LENGTH(end));
    cr_expect_str_eq(trial.sqlstate, "57P01", "%s", trial.message);
    cr_expect(trial.lost);
    cr_expect_eq(trial.result_index, 1);
    pipeline(&trial, end, LENGTH(end));
    cr_expect(trial.lost, "over a connection that is gone");
    finish(&trial);
}

Test(cancel, ends_the_statement_and_spares_the_next)
{
    struct trial trial = {0};
    open_ok(&trial);
    for (int i = 0; i < 50; i++) {
        trial.cancel_after_send = true;
        query(&trial, i % 2 == 0 ? "SELECT pg_sleep(600)" : "SELECT 1");
        cr_expect(connection_was_cancelled(trial.connection));
        if (i % 2 == 0) {
            cr_expect_str_eq(trial.sqlstate, "57014");
        }
        trial.cancel_after_send = false;
        query(&trial, "SELECT pg_sleep(0.002)");
        cr_expect_str_eq(trial.sqlstate, "", "the next message was hit");
        cr_expect(!connection_was_cancelled(trial.connection));
    }
    connection_cancel(trial.connection);
    finish(&trial);
}

/* The server throws a cancel away that comes before it has read the whole message. */
Test(cancel, ends_a_statement_that_begins_after_it, .timeout = 60)
{
    enum { BLANKS = 32 * 1024 * 1024 }; /* far more than the socket holds */
    struct trial trial = {0};
    open_ok(&trial);
    struct buffer sql = {0};
    buffer_printf(&sql, "SELECT%*s pg_sleep(600)", BLANKS, "");
    trial.done = false;
    const struct query_callbacks callbacks = {.done = on_done, .context = &trial};
    connection_query(trial.connection, buffer_text(&sql), &callbacks);
    connection_cancel(trial.connection);
    uv_sleep(300); /* the cancel goes out by itself, the rest of the message only with the loop */
    while (!trial.done) {
        uv_run(&trial.loop, UV_RUN_ONCE);
    }
    cr_expect_str_eq(trial.sqlstate, "57014");
    query(&trial, "SELECT pg_sleep(0.2)");
    cr_expect_str_eq(trial.sqlstate, "", "the next message was hit");
    buffer_free(&sql);
    finish(&trial);
}

/* ---- servers that are not to be trusted ---- */

/* Stopped: its socket stays open and says nothing. */
static pid_t backend_stop(const struct trial *trial)
{
    pid_t pid = connection_backend_pid(trial->connection);
    cr_assert_eq(kill(pid, SIGSTOP), 0);
    return pid;
}

static void expect_lost(const struct trial *trial, const char *sqlstate, const char *text)
{
    cr_expect_str_eq(trial->sqlstate, sqlstate, "%s: %s", trial->sqlstate, trial->message);
    cr_expect_not_null(strstr(trial->message, text), "%s", trial->message);
    cr_expect(trial->lost);
    cr_expect(!connection_is_idle(trial->connection));
}

Test(distrust, a_silent_server_is_given_up)
{
    struct trial trial = {0};
    open_ok(&trial);
    connection_limit(trial.connection, (struct connection_limits){.answer_ms = 200});
    query(&trial, "SELECT 1");
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    pid_t pid = backend_stop(&trial);
    query(&trial, "SELECT 1");
    expect_lost(&trial, SQLSTATE_CONNECTION_FAILURE, "no answer within 0.2 s");
    query(&trial, "SELECT 1");
    cr_expect(trial.lost, "it stays lost");
    kill(pid, SIGCONT);
    finish(&trial);
}

Test(distrust, a_cancel_that_nobody_answers_ends, .timeout = 60)
{
    struct trial trial = {0};
    open_ok(&trial);
    pid_t pid = backend_stop(&trial);
    trial.cancel_after_send = true;
    query(&trial, "SELECT 1");
    expect_lost(&trial, SQLSTATE_CONNECTION_FAILURE, "no answer within 10 s");
    kill(pid, SIGCONT);
    finish(&trial);
}

/* Whatever else it says. */
Test(distrust, endless_notices_are_given_up)
{
    struct trial trial = {0};
    open_ok(&trial);
    connection_limit(trial.connection, (struct connection_limits){.answer_ms = 500});
    query(&trial, "DO $$ BEGIN LOOP RAISE NOTICE 'again'; END LOOP; END $$");
    cr_expect(trial.lost);
    finish(&trial);
}

Test(distrust, patience_is_with_each_statement, .timeout = 60)
{
    struct trial trial = {.foreign = true};
    open_ok(&trial);
    connection_limit(trial.connection, (struct connection_limits){.answer_ms = 4000});
    static const char *const statements[] = {"SELECT pg_sleep(1.5)", "SELECT pg_sleep(1.5)",
                                             "SELECT pg_sleep(1.5)", "SELECT 'end'"};
    pipeline(&trial, statements, LENGTH(statements));
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    finish(&trial);
}

/* A message, a row, or all rows together. */
static void expect_too_much(const char *url, const char *sql)
{
    struct trial trial = {0};
    open_url(&trial, url, NULL);
    cr_assert_str_eq(trial.sqlstate, "", "%s", trial.message);
    query(&trial, "SELECT repeat('x', 10000000)");
    cr_expect_str_eq(trial.sqlstate, "", "%s", trial.message);
    query(&trial, sql);
    expect_lost(&trial, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than 16 MiB in one answer");
    finish(&trial);
}

Test(distrust, who_says_too_much_is_not_listened_to, .timeout = 60)
{
    static const char *const much[] = {
        "DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 70000000); END $$",
        "DO $$ BEGIN RAISE NOTICE '%', repeat('x', 70000000); END $$",
        "SELECT repeat('x', 70000000)",
        "SELECT repeat('x', 100) FROM generate_series(1, 1000000)",
    };
    for (size_t i = 0; i < LENGTH(much); i++) {
        expect_too_much(cluster_url("postgres"), much[i]);
        expect_too_much(local_url(), much[i]);
    }
}

Test(distrust, long_texts_are_cut)
{
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial, "DO $$ BEGIN RAISE EXCEPTION '%', 'a' || repeat('ü', 50000); END $$");
    cr_expect_not_null(strstr(trial.message, "aüüü"));
    cr_expect_str_eq(trial.end, "ü ... (cut here: it has 100001 bytes)");
    cr_expect(!trial.lost);
    finish(&trial);
}

Test(cancel, outlives_its_connection)
{
    struct trial trial = {0};
    open_ok(&trial);
    const struct query_callbacks callbacks = {.done = on_done, .context = &trial};
    connection_query(trial.connection, "SELECT pg_sleep(600)", &callbacks);
    connection_cancel(trial.connection);
    finish(&trial);
    cr_expect(!trial.done);
}

Test(loss, terminated_while_busy)
{
    struct trial trial = {0};
    open_ok(&trial);
    query(&trial, "SELECT 1; SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(600)");
    cr_expect_str_eq(trial.sqlstate, "57P01");
    cr_expect(trial.lost);
    cr_expect_eq(trial.result_index, 1);
    cr_expect(!connection_is_idle(trial.connection));
    finish(&trial);
}

Test(loss, notices_a_server_that_went_away_while_idle)
{
    struct trial trial = {0};
    open_ok(&trial);
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 10000)",
                   connection_backend_pid(trial.connection));
    cluster_run("postgres", sql);
    while (connection_is_alive(trial.connection)) {
        uv_run(&trial.loop, UV_RUN_ONCE);
    }
    query(&trial, "SELECT 1");
    cr_expect(trial.lost);
    cr_expect_str_eq(trial.sqlstate, "08006", "%s %s", trial.sqlstate, trial.message);
    finish(&trial);
}

Test(loss, the_server_restarts)
{
    struct trial trial = {0};
    open_ok(&trial);
    const struct query_callbacks callbacks = {.done = on_done, .context = &trial};
    connection_query(trial.connection, "SELECT pg_sleep(600)", &callbacks);
    uv_run(&trial.loop, UV_RUN_NOWAIT);
    cluster_restart();
    while (!trial.done) {
        uv_run(&trial.loop, UV_RUN_ONCE);
    }
    cr_expect(trial.lost);
    cr_expect(trial.sqlstate[0] != '\0' && trial.message[0] != '\0');
    finish(&trial);
}

struct herd {
    unsigned opened;
    unsigned done;
    unsigned faults;
};

static void herd_done(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct herd *herd = context;
    herd->done++;
    herd->faults += fault != NULL;
}

static void herd_opened(struct connection *connection, const struct pg_error *fault, void *context)
{
    struct herd *herd = context;
    herd->opened++;
    if (fault != NULL) {
        herd->faults++;
        herd->done++;
        return;
    }
    const struct query_callbacks callbacks = {.done = herd_done, .context = context};
    connection_query(connection, "SELECT 1", &callbacks);
}

Test(many, two_hundred_and_fifty_six_at_once)
{
    enum { COUNT = 256 };
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct herd herd = {0};
    static struct connection *connections[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const struct connection_options options = {.url = cluster_url("postgres"),
                                                   .connect_timeout_ms = 60000};
        connections[i] = connection_open(&loop, &options, herd_opened, &herd);
    }
    while (herd.done < COUNT) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    cr_expect_eq(herd.faults, 0);
    cr_expect_geq(atoi(cluster_ask("postgres", "SELECT count(*) FROM pg_stat_activity "
                                               "WHERE backend_type = 'client backend'")),
                  COUNT);
    for (int i = 0; i < COUNT; i++) {
        connection_close(connections[i]);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
}
