/* Readings (reading.h). */
#include "worker/look/reading.h"

#include <string.h>

#include "common/revision/scan.h"
#include "worker/sql/bookkeeping.h"
#include "worker/sql/settings.h"

enum { SHOWN_BYTES_MAX = 120 };

struct reading {
    struct task *task; /* its arena owns everything here */
    const struct reading_options *options;
    struct connection *connection;
    size_t at; /* the query in hand */
    bool begun;
    bool answered; /* the query in hand has given its rows */
    bool ending;   /* the result is filled in */
    bool cancelled;
};

/* ---- ending ---- */

static void finish(struct reading *reading, bool keep)
{
    struct task *task = reading->task;
    if (reading->connection != NULL) {
        pool_release(task, reading->connection, keep);
        reading->connection = NULL;
    }
    task->cancel = NULL;
    task->finish(task);
}

static void rolled_back(struct connection *connection, const struct pg_fault *fault, void *context)
{
    (void)connection;
    finish(context, fault == NULL);
}

/* The result is filled in: rolls back what is open, then finishes. */
static void end(struct reading *reading)
{
    reading->ending = true;
    struct connection *connection = reading->connection;
    if (connection != NULL && connection_is_idle(connection) &&
        connection_in_transaction(connection)) {
        const struct query_callbacks callbacks = {.done = rolled_back, .context = reading};
        connection_query(connection, "ROLLBACK", &callbacks);
    } else {
        finish(reading, false);
    }
}

static void end_cancelled(struct reading *reading)
{
    reading->task->result.outcome = job_outcome_word(JOB_OUTCOME_CANCELLED);
    reading->task->result.cause = failure_cause_word(FAILURE_CAUSE_NONE);
    end(reading);
}

static void end_done(struct reading *reading)
{
    reading->task->result.outcome = job_outcome_word(JOB_OUTCOME_DONE);
    reading->task->result.cause = failure_cause_word(FAILURE_CAUSE_NONE);
    end(reading);
}

static void cancel(struct task *task)
{
    struct reading *reading = task->runner;
    if (reading->cancelled || reading->ending) {
        return;
    }
    reading->cancelled = true;
    if (reading->connection == NULL) {
        pool_acquire_cancel(task);
        end_cancelled(reading);
    } else {
        connection_cancel(reading->connection); /* ends when the query does */
    }
}

/* ---- faults ---- */

/* "check 2 of 3" */
static const char *location(struct reading *reading)
{
    return arena_printf(&reading->task->arena, "%s %zu of %zu", reading->options->noun,
                        reading->at + 1, reading->task->job.queries.count);
}

/* The query on one line, cut. */
static const char *shown(struct reading *reading)
{
    const char *query = reading->task->job.queries.items[reading->at];
    struct buffer line = {0};
    for (const char *at = query; *at != '\0'; at++) {
        bool blank = (unsigned char)*at <= ' ';
        bool after = line.length > 0 && line.data[line.length - 1] == ' ';
        if (!blank || (line.length > 0 && !after)) {
            buffer_append(&line, blank ? " " : at, 1);
        }
    }
    size_t length = line.length;
    while (length > 0 && (line.data[length - 1] == ' ' || line.data[length - 1] == ';')) {
        length--;
    }
    bool cut = length > SHOWN_BYTES_MAX;
    if (cut) {
        length = SHOWN_BYTES_MAX;
        while (length > 0 && ((unsigned char)line.data[length] & 0xC0) == 0x80) {
            length--; /* not within a character */
        }
    }
    const char *copy = arena_printf(&reading->task->arena, "%.*s%s", (int)length,
                                    buffer_text(&line), cut ? "..." : "");
    buffer_free(&line);
    return copy;
}

/* The query is not what it should be, or did not return what it should. */
static void refuse(struct reading *reading, const char *what, const char *detail)
{
    task_fail(reading->task, reading->options->cause, "",
              arena_printf(&reading->task->arena, "%s: %s", what, shown(reading)), detail,
              reading->options->hint, location(reading));
}

static void fail(struct reading *reading, const struct pg_fault *fault)
{
    if (fault->lost) {
        task_fail_pg(reading->task, FAILURE_CAUSE_CONNECTION, fault, NULL);
        return;
    }
    const char *place = NULL;
    struct pg_fault told = *fault;
    if (reading->begun) {
        place = location(reading);
        told.detail = arena_printf(&reading->task->arena, "%s%s%s: %s", fault->detail,
                                   fault->detail[0] != '\0' ? "\n" : "", reading->options->noun,
                                   shown(reading));
    }
    task_fail_pg(reading->task, FAILURE_CAUSE_SQL, &told, place);
}

/* ---- queries ---- */

static void query_next(struct reading *reading);

