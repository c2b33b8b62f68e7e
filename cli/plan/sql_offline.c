/* Offline SQL: the steps of a plan, each with its comment, its
 * statements and its version changes. */
#include "cli/plan/sql_offline.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/range.h"
#include "common/revision/scan.h"
#include "common/revision/segment.h"
#include "common/revision/stamp.h"
#include "common/revision/versions.h"

struct offline {
    struct buffer *out;
    const char *table;   /* quoted where it must be */
    const char *key;     /* name of its primary key, likewise; NULL: it has none */
    bool encoded;        /* the text says its encoding */
    unsigned characters; /* of an id that its column takes */
};

/* The version table, or its key with `suffix`: "schema".alembic_version, or just the name where the
 * search_path finds it. */
static const char *table_name(struct arena *arena, const char *schema, const char *table,
                              const char *suffix)
{
    struct buffer name = {0};
    if (schema[0] != '\0') {
        buffer_identifier_append(&name, schema);
        buffer_text_append(&name, ".");
    }
    const char *whole = arena_printf(arena, "%s%s", table, suffix);
    if (strcmp(table, "alembic_version") == 0) {
        buffer_text_append(&name, whole);
    } else {
        buffer_identifier_append(&name, whole);
    }
    char *copy = arena_strdup(arena, buffer_text(&name));
    buffer_free(&name);
    return copy;
}

/* A semicolon behind a final `--` comment would be part of it. */
static bool ends_in_comment(const struct statement *statement)
{
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    struct token last = {.kind = TOKEN_END};
    for (struct token token = scanner_next(&scanner); token.kind != TOKEN_END;
         token = scanner_next(&scanner)) {
        last = token;
    }
    return last.kind == TOKEN_COMMENT && strncmp(statement->sql + last.start, "--", 2) == 0;
}

static void statements_append(const struct offline *offline, const struct script *script)
{
    for (size_t i = 0; i < script->statement_count; i++) {
        const struct statement *statement = &script->statements[i];
        buffer_append(offline->out, statement->sql, statement->length);
        buffer_text_append(offline->out, ends_in_comment(statement) ? "\n;\n" : ";\n");
        if (statement->data.bytes.data != NULL) {
            buffer_append(offline->out, statement->data.bytes.data, statement->data.bytes.length);
            buffer_text_append(offline->out, "\\.\n");
        }
        buffer_text_append(offline->out, "\n");
    }
}

/* Whether the statement may change the session: its settings, role, objects. */
static bool changes_session(const struct statement *statement)
{
    static const char *const words[] = {"set",     "reset",   "select", "with", "do",     "call",
                                        "prepare", "declare", "listen", "load", "discard"};
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    struct token token = scanner_next_code(&scanner);
    for (size_t i = 0; i < LENGTH(words); i++) {
        if (token_is_word(statement->sql, token, words[i])) {
            return true;
        }
    }
    bool create = token_is_word(statement->sql, token, "create");
    bool changes = false;
    for (unsigned i = 0; token.kind != TOKEN_END && !changes; i++) {
        token = scanner_next_code(&scanner);
        changes = token_is_word(statement->sql, token, "set_config") ||
                  (create && i < 4 && /* CREATE OR REPLACE LOCAL TEMPORARY ... */
                   (token_is_word(statement->sql, token, "temp") ||
                    token_is_word(statement->sql, token, "temporary")));
    }
    return changes;
}

static bool is_ascii(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Whether psql must be told in which encoding the text is: it goes by the database's. */
static bool needs_encoding(const struct plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        bool runs = plan->steps[i].direction != DIRECTION_STAMP;
        const struct script *script = runs ? step_script(&plan->steps[i]) : NULL;
        for (size_t j = 0; runs && j < script->statement_count; j++) {
            const struct statement *statement = &script->statements[j];
            const struct bytes *data = &statement->data.bytes;
            if (!is_ascii(statement->sql, statement->length) ||
                !is_ascii((const char *)data->data, data->length)) {
                return true;
            }
        }
    }
    return false;
}

static void encoding_append(const struct offline *offline)
{
    buffer_text_append(offline->out, offline->encoded ? "SET client_encoding = 'UTF8';\n\n" : "");
}

