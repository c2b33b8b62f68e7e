/* Offline SQL: the steps of a plan, each with its comment, its statements and its version changes.
 */
#include "cli/sql_offline.h"

#include <string.h>

#include "common/revision/range.h"
#include "common/revision/scan.h"

struct offline {
    struct buffer *out;
    const char *table; /* quoted where it must be */
    size_t row_count;
};

/* "schema".alembic_version, or just the name where the search_path finds it. */
static const char *table_name(struct arena *arena, const char *schema)
{
    if (schema[0] == '\0' || strcmp(schema, "public") == 0) {
        return "alembic_version";
    }
    struct buffer name = {0};
    buffer_text_append(&name, "\"");
    for (const char *c = schema; *c != '\0'; c++) {
        buffer_append(&name, "\"\"", *c == '"' ? 2 : 0);
        buffer_append(&name, c, *c == '"' ? 0 : 1);
    }
    buffer_text_append(&name, "\".alembic_version");
    char *copy = arena_strdup(arena, buffer_text(&name));
    buffer_free(&name);
    return copy;
}

/* A semicolon behind a final `--` comment would be part of it. */
static bool ends_in_comment(const struct statement *statement)
{
    struct scanner scanner = {.text = statement->sql, .length = statement->length};
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
        buffer_text_append(offline->out, ends_in_comment(statement) ? "\n;\n\n" : ";\n\n");
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

static void step_append(struct offline *offline, const struct plan_step *step)
{
    const struct script *script =
        step->direction == DIRECTION_UP ? &step->revision->up : &step->revision->down;
    comment_append(offline, step);
    if (!step->revision->transactional) {
        buffer_text_append(offline->out, "COMMIT;\n\n");
    }
    statements_append(offline, script);
    if (!step->revision->transactional) {
        buffer_text_append(offline->out, "BEGIN;\n\n");
    }
    for (size_t i = 0; i < step->change_count; i++) {
        change_append(offline, &step->changes[i]);
    }
    offline->row_count = step->rows_after.count;
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

int offline_sql(const struct graph *graph, enum direction direction, const char *spec,
                const char *version_schema, struct buffer *out, struct error *error)
{
    struct arena arena = {0};
    struct texts rows = {0};
    struct plan plan = {0};
    int result = -1;
    const char *colon = strchr(spec, ':');
    if (colon == NULL && direction == DIRECTION_DOWN) {
        (void)error_set(error, ERROR_USAGE, "downgrade with --sql needs FROM:TO");
        (void)error_hint(error, "for example `drover downgrade head:%s --sql`", spec);
        goto done;
    }
    if (colon != NULL) {
        const char *from = arena_strndup(&arena, spec, (size_t)(colon - spec));
        if (rows_resolve(graph, from, &arena, &rows, error) != 0) {
            goto done;
        }
        spec = colon + 1;
    }
    if (plan_make(graph, direction, spec, rows, &arena, &plan, error) != 0) {
        goto done;
    }
    struct offline offline = {
        .out = out, .table = table_name(&arena, version_schema), .row_count = rows.count};
    buffer_text_append(out, "BEGIN;\n\n");
    for (size_t i = 0; i < plan.step_count; i++) {
        if (offline.row_count == 0 && i == 0) {
            buffer_printf(out,
                          "CREATE TABLE %s (\n    version_num VARCHAR(32) NOT NULL,\n"
                          "    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n);\n\n",
                          offline.table);
        }
        step_append(&offline, &plan.steps[i]);
    }
    buffer_text_append(out, "COMMIT;\n");
    result = 0;
done:
    arena_free(&arena);
    return result;
}
