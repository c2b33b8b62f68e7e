/* golang-migrate: N_name.up.sql and N_name.down.sql, in order of number. A file is one message of the simple
 * protocol: in a transaction when it holds several statements, else as the statement wants, which
 * render.c finds out. */
#include "cli/import/reader.h"

int import_golang_migrate(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 0, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        const char *file = files.items[i];
        if (import_is_numbered(file, ".up.sql")) {
            (void)import_numbered(project, file, ".up.sql", false);
        } else if (import_is_numbered(file, ".down.sql")) {
            (void)import_numbered(project, file, ".down.sql", true);
        } else if (import_ends(file, ".sql")) {
            import_leave_out(project, file, "its name is not NUMBER_NAME.up.sql or .down.sql");
        }
    }
    import_up_empty(project);
    import_sort_numbers(project);
    return 0;
}
