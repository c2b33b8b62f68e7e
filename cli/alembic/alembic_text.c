/* From one revision of the answer to its text.
 *
 * In a bundle each statement is preceded by a comment `-- Line: N` with its line in the .py file,
 * which is what messages then name (common/revision/source.h). What PostgreSQL's parser or the
 * rules of a revision refuse makes only that direction of that revision unavailable, like what
 * Alembic cannot render: an old revision must not keep a whole project out.
 */
#include <string.h>

#include "cli/alembic/alembic_answer.h"
#include "common/base/buffer.h"
#include "common/config/value.h"
#include "common/revision/revision.h"

enum { DIRECTIONS = 2 };

struct rendering {
    const json_t *answer; /* of this revision */
    const struct alembic_place *place;
    const char *path; /* of the .py file, relative to it */
    enum alembic_form form;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct revision_template template;
};

static const char *const direction_keys[DIRECTIONS] = {"upgrade", "downgrade"};

const char *answer_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static const char *const *names_take(const json_t *array, size_t *count, struct arena *arena)
{
    *count = json_array_size(array);
    const char **names = arena_array(arena, *count, sizeof *names);
    for (size_t i = 0; i < *count; i++) {
        const char *name = json_string_value(json_array_get(array, i));
        names[i] = arena_strdup(arena, name == NULL ? "" : name);
    }
    return names;
}

/* Whether the text is comment lines only. */
static bool is_comment(const char *sql)
{
    while (*sql != '\0') {
        sql += strspn(sql, " \t\r\n");
        if (*sql != '\0' && strncmp(sql, "--", 2) != 0) {
            return false;
        }
        sql += strcspn(sql, "\n");
    }
    return true;
}

/* A terminator on a line with a comment would be part of the comment. */
static const char *terminator(const char *sql)
{
    const char *last = strrchr(sql, '\n');
    return strstr(last == NULL ? sql : last, "--") == NULL ? ";\n" : "\n;\n";
}

static const char *section_text(const struct rendering *rendering, const json_t *statements)
{
    struct buffer text = {0};
    size_t index = 0;
    json_t *statement = NULL;
    json_array_foreach(statements, index, statement)
    {
        const char *sql = answer_text(statement, "sql");
        json_int_t line = json_integer_value(json_object_get(statement, "line"));
        if (is_comment(sql)) {
            buffer_printf(&text, "%s\n", sql);
            continue;
        }
        if (rendering->form != ALEMBIC_IN_FILE) {
            buffer_printf(&text, "-- Line: %lld\n", (long long)line);
        }
        buffer_printf(&text, "%s%s", sql, terminator(sql));
    }
    const char *copy = arena_strndup(rendering->arena, buffer_text(&text), text.length);
    buffer_free(&text);
    return copy;
}

static const char *reason_at(const struct rendering *rendering, const char *reason,
                             const char *file, unsigned line)
{
    return line > 0 ? arena_printf(rendering->arena, "%s (%s:%u)", reason, file, line) : reason;
}

/* Notes that a direction cannot be run: as a warning, and in the header, which must not depend on
 * where the command runs. `advice` ends the hint. */
static void direction_refuse(struct rendering *rendering, size_t direction, const char *reason,
                             const char *advice, const char *file, unsigned line)
{
    struct arena *arena = rendering->arena;
    struct diagnostic *warning =
        diagnostic_add(rendering->diagnostics, value_path(file, rendering->place->folder, arena),
                       line, 0, "the %s of %s is not available: %s", direction_keys[direction],
                       rendering->template.id, reason);
    diagnostic_hint(rendering->diagnostics, warning,
                    "only rollouts that need this step are refused; run it with Alembic%s", advice);
    diagnostic_warn(rendering->diagnostics, warning);
    const char *place = reason_at(rendering, reason, file, line);
    if (direction == 0) {
        rendering->template.up_unavailable = place;
        rendering->template.up_sql = "";
    } else {
        rendering->template.down_unavailable = place;
        rendering->template.down_sql = "";
    }
}

/* Whether the project's own Alembic can run the direction on each target, as far as is known; else it is refused. */
static bool is_runnable(const struct rendering *rendering, const json_t *fault)
{
    const char *type = answer_text(fault, "type");
    return rendering->form != ALEMBIC_IN_FILE && type[0] != '\0' && strcmp(type, "Faulty") != 0 &&
           !rendering->place->settings.python_never &&
           answer_text(rendering->answer, "source")[0] != '\0';
}

/* Notes that only Alembic can run a direction. */
static void direction_leave(struct rendering *rendering, size_t direction, const char *reason)
{
    struct revision_template *template = &rendering->template;
    template->source = arena_strdup(rendering->arena, answer_text(rendering->answer, "source"));
    if (direction == 0) {
        template->up_alembic = reason;
        template->up_sql = "";
    } else {
        template->down_alembic = reason;
        template->down_sql = "";
    }
}

