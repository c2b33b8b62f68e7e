/* Finding targets: databases of a server, schemas of a database, or rows of a catalogue.
 *
 * Each hit fills in the name pattern: {database}, {schema}, or any column of the query. The rows of
 * a query bring their own URLs; a password in one of them is refused and never shown.
 */
#include "worker/look/look.h"
#include "worker/sql/session.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/url.h"

#define DATABASES_SQL                                                                              \
    "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate"          \
    " AND pg_catalog.has_database_privilege(oid, 'CONNECT')"
#define SCHEMAS_SQL                                                                                \
    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> "          \
    "'information_schema'"

enum { ANSWER_BYTES_MAX = 64 * 1024 * 1024 };

struct discover {
    struct look look; /* first; its task's arena owns everything here */
    struct found_target *found;
    size_t found_count;
    struct error error; /* of a row; code NONE while all is well */
};

/* ---- one hit ---- */

/* The value of a placeholder in a row, or NULL. A NULL in the row reads as "". */
static const char *row_value(const PGresult *result, int row, const char *column, size_t length)
{
    for (int i = 0; i < PQnfields(result); i++) {
        const char *name = PQfname(result, i);
        if (strlen(name) == length && memcmp(name, column, length) == 0) {
            return PQgetvalue(result, row, i);
        }
    }
    return NULL;
}

static const char *row_text(struct discover *discover, const PGresult *result, int row,
                            const char *column)
{
    const char *value = row_value(result, row, column, strlen(column));
    return value == NULL ? "" : arena_strdup(&discover->look.task->arena, value);
}

/* The name pattern with its placeholders filled in; NULL and discover->error if one is unknown. */
static const char *name_fill(struct discover *discover, const PGresult *result, int row)
{
    struct buffer name = {0};
    const char *filled = NULL;
    for (const char *at = discover->look.task->job.place.name; *at != '\0';) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end == NULL) {
            buffer_append(&name, at++, 1);
            continue;
        }
        const char *value = row_value(result, row, at + 1, (size_t)(end - at - 1));
        if (value == NULL) {
            error_set(&discover->error, ERROR_FAILED, "no column for placeholder %.*s of the name",
                      (int)(end - at + 1), at);
            goto out;
        }
        buffer_text_append(&name, value);
        at = end + 1;
    }
    if (name.length == 0) {
        error_set(&discover->error, ERROR_FAILED, "row %d gives an empty name", row + 1);
        goto out;
    }
    filled = arena_strdup(&discover->look.task->arena, buffer_text(&name));
out:
    buffer_free(&name);
    return filled;
}

/* The job's labels, and of a query's row every column but the URL; a column wins over a label. */
static struct texts labels_fill(struct discover *discover, const PGresult *result, int row)
{
    const struct message_job *job = &discover->look.task->job;
    if (job->discovery.query[0] == '\0') {
        return job->labels;
    }
    struct arena *arena = &discover->look.task->arena;
    size_t room = job->labels.count + (size_t)PQnfields(result);
    const char **labels = arena_array(arena, room, sizeof *labels);
    size_t count = 0;
    for (size_t i = 0; i < job->labels.count; i++) {
        const char *label = job->labels.items[i];
        if (row_value(result, row, label, strcspn(label, "=")) == NULL) {
            labels[count++] = label;
        }
    }
    for (int i = 0; i < PQnfields(result); i++) {
        if (strcmp(PQfname(result, i), "url") != 0) {
            labels[count++] =
                arena_printf(arena, "%s=%s", PQfname(result, i), PQgetvalue(result, row, i));
        }
    }
    texts_sort(labels, count);
    return (struct texts){.items = labels, .count = count};
}

/* The URL of a query's row, checked; NULL and discover->error otherwise. */
static const char *url_take(struct discover *discover, const PGresult *result, int row,
                            const char *name)
{
    struct arena *arena = &discover->look.task->arena;
    const char *text = row_text(discover, result, row, "url");
    struct url url;
    struct error error = {0};
    if (text[0] == '\0') {
        error_set(&discover->error, ERROR_FAILED, "target \"%s\" has no url", name);
        error_hint(&discover->error, "the query needs a column named url, never empty");
    } else if (url_parse(text, arena, &url, &error) != 0) {
        error_set(&discover->error, ERROR_FAILED, "url of target \"%s\": %s", name, error.message);
    } else if (url.password != NULL) {
        error_set(&discover->error, ERROR_FAILED, "the url of target \"%s\" holds a password",
                  name);
        error_hint(&discover->error, "take it out of the catalogue and name it under `password:` "
                                     "by env, file or command");
    } else {
        return text;
    }
    return NULL;
}