/* Where the query's text ends, its semicolon left out; NULL if it is anything but one statement
 * that selects. */
static const char *query_end(const char *query)
{
    static const char *const words[] = {"select", "with", "values", "table"};
    struct scanner scanner = {.text = query, .length = strlen(query)};
    struct token token = scanner_next_code(&scanner);
    bool selects = token.kind == TOKEN_OPEN && query[token.start] == '(';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        selects = selects || token_is_word(query, token, words[i]);
    }
    size_t depth = 0;
    for (; selects && token.kind != TOKEN_END && token.kind != TOKEN_SEMICOLON;
         token = scanner_next_code(&scanner)) {
        if (token.kind == TOKEN_CLOSE && depth == 0) {
            return NULL; /* it would close our own parenthesis */
        }
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE;
    }
    const char *end = query + token.start;
    while (token.kind == TOKEN_SEMICOLON) {
        token = scanner_next_code(&scanner);
    }
    return selects && token.kind == TOKEN_END && depth == 0 ? end : NULL;
}

static void take(struct connection *connection, const PGresult *result, unsigned index,
                 void *context)
{
    (void)connection;
    (void)index;
    struct reading *reading = context;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        return;
    }
    reading->answered = true;
    int rows = PQntuples(result);
    int columns = PQnfields(result);
    if (rows != 1 || columns != 1) {
        refuse(reading,
               rows == 0     ? "returned no row"
               : rows > 1    ? "returned several rows"
               : columns > 0 ? "returned several columns"
                             : "returned no column",
               "");
        reading->ending = true;
        return;
    }
    const char *value = PQgetisnull(result, 0, 0) ? NULL : PQgetvalue(result, 0, 0);
    const char *wrong =
        reading->options->value(reading->task, reading->at, PQftype(result, 0), value);
    if (wrong != NULL) {
        refuse(reading, wrong, "");
        reading->ending = true;
    }
}

static void answered(struct connection *connection, const struct pg_fault *fault, void *context)
{
    (void)connection;
    struct reading *reading = context;
    if (reading->cancelled) {
        end_cancelled(reading);
    } else if (fault != NULL) {
        fail(reading, fault);
        end(reading);
    } else if (reading->ending) {
        end(reading);
    } else {
        reading->at += reading->begun;
        reading->begun = true;
        query_next(reading);
    }
}

static void message_send(struct reading *reading, const char *sql)
{
    const struct query_callbacks callbacks = {.result = take, .done = answered, .context = reading};
    connection_query(reading->connection, sql, &callbacks);
}

/* Sends the query in hand, or ends after the last one. */
static void query_next(struct reading *reading)
{
    const struct texts *queries = &reading->task->job.queries;
    if (reading->at == queries->count) {
        end_done(reading);
        return;
    }
    const char *query = queries->items[reading->at];
    const char *stop = query_end(query);
    if (stop == NULL) {
        refuse(reading, "is not one SELECT", "");
        end(reading);
        return;
    }
    /* The newline ends a comment that the query may end with. LIMIT keeps a mistaken one from
       filling the memory. */
    message_send(reading,
                 arena_printf(&reading->task->arena, "SELECT * FROM (\n%.*s\n) AS answer LIMIT 2",
                              (int)(stop - query), query));
}

static uint64_t limit(uint64_t of_job, uint64_t most)
{
    return most > 0 && (of_job == 0 || of_job > most) ? most : of_job;
}

static void connected(struct task *task, struct connection *connection, void *context)
{
    struct reading *reading = context;
    reading->connection = connection;
    if (connection == NULL) {
        finish(reading, false);
        return;
    }
    const struct message_job *job = &task->job;
    const uint64_t most = reading->options->limit_ms;
    const struct settings settings = {
        .lock_timeout_ms = limit(job->lock_timeout_ms, most),
        .statement_timeout_ms = limit(job->statement_timeout_ms, most),
        .schema_quoted = job->schema[0] != '\0'
                             ? connection_quote_identifier(connection, job->schema, &task->arena)
                             : NULL,
        .local = true,
    };
    struct batch batch = {0};
    buffer_text_append(batch_own(&batch, "BEGIN"),
                       "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY;\n");
    /* Quotes are read as query_end reads them. */
    buffer_text_append(batch_own(&batch, "SET"), "SET LOCAL standard_conforming_strings = on;\n");
    settings_append(&batch, &settings, connection, &task->arena);
    message_send(reading, buffer_text(&batch.sql));
    batch_free(&batch);
}

void reading_start(struct task *task, const struct reading_options *options)
{
    struct reading *reading = arena_alloc(&task->arena, sizeof *reading);
    reading->task = task;
    reading->options = options;
    task->runner = reading;
    task->cancel = cancel;
    pool_acquire(task, task->job.url, connected, reading);
}
