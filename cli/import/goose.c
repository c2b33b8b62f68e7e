/* goose: N_name.sql with annotations in comments, N_name.go for what is no SQL, in order of number. */
#include <string.h>
#include <strings.h>

#include "cli/import/reader.h"
#include "common/base/buffer.h"

struct goose_file {
    struct import_project *project;
    struct import_step *step;
    struct import_way *way; /* in which the line stands; NULL before the first */
    struct buffer texts[2];
};

/* "StatementEnd" ends a statement, with or without a semicolon. */
static void statement_end(struct buffer *sql)
{
    size_t length = sql->length;
    while (length > 0 && strchr(" \t\n", sql->data[length - 1]) != NULL) {
        length--;
    }
    if (length > 0 && sql->data[length - 1] != ';') {
        buffer_text_append(sql, ";\n");
    }
}

/* An annotation, without "+goose ". */
static void annotation_take(struct goose_file *file, const struct import_line *line,
                            const char *words)
{
    struct import_step *step = file->step;
    if (strcasecmp(words, "Up") == 0) {
        file->way = &step->up;
        step->up.sql = "";
    } else if (strcasecmp(words, "Down") == 0) {
        file->way = &step->down;
        step->down.sql = "";
    } else if (strcasecmp(words, "NO TRANSACTION") == 0) {
        step->up.outside = step->down.outside = true;
    } else if (strcasecmp(words, "ENVSUB ON") == 0 || strcasecmp(words, "ENVSUBST ON") == 0) {
        step->up.unavailable = step->down.unavailable =
            "+goose ENVSUB puts in variables of the environment";
    } else if (strcasecmp(words, "StatementEnd") == 0 && file->way != NULL) {
        statement_end(&file->texts[file->way == &step->down]);
    } else if (strcasecmp(words, "StatementBegin") != 0 && strcasecmp(words, "ENVSUB OFF") != 0 &&
               strcasecmp(words, "ENVSUBST OFF") != 0) {
        (void)diagnostic_add(file->project->diagnostics, step->up.path, line->number, 1,
                             "'+goose %s' is no annotation that is known", words);
    }
}

static void sql_take(struct import_project *project, struct import_step *step, const char *name)
{
    struct goose_file file = {.project = project, .step = step};
    struct import_line line = {.next = import_text(project, name)};
    while (import_line_next(&line)) {
        const char *comment = import_comment(project, &line);
        if (comment != NULL && strncmp(comment, "+goose ", 7) == 0) {
            annotation_take(&file, &line, comment + 7 + strspn(comment + 7, " \t"));
        } else if (file.way != NULL) {
            import_line_keep(file.way, &file.texts[file.way == &step->down], &line);
        }
    }
    if (step->up.sql == NULL) {
        (void)diagnostic_add(project->diagnostics, step->up.path, 0, 0,
                             "there is no '-- +goose Up'");
    }
    step->up.sql = arena_strdup(project->arena, buffer_text(&file.texts[0]));
    step->down.sql =
        step->down.sql == NULL ? NULL : arena_strdup(project->arena, buffer_text(&file.texts[1]));
    buffer_free(&file.texts[0]);
    buffer_free(&file.texts[1]);
}

static void file_take(struct import_project *project, const char *file)
{
    size_t digits = import_digits(file);
    bool go = import_ends(file, ".go");
    if (digits == 0 || file[digits] != '_') {
        if (!go) {
            import_leave_out(project, file, "its name is not NUMBER_NAME.sql");
        }
        return;
    }
    struct import_step *step = import_step(project);
    step->revision.id = arena_strndup(project->arena, file, digits);
    step->version = import_number(project, file, digits);
    step->revision.message =
        import_words(project, file, strlen(file) - strlen(go ? ".go" : ".sql"));
    step->up.path = step->down.path = import_path(project, file);
    if (go) {
        step->up.sql = step->down.sql = "";
        step->up.unavailable = step->down.unavailable = "it is a step in Go";
    } else {
        sql_take(project, step, file);
    }
}

int import_goose(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 0, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        bool go = import_ends(files.items[i], ".go") && !import_ends(files.items[i], "_test.go");
        if (go || import_ends(files.items[i], ".sql")) {
            file_take(project, files.items[i]);
        }
    }
    import_sort_numbers(project);
    return 0;
}
