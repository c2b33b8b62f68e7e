/* golang-migrate: N_name.up.sql and N_name.down.sql, in order of number. A file is one message of the simple
 * protocol: in a transaction when it holds several statements, else as the statement wants, which
 * render.c finds out. */
#include <string.h>

#include "cli/import/reader.h"

static struct import_step *step_of(struct import_project *project, const char *version)
{
    for (size_t i = 0; i < project->count; i++) {
        if (strcmp(project->steps[i].version, version) == 0) {
            return &project->steps[i];
        }
    }
    return NULL;
}

static void file_take(struct import_project *project, const char *file, bool up)
{
    size_t digits = import_digits(file);
    const char *version = import_number(project, file, digits);
    struct import_step *step = step_of(project, version);
    if (step == NULL) {
        step = import_step(project);
        step->version = version;
        step->revision.id = arena_strndup(project->arena, file, digits);
        step->revision.message =
            import_words(project, file, strlen(file) - strlen(up ? ".up.sql" : ".down.sql"));
    }
    struct import_way *way = up ? &step->up : &step->down;
    if (way->sql != NULL) {
        (void)diagnostic_add(project->diagnostics, import_path(project, file), 0, 0,
                             "version %s is that of %s, too", version, way->path);
    }
    way->path = import_path(project, file);
    way->sql = import_text(project, file);
}

int import_golang_migrate(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 0, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        const char *file = files.items[i];
        size_t digits = import_digits(file);
        bool up = import_ends(file, ".up.sql");
        if (digits > 0 && file[digits] == '_' && (up || import_ends(file, ".down.sql"))) {
            file_take(project, file, up);
        } else if (import_ends(file, ".sql")) {
            import_leave_out(project, file, "its name is not NUMBER_NAME.up.sql or .down.sql");
        }
    }
    for (size_t i = 0; i < project->count; i++) {
        struct import_step *step = &project->steps[i];
        if (step->up.sql == NULL) { /* the tool only counts it then */
            step->up.sql = "";
            step->up.path = step->down.path;
        }
    }
    import_sort_numbers(project);
    return 0;
}