static void row_take(struct discover *discover, const PGresult *result, int row)
{
    const struct message_job *job = &discover->look.task->job;
    struct found_target *found = &discover->found[discover->found_count];
    found->place.name = name_fill(discover, result, row);
    if (found->place.name == NULL) {
        return;
    }
    found->labels = labels_fill(discover, result, row);
    found->place.schema = row_text(discover, result, row, "schema");
    if (found->place.schema[0] == '\0' && job->place.search_path[0] != '\0') {
        error_set(&discover->error, ERROR_FAILED, "target \"%s\" has no schema for its search_path",
                  found->place.name);
        error_hint(&discover->error, "the query needs a column named schema, never empty");
        return;
    }
    if (job->discovery.query[0] != '\0') {
        found->place.url = url_take(discover, result, row, found->place.name);
    } else if (job->discovery.databases[0] != '\0') {
        found->place.url = url_with_database(job->place.url, PQgetvalue(result, row, 0),
                                             &discover->look.task->arena);
    } else {
        found->place.url = job->place.url;
    }
    if (found->place.url != NULL) {
        discover->found_count++;
    }
}

/* ---- the message ---- */

static void take(struct look *look, const PGresult *result, unsigned index)
{
    (void)index;
    struct discover *discover = (struct discover *)look;
    const struct message_job *job = &look->task->job;
    if (PQresultStatus(result) != PGRES_TUPLES_OK || discover->found != NULL ||
        discover->error.code != ERROR_NONE) {
        return; /* the first one counts: what follows it is ours */
    }
    if (PQntuples(result) > WIRE_FOUND_MAX) {
        error_set(&discover->error, ERROR_FAILED, "%d rows; at most %d targets may be found",
                  PQntuples(result), WIRE_FOUND_MAX);
        return;
    }
    const char *glob =
        job->discovery.databases[0] != '\0' ? job->discovery.databases : job->discovery.schemas;
    discover->found = arena_array(&discover->look.task->arena, (size_t)PQntuples(result) + 1,
                                  sizeof *discover->found);
    discover->found_count = 0;
    for (int row = 0; row < PQntuples(result) && discover->error.code == ERROR_NONE; row++) {
        if (job->discovery.query[0] != '\0' || fnmatch(glob, PQgetvalue(result, row, 0), 0) == 0) {
            row_take(discover, result, row);
        }
    }
}

static int found_compare(const void *left, const void *right)
{
    const struct found_target *a = left;
    const struct found_target *b = right;
    return strcmp(a->place.name, b->place.name);
}

static void answered(struct look *look, const struct pg_error *fault)
{
    struct discover *discover = (struct discover *)look;
    struct task *task = look->task;
    if (fault != NULL) {
        enum failure_cause cause = task_cause_of(fault, PLACE_OWN);
        const struct failure failure = task_failure_of(
            task, cause == FAILURE_CAUSE_CONNECTION ? cause : FAILURE_CAUSE_DISCOVERY, fault);
        task_fail(task, &failure);
    } else if (discover->error.code != ERROR_NONE) {
        const struct failure failure = failure_of_error(FAILURE_CAUSE_DISCOVERY, &discover->error);
        task_fail(task, &failure);
    } else {
        if (discover->found_count > 0) {
            qsort(discover->found, discover->found_count, sizeof *discover->found, found_compare);
        }
        task->result.found = (struct found_target_list){discover->found, discover->found_count};
        look_done(look);
    }
    /* Schemas of a database are inspected over this very connection next. */
    look_end(look, fault == NULL && task->job.discovery.schemas[0] != '\0');
}

static void begin(struct look *look)
{
    struct task *task = look->task;
    const struct message_job *job = &task->job;
    bool databases = job->discovery.databases[0] != '\0';
    bool query = job->discovery.query[0] != '\0';
    struct buffer sql = {0};
    buffer_text_append(&sql, query ? "BEGIN READ ONLY; " : SESSION_READ_BEGIN);
    settings_limits_append(&sql, &look->settings);
    if (query) {
        /* The newline ends a comment that the query may end with. */
        buffer_printf(&sql, "%s\n; %s", job->discovery.query, session_rollback);
    } else {
        buffer_printf(&sql, "SELECT * FROM (%s) AS hit (%s); " SESSION_READ_END,
                      databases ? DATABASES_SQL : SCHEMAS_SQL, databases ? "database" : "schema");
    }
    look_ask(look, buffer_text(&sql));
    buffer_free(&sql);
}

void discover_start(struct task *task)
{
    static const struct look_kind kind = {.begin = begin, .result = take, .answered = answered};
    struct discover *discover = arena_alloc(&task->arena, sizeof *discover);
    discover->look.limits.answer_bytes = ANSWER_BYTES_MAX;
    look_start(&discover->look, task, &kind, LOOK_LIMITS);
}
