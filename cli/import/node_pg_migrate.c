/* node-pg-migrate: N_name.sql, in order of number, then of name; "-- Up Migration" and "-- Down Migration" begin the
 * ways; without the first the whole file is the way up. Files of JavaScript and TypeScript are steps that cannot be carried over. */
#include <string.h>
#include <strings.h>

#include "cli/import/reader.h"
#include "common/base/buffer.h"

/* Whether the comment is "Up Migration", after more dashes and blanks. */
static bool is_marker(const char *comment, const char *word)
{
    comment += strspn(comment, "- \t");
    size_t length = strlen(word);
    if (strncasecmp(comment, word, length) != 0) {
        return false;
    }
    size_t blanks = strspn(comment + length, " \t");
    return blanks > 0 && strncasecmp(comment + length + blanks, "migration", 9) == 0;
}

static void sql_take(struct import_project *project, struct import_step *step, const char *file)
{
    struct import_line line = {.next = import_text(project, file)};
    struct buffer texts[2] = {{0}, {0}};
    struct import_way *way = &step->up;
    bool begun = false;
    step->up.sql = "";
    while (import_line_next(&line)) {
        const char *comment = import_comment(project, &line);
        if (comment != NULL && is_marker(comment, "down")) {
            way = &step->down;
            step->down.sql = "";
        } else if (comment != NULL && !begun && is_marker(comment, "up")) {
            begun = true;
            way = &step->up;
            buffer_clear(&texts[0]); /* what stands before it is in no way */
        } else {
            import_line_keep(way, &texts[way == &step->down], &line);
        }
    }
    if (!begun && step->down.sql != NULL) {
        struct diagnostic *warning = diagnostic_add(
            project->diagnostics, step->up.path, 0, 0,
            "there is no '-- Up Migration': the tool runs the way down as a part of the way up");
        diagnostic_warn(project->diagnostics, warning);
    }
    step->up.sql =
        begun ? arena_strdup(project->arena, buffer_text(&texts[0])) : import_text(project, file);
    step->down.sql =
        step->down.sql == NULL ? NULL : arena_strdup(project->arena, buffer_text(&texts[1]));
    buffer_free(&texts[0]);
    buffer_free(&texts[1]);
}

static void file_take(struct import_project *project, const char *file)
{
    size_t length = (size_t)(strrchr(file, '.') - file);
    size_t digits = import_digits(file);
    if (digits == 0) {
        import_leave_out(project, file, "its name does not begin with a number");
        return;
    }
    struct import_step *step = import_step(project);
    step->version = arena_strndup(project->arena, file, length);
    step->revision.id = arena_strndup(project->arena, file, digits);
    step->revision.message = import_words(project, file, length);
    step->up.path = step->down.path = import_path(project, file);
    if (import_ends(file, ".sql")) {
        sql_take(project, step, file);
    } else {
        step->up.sql = step->down.sql = "";
        step->up.unavailable = step->down.unavailable = "it is a step in JavaScript";
    }
}

int import_node_pg_migrate(struct import_project *project, struct error *error)
{
    static const char *const endings[] = {".sql", ".js", ".cjs", ".mjs", ".ts"};
    struct texts files;
    if (import_list(project, 0, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
            if (import_ends(files.items[i], endings[k])) {
                file_take(project, files.items[i]);
            }
        }
    }
    import_sort_numbered_names(project);
    return 0;
}
