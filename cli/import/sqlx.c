/* sqlx: N_name.sql, or N_name.up.sql and N_name.down.sql, in order of number. "-- no-transaction" in the first line
 * runs the file outside one. */
#include <string.h>

#include "cli/import/reader.h"

static void file_take(struct import_project *project, const char *file)
{
    static const char mark[] = "-- no-transaction";
    bool down = import_ends(file, ".down.sql");
    const char *ending = down ? ".down.sql" : import_ends(file, ".up.sql") ? ".up.sql" : ".sql";
    if (!import_is_numbered(file, ending)) {
        import_leave_out(project, file, "its name is not NUMBER_NAME.sql");
        return;
    }
    struct import_way *way = import_numbered(project, file, ending, down);
    way->outside = strncmp(way->sql, mark, sizeof mark - 1) == 0;
}

int import_sqlx(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 0, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        if (import_ends(files.items[i], ".sql")) {
            file_take(project, files.items[i]);
        }
    }
    import_up_empty(project);
    import_sort_numbers(project);
    return 0;
}
