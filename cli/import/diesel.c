/* Diesel: a folder for each, NAME/up.sql and NAME/down.sql, in order of name. The version is what stands before the
 * first underscore, without its dashes; metadata.toml says what runs outside a transaction. */
#include <string.h>

#include "cli/import/reader.h"

/* "2021-01-01-000000_create/up.sql": "20210101000000". */
static const char *version_of(struct import_project *project, const char *file)
{
    size_t length = strcspn(file, "_/");
    char *version = arena_strndup(project->arena, file, length);
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        version[kept] = version[i];
        kept += version[i] != '-';
    }
    version[kept] = '\0';
    return version;
}

static struct import_step *step_of(struct import_project *project, const char *file)
{
    const char *version = version_of(project, file);
    struct import_step *step = import_step_of(project, version);
    if (step == NULL) {
        size_t digits = strcspn(file, "_/");
        step = import_step(project);
        step->version = version;
        step->revision.message = import_words(project, file + digits, strcspn(file + digits, "/"));
    }
    return step;
}

static void way_take(struct import_project *project, const char *file, struct import_way *way)
{
    way->path = import_path(project, file);
    way->sql = import_text(project, file);
}

/* "run_in_transaction = false" */
static bool is_outside(struct import_project *project, const char *file)
{
    const char *key = strstr(import_text(project, file), "run_in_transaction");
    const char *value = key == NULL ? NULL : strchr(key, '=');
    return value != NULL && strncmp(value + 1 + strspn(value + 1, " \t"), "false", 5) == 0;
}

static void file_take(struct import_project *project, const char *file)
{
    struct import_step *step = strchr(file, '/') == NULL ? NULL : step_of(project, file);
    if (step == NULL) {
        import_leave_out(project, file, "it does not stand in a migration's folder");
    } else if (import_ends(file, "/up.sql")) {
        way_take(project, file, &step->up);
    } else if (import_ends(file, "/down.sql")) {
        way_take(project, file, &step->down);
    } else if (import_ends(file, "/metadata.toml")) {
        step->up.outside = step->down.outside = is_outside(project, file);
    } else {
        import_leave_out(project, file, "it is neither up.sql nor down.sql");
    }
}

int import_diesel(struct import_project *project, struct error *error)
{
    struct texts files;
    if (import_list(project, 1, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        if (import_ends(files.items[i], ".sql") || import_ends(files.items[i], ".toml")) {
            file_take(project, files.items[i]);
        }
    }
    import_up_empty(project);
    import_sort_names(project);
    return 0;
}