/* What follows finds the session as the rollout would leave it: as new. */
static void session_clean_append(const struct offline *offline, const struct script *script)
{
#define CLEAN(statement) statement ";\n"
    static const char clean[] =
#include "common/revision/session_clean.def"
        "SELECT pg_catalog.pg_advisory_unlock_all();\n\n";
#undef CLEAN
    bool changes = false;
    for (size_t i = 0; i < script->statement_count; i++) {
        changes = changes || changes_session(&script->statements[i]);
    }
    if (changes) {
        buffer_text_append(offline->out, clean);
        encoding_append(offline);
    }
}

static void parents_append(const struct revision *revision, struct buffer *out)
{
    for (size_t i = 0; i < revision->down_revision_count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", revision->down_revisions[i]);
    }
}

static void comment_append(const struct offline *offline, const struct plan_step *step)
{
    bool up = step->direction == DIRECTION_UP;
    buffer_printf(offline->out, "-- Running %s ", up ? "upgrade" : "downgrade");
    if (up) {
        parents_append(step->revision, offline->out);
        buffer_printf(offline->out, " -> %s\n\n", step->revision->id);
    } else {
        buffer_printf(offline->out, "%s -> ", step->revision->id);
        parents_append(step->revision, offline->out);
        if (step->revision->down_revision_count == 0) {
            offline->out->data[--offline->out->length] = '\0'; /* no blank at the end of a line */
        }
        buffer_text_append(offline->out, "\n\n");
    }
}

static void change_append(const struct offline *offline, const struct version_change *change)
{
    const char *table = offline->table;
    switch (change->kind) {
    case VERSION_INSERT:
        buffer_printf(offline->out, "INSERT INTO %s (version_num) VALUES ('%s');\n\n", table,
                      change->to);
        break;
    case VERSION_UPDATE:
        buffer_printf(offline->out,
                      "UPDATE %s SET version_num='%s' WHERE %s.version_num = '%s';\n\n", table,
                      change->to, table, change->from);
        break;
    case VERSION_DELETE:
        buffer_printf(offline->out, "DELETE FROM %s WHERE %s.version_num = '%s';\n\n", table, table,
                      change->from);
        break;
    }
}

/* "-- Running stamp_revision a, b -> c": the rows that give way, and the one that comes. */
static void stamp_comment_append(const struct offline *offline, const struct plan_step *step)
{
    struct buffer *out = offline->out;
    const char *to = "";
    const char *separator = "";
    buffer_text_append(out, "-- Running stamp_revision ");
    for (size_t i = 0; i < step->change_count; i++) {
        if (step->changes[i].from != NULL) {
            buffer_printf(out, "%s%s", separator, step->changes[i].from);
            separator = ", ";
        }
        to = step->changes[i].to != NULL ? step->changes[i].to : to;
    }
    buffer_printf(out, " ->%s%s\n\n", to[0] == '\0' ? "" : " ", to);
}

static void stamp_append(const struct offline *offline, const struct plan_step *step)
{
    stamp_comment_append(offline, step);
    for (size_t i = 0; i < step->change_count; i++) {
        change_append(offline, &step->changes[i]);
    }
}

static void step_append(const struct offline *offline, const struct plan_step *step)
{
    const struct script *script = step_script(step);
    comment_append(offline, step);
    if (!script->transactional) {
        buffer_text_append(offline->out, "COMMIT;\n\n");
    }
    statements_append(offline, script);
    session_clean_append(offline, script);
    if (!script->transactional) {
        buffer_text_append(offline->out, "BEGIN;\n\n");
    }
    for (size_t i = 0; i < step->change_count; i++) {
        change_append(offline, &step->changes[i]);
    }
}

static int rows_resolve(const struct graph *graph, const char *spec, struct arena *arena,
                        struct texts *rows, struct error *error)
{
    struct revision_list found;
    enum plan_fault fault;
    if (spec[0] == '\0' || spec[0] == '+' || spec[0] == '-') {
        (void)error_set(error, ERROR_USAGE, "\"%s\" cannot begin a range", spec);
        return error_hint(error, "write FROM:TO with a revision or `base` as FROM");
    }
    if (range_symbol(graph, spec, arena, &found, &fault, error) != 0) {
        return -1;
    }
    const char **items = arena_array(arena, found.count, sizeof *items);
    for (size_t i = 0; i < found.count; i++) {
        items[i] = found.items[i]->id;
    }
    *rows = (struct texts){.items = items, .count = found.count};
    return 0;
}

