/* dbmate: N_name.sql, in order of name, with the markers that Drover has too. A version is the number as it is
 * written. Text before "-- migrate:up" is comments. */
#include <string.h>

#include "cli/import/reader.h"
#include "common/base/buffer.h"

/* Which way the line begins, NULL if it is no marker. */
static struct import_way *marker_read(const struct import_project *project,
                                      const struct import_line *line, struct import_step *step)
{
    const char *comment = import_comment(project, line);
    struct import_way *way = NULL;
    if (comment == NULL || strncmp(comment, "migrate:", 8) != 0) {
        return NULL;
    }
    if (strncmp(comment, "migrate:up", 10) == 0) {
        way = &step->up;
    } else if (strncmp(comment, "migrate:down", 12) == 0) {
        way = &step->down;
    }
    if (way != NULL) {
        way->outside = strstr(comment, "transaction:false") != NULL;
        way->sql = "";
    }
    return way;
}

static void file_take(struct import_project *project, const char *file)
{
    struct import_step *step = import_step(project);
    struct import_line line = {.next = import_text(project, file)};
    struct buffer texts[2] = {{0}, {0}};
    struct import_way *way = NULL;
    step->version = arena_strndup(project->arena, file, import_digits(file));
    step->revision.message = import_words(project, file, strlen(file) - strlen(".sql"));
    step->up.path = step->down.path = import_path(project, file);
    while (import_line_next(&line)) {
        struct import_way *begun = marker_read(project, &line, step);
        if (begun == NULL && way != NULL) {
            import_line_keep(way, &texts[way == &step->down], &line);
        }
        way = begun != NULL ? begun : way;
    }
    if (step->up.sql == NULL) {
        (void)diagnostic_add(project->diagnostics, step->up.path, 0, 0,
                             "there is no '-- migrate:up'");
    }
    step->up.sql = arena_strdup(project->arena, buffer_text(&texts[0]));
    step->down.sql =
        step->down.sql == NULL ? NULL : arena_strdup(project->arena, buffer_text(&texts[1]));
    buffer_free(&texts[0]);
    buffer_free(&texts[1]);
}

int import_dbmate(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 0, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        if (!import_ends(files.items[i], ".sql")) {
            continue;
        }
        if (import_digits(files.items[i]) == 0) {
            import_leave_out(project, files.items[i], "its name does not begin with a number");
            continue;
        }
        file_take(project, files.items[i]);
    }
    return 0;
}
