/* Readings (reading.h). */
#include "worker/look/reading.h"

#include <string.h>

#include "common/base/array.h"
#include "common/base/utf8.h"
#include "common/revision/scan.h"
#include "worker/look/look.h"
#include "worker/sql/session.h"
#include "worker/sql/settings.h"

enum { SHOWN_BYTES_MAX = 120 };

struct reading {
    struct look look; /* first; its task's arena owns everything here */
    const struct reading_options *options;
    size_t at;         /* the query in hand */
    bool begun;        /* the transaction is open, so it is a query that is in flight */
    const char *wrong; /* what the query in hand has returned instead; NULL while all is well */
};

/* ---- faults ---- */

/* "check 2 of 3" */
static const char *location(struct reading *reading)
{
    return arena_printf(&reading->look.task->arena, "%s %zu of %zu", reading->options->noun,
                        reading->at + 1, reading->look.task->job.queries.count);
}

/* The query on one line, cut. */
static const char *shown(struct reading *reading)
{
    const char *query = reading->look.task->job.queries.items[reading->at];
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
    size_t kept = utf8_cut(buffer_text(&line), length, SHOWN_BYTES_MAX);
    const char *copy = arena_printf(&reading->look.task->arena, "%.*s%s", (int)kept,
                                    buffer_text(&line), kept < length ? "..." : "");
    buffer_free(&line);
    return copy;
}

/* The query is not what it should be, or did not return what it should. */
static void refuse(struct reading *reading, const char *what)
{
    struct task *task = reading->look.task;
    task_fail(task, &(struct failure){
                        .cause = reading->options->cause,
                        .message = arena_printf(&task->arena, "%s: %s", what, shown(reading)),
                        .hint = reading->options->hint,
                        .location = location(reading),
                    });
}

static void fail(struct reading *reading, const struct pg_error *fault)
{
    struct task *task = reading->look.task;
    bool of_query = reading->begun && !fault->lost;
    struct pg_error told = *fault;
    if (of_query) {
        told.detail = arena_printf(&task->arena, "%s%s%s: %s", fault->detail,
                                   fault->detail[0] != '\0' ? "\n" : "", reading->options->noun,
                                   shown(reading));
    }
    enum failure_cause cause = task_cause_of(fault, PLACE_OWN);
    struct failure failure =
        task_failure_of(task, cause == FAILURE_CAUSE_CONNECTION ? cause : FAILURE_CAUSE_SQL, &told);
    failure.location = of_query ? location(reading) : "";
    task_fail(task, &failure);
}

/* ---- queries ---- */

static void query_next(struct reading *reading);

/* Where the query's text ends, its semicolon left out; NULL if it is anything but one statement
 * that selects. */
static const char *query_end(const char *query)
{
    static const char *const words[] = {"select", "with", "values", "table"};
    struct scanner scanner = scanner_of(query, strlen(query));
    struct token token = scanner_next_code(&scanner);
    bool selects = token.kind == TOKEN_OPEN && query[token.start] == '(';
    for (size_t i = 0; i < LENGTH(words); i++) {
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

static const char *value_check(struct reading *reading, const PGresult *result)
{
    int rows = PQntuples(result);
    int columns = PQnfields(result);
    if (rows != 1 || columns != 1) {
        return rows == 0     ? "returned no row"
               : rows > 1    ? "returned several rows"
               : columns > 0 ? "returned several columns"
                             : "returned no column";
    }
    const char *value = PQgetisnull(result, 0, 0) ? NULL : PQgetvalue(result, 0, 0);
    return reading->options->value(reading->look.task, reading->at, PQftype(result, 0), value);
}

static void take(struct look *look, const PGresult *result, unsigned index)
{
    (void)index;
    struct reading *reading = (struct reading *)look;
    struct task *task = look->task;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        return;
    }
    if (reading->begun) {
        reading->wrong = value_check(reading, result);
    } else if (strcmp(PQfname(result, 0), "timeline") == 0) {
        task->result.seen.server.timeline = arena_strdup(&task->arena, PQgetvalue(result, 0, 0));
    }
}

static void answered(struct look *look, const struct pg_error *fault)
{
    struct reading *reading = (struct reading *)look;
    if (fault != NULL) {
        fail(reading, fault);
        look_end(look, false);
    } else if (reading->wrong != NULL) {
        refuse(reading, reading->wrong);
        look_end(look, false);
    } else {
        reading->at += reading->begun;
        reading->begun = true;
        query_next(reading);
    }
}

/* Sends the query in hand, or ends after the last one. */
static void query_next(struct reading *reading)
{
    const struct texts *queries = &reading->look.task->job.queries;
    if (reading->at == queries->count) {
        look_done(&reading->look);
        look_end(&reading->look, false);
        return;
    }
    const char *query = queries->items[reading->at];
    const char *stop = query_end(query);
    if (stop == NULL) {
        refuse(reading, "is not one SELECT");
        look_end(&reading->look, false);
        return;
    }
    /* The newline ends a comment that the query may end with. LIMIT keeps a mistaken one from
       filling the memory. */
    look_ask(&reading->look,
             arena_printf(&reading->look.task->arena, "SELECT * FROM (\n%.*s\n) AS answer LIMIT 2",
                          (int)(stop - query), query));
}

static void begin(struct look *look)
{
    const struct reading *reading = (const struct reading *)look;
    struct task *task = look->task;
    struct connection *connection = look->connection;
    const struct message_job *job = &task->job;
    struct batch batch = {0};
    buffer_text_append(batch_own(&batch, "BEGIN"),
                       "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY;\n");
    buffer_text_append(batch_own(&batch, "SELECT"),
                       "SELECT " SESSION_TIMELINE_OR_NONE " AS timeline;\n");
    settings_append(&batch, &look->settings, connection);
    if (reading->options->own_path) {
        buffer_text_append(batch_own(&batch, "SET"), SESSION_OWN_PATH);
    } else {
        settings_path(&batch, job, connection, &task->arena, true);
    }
    look_send(look, &batch);
    batch_free(&batch);
}

void reading_start(struct task *task, const struct reading_options *options)
{
    static const struct look_kind kind = {
        .begin = begin, .result = take, .answered = answered, .in_transaction = true};
    struct reading *reading = arena_alloc(&task->arena, sizeof *reading);
    reading->options = options;
    look_start(&reading->look, task, &kind,
               (struct look_limits){options->limit_ms, options->limit_ms});
}
