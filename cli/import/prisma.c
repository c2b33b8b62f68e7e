/* Prisma: a folder for each, NAME/migration.sql, in order of name; there is no way down. */
#include <string.h>

#include "cli/import/reader.h"

static void file_take(struct import_project *project, const char *file)
{
    size_t length = strcspn(file, "/");
    size_t digits = import_digits(file);
    struct import_step *step = import_step(project);
    step->version = arena_strndup(project->arena, file, length);
    step->revision.id = digits > 0 && file[digits] == '_'
                            ? arena_strndup(project->arena, file, digits)
                            : step->version;
    step->revision.message = import_words(project, file, length);
    step->up.path = import_path(project, file);
    step->up.sql = import_text(project, file);
}

int import_prisma(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 1, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        if (import_ends(files.items[i], "/migration.sql")) {
            file_take(project, files.items[i]);
        } else if (import_ends(files.items[i], ".sql")) {
            import_leave_out(project, files.items[i], "it is no NAME/migration.sql");
        }
    }
    return 0;
}