/* FROM of the specs, if there is one, as `rows`; what is left of each as `targets`. */
static int specs_split(const struct graph *graph, const struct offline_request *request,
                       struct arena *arena, struct texts *rows, struct texts *targets,
                       struct error *error)
{
    const char **items = arena_array(arena, request->specs.count, sizeof *items);
    const char *from = NULL;
    for (size_t i = 0; i < request->specs.count; i++) {
        const char *spec = request->specs.items[i];
        const char *colon = strchr(spec, ':');
        items[i] = colon == NULL ? spec : colon + 1;
        const char *begin =
            colon == NULL ? NULL : arena_strndup(arena, spec, (size_t)(colon - spec));
        if (begin != NULL && from != NULL && strcmp(from, begin) != 0) {
            return error_set(error, ERROR_USAGE, "\"%s\" and \"%s\" cannot both be the start", from,
                             begin);
        }
        from = begin != NULL ? begin : from;
    }
    *targets = (struct texts){.items = items, .count = request->specs.count};
    if (from == NULL && request->direction == DIRECTION_DOWN) {
        (void)error_set(error, ERROR_USAGE, "downgrade with --sql needs FROM:TO");
        return error_hint(error, "for example `drover downgrade head:%s --sql`", items[0]);
    }
    return from == NULL ? 0 : rows_resolve(graph, from, arena, rows, error);
}

static void table_append(const struct offline *offline)
{
    buffer_printf(offline->out, "CREATE TABLE %s (\n    version_num VARCHAR(%u) NOT NULL",
                  offline->table, offline->characters);
    if (offline->key != NULL) {
        buffer_printf(offline->out, ",\n    CONSTRAINT %s PRIMARY KEY (version_num)", offline->key);
    }
    buffer_text_append(offline->out, "\n);\n\n");
}

/* A step that runs in no transaction ends the one before by itself. */
static void plan_append(const struct offline *offline, const struct plan *plan)
{
    size_t end = plan->step_count > 0 ? segment_end(plan, 0) : 0;
    encoding_append(offline);
    buffer_text_append(offline->out, "BEGIN;\n\n");
    if (plan->from.count == 0 && plan->step_count > 0) {
        table_append(offline);
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        if (i == end) {
            buffer_text_append(offline->out,
                               step_script(step)->transactional ? "COMMIT;\n\nBEGIN;\n\n" : "");
            end = segment_end(plan, i);
        }
        if (step->direction == DIRECTION_STAMP) {
            stamp_append(offline, step);
        } else {
            step_append(offline, step);
        }
    }
    buffer_text_append(offline->out, "COMMIT;\n");
}

/* Of a step that only Alembic can run there is no SQL. */
static int python_refuse(const struct plan *plan, struct error *error)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        if (step->direction != DIRECTION_STAMP && step_script(step)->alembic != NULL) {
            (void)error_set(error, ERROR_REVISION,
                            "there is no SQL of the %s of revision '%s', which runs Python on each "
                            "target: %s",
                            direction_word(step->direction), step->revision->id,
                            step_script(step)->alembic);
            return error_hint(error, "FROM:TO asks for the SQL of the steps before it or after it");
        }
    }
    return 0;
}

int offline_sql(const struct graph *graph, const struct offline_request *request,
                struct buffer *out, struct error *error)
{
    struct arena arena = {0};
    struct texts rows = {0};
    struct texts targets = {0};
    struct plan plan = {0};
    int result = specs_split(graph, request, &arena, &rows, &targets, error);
    if (result == 0 && request->direction == DIRECTION_STAMP) {
        result = stamp_make(graph, targets, false, (struct texts){0}, rows, &arena, &plan, error);
    } else if (result == 0) {
        const char *spec = targets.count > 0 ? targets.items[0] : "";
        result = plan_make(graph, request->direction, spec, rows, &arena, &plan, error);
    }
    plan.apart = request->apart;
    if (result == 0) {
        result = python_refuse(&plan, error);
    }
    if (result == 0) {
        struct offline offline = {
            .out = out,
            .encoded = needs_encoding(&plan),
            .characters = versions_characters(graph),
            .table = table_name(&arena, request->version_schema, request->version_table, ""),
            .key = request->version_keyless
                       ? NULL
                       : table_name(&arena, "", request->version_table, "_pkc")};
        plan_append(&offline, &plan);
    }
    arena_free(&arena);
    return result;
}