static void direction_take(struct rendering *rendering, size_t direction)
{
    const json_t *rendered = json_object_get(rendering->answer, direction_keys[direction]);
    const json_t *fault = json_object_get(rendered, "error");
    struct arena *arena = rendering->arena;
    const char *sql = section_text(rendering, json_object_get(rendered, "statements"));
    if (direction == 0) {
        rendering->template.up_sql = sql;
    } else {
        rendering->template.down_sql = sql;
    }
    if (json_is_true(json_object_get(rendered, "autocommit"))) {
        rendering->template.transactional = false;
    }
    if (fault != NULL) {
        const char *type = answer_text(fault, "type");
        bool reads = strcmp(type, "Needed") == 0;
        bool named = type[0] != '\0' && !reads && strcmp(type, "Faulty") != 0 &&
                     strcmp(type, "Unrenderable") != 0;
        const char *reason = arena_printf(arena, "%s%s%s", named ? type : "", named ? ": " : "",
                                          answer_text(fault, "message"));
        const char *file = arena_strdup(arena, answer_text(fault, "file"));
        unsigned line = (unsigned)json_integer_value(json_object_get(fault, "line"));
        if (is_runnable(rendering, fault)) {
            direction_leave(rendering, direction, reason_at(rendering, reason, file, line));
        } else {
            direction_refuse(rendering, direction, reason,
                             reads ? ", or write it so that it does not ask the database" : "",
                             file, line);
        }
    }
}

/* The first error of a trial with only these sections; NULL: none. In the list's arena. */
static const struct diagnostic *trial(const struct rendering *rendering, const char *up,
                                      const char *down, struct diagnostics *diagnostics)
{
    struct arena arena = {0};
    struct buffer text = {0};
    struct revision_template template = rendering->template;
    template.up_sql = up;
    template.down_sql = down;
    revision_render(&template, &text);
    (void)revision_parse(&arena, rendering->path, buffer_text(&text), text.length, diagnostics);
    buffer_free(&text);
    arena_free(&arena);
    const struct diagnostic *first = diagnostics->first;
    while (first != NULL && first->warning) {
        first = first->next;
    }
    return first;
}

/* What is wrong with the header stays for the bundle to report. */
static void directions_check(struct rendering *rendering)
{
    const struct revision_template *template = &rendering->template;
    struct diagnostics whole = {0};
    struct diagnostics header = {0};
    if (trial(rendering, template->up_sql, template->down_sql, &whole) != NULL &&
        trial(rendering, "", "", &header) == NULL) {
        for (size_t direction = 0; direction < DIRECTIONS; direction++) {
            struct diagnostics part = {0};
            const struct diagnostic *fault =
                trial(rendering, direction == 0 ? template->up_sql : "",
                      direction == 1 ? template->down_sql : "", &part);
            if (fault != NULL) {
                direction_refuse(rendering, direction,
                                 arena_strdup(rendering->arena, fault->message), "",
                                 rendering->path, fault->line);
            }
            diagnostics_free(&part);
        }
    }
    diagnostics_free(&whole);
    diagnostics_free(&header);
}

static unsigned line_of(const json_t *lines, const char *name)
{
    return (unsigned)json_integer_value(json_object_get(lines, name));
}

static void lines_take(const json_t *lines, struct revision_template *template)
{
    template->lines.id = line_of(lines, "revision");
    template->lines.down_revisions = line_of(lines, "down_revision");
    template->lines.depends_on = line_of(lines, "depends_on");
    template->lines.branch_labels = line_of(lines, "branch_labels");
}

void alembic_text(const struct alembic_place *place, const json_t *revision, enum alembic_form form,
                  struct arena *arena, struct diagnostics *diagnostics, struct bundle_file *file)
{
    struct buffer text = {0};
    const char *name = arena_strdup(arena, answer_text(revision, "path"));
    struct rendering rendering = {.answer = revision,
                                  .place = place,
                                  .path = name,
                                  .form = form,
                                  .arena = arena,
                                  .diagnostics = diagnostics};
    struct revision_template *template = &rendering.template;
    template->id = arena_strdup(arena, answer_text(revision, "revision"));
    template->message = arena_strdup(arena, answer_text(revision, "message"));
    template->create_date = arena_strdup(arena, answer_text(revision, "create_date"));
    template->transactional = true;
    template->down_revisions = names_take(json_object_get(revision, "down_revision"),
                                          &template->down_revision_count, arena);
    template->depends_on =
        names_take(json_object_get(revision, "depends_on"), &template->depends_on_count, arena);
    template->branch_labels = names_take(json_object_get(revision, "branch_labels"),
                                         &template->branch_label_count, arena);
    if (form != ALEMBIC_IN_FILE && answer_text(revision, "code")[0] != '\0') {
        template->code = arena_strdup(arena, answer_text(revision, "code"));
    }
    if (form != ALEMBIC_IN_FILE) {
        lines_take(json_object_get(revision, "lines"), template);
    }
    if (form == ALEMBIC_GRAPH) {
        template->up_sql = "";
        template->down_sql = "";
    } else {
        for (size_t direction = 0; direction < DIRECTIONS; direction++) {
            direction_take(&rendering, direction);
        }
        directions_check(&rendering);
    }
    revision_render(template, &text);
    file->name = name;
    bundle_file_fill(file, &text, arena);
}
