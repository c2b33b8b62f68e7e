/* Supabase: N_name.sql in order of name; there is no way down. */
#include <string.h>

#include "cli/import/reader.h"

int import_supabase(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 0, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        const char *file = files.items[i];
        if (import_is_numbered(file, ".sql")) {
            struct import_step *step = import_step(project);
            step->version = arena_strndup(project->arena, file, import_digits(file));
            step->revision.message = import_words(project, file, strlen(file) - strlen(".sql"));
            step->up.path = import_path(project, file);
            step->up.sql = import_text(project, file);
        } else if (import_ends(file, ".sql")) {
            import_leave_out(project, file, "its name is not NUMBER_NAME.sql");
        }
    }
    return 0;
}
