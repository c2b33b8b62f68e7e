/* `import`: migrations of another tool as native .sql files, once and for all. No database is needed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/alembic/alembic.h"
#include "cli/commands/import_files.h"
#include "cli/import/import.h"
#include "cli/line/commands.h"
#include "cli/project/project.h"
#include "common/config/value.h"
#include "common/vocabulary/tool.h"

/* ---- Alembic ---- */

struct import {
    struct invocation *invocation;
    const struct alembic_place *place;
    struct alembic_project project;
};

/* The project: as named, else the configuration's, else the one here. */
static int place_choose(struct import *import, struct error *error)
{
    struct invocation *invocation = import->invocation;
    struct texts words = invocation->arguments.words;
    struct alembic_settings settings = project_alembic_settings(invocation, NULL);
    struct arena *arena = &invocation->arena;
    if (words.count > 0) {
        import->place = alembic_find(words.items[0], settings, arena);
        if (import->place == NULL) {
            import->place =
                alembic_find(value_path("alembic.ini", words.items[0], arena), settings, arena);
        }
        return 0;
    }
    if (project_folder(invocation, error) == NULL) {
        return -1;
    }
    import->place = invocation->alembic != NULL ? invocation->alembic
                                                : alembic_find("alembic.ini", settings, arena);
    return 0;
}

/* Names as Alembic's, which keeps its listing order; where several folders are listed in another
 * order, or two files have one name, a number stands before. */
static void names_choose(struct import *import)
{
    struct arena *arena = &import->invocation->arena;
    struct alembic_project *project = &import->project;
    bool ordered = true;
    for (size_t i = 0; i < project->file_count; i++) {
        const char *slash = strrchr(project->files[i].name, '/');
        const char *name = slash == NULL ? project->files[i].name : slash + 1;
        project->files[i].name =
            arena_printf(arena, "%.*s.sql", (int)(strrchr(name, '.') - name), name);
        ordered =
            ordered && (i == 0 || strcmp(project->files[i - 1].name, project->files[i].name) < 0);
    }
    for (size_t i = 0; i < project->file_count && !ordered; i++) {
        project->files[i].name = arena_printf(arena, "%04zu_%s", i + 1, project->files[i].name);
    }
}

int command_import_alembic(struct invocation *invocation, struct error *error)
{
    struct import import = {.invocation = invocation};
    struct import_files files = {.invocation = invocation};
    struct diagnostics diagnostics = {0};
    int result = place_choose(&import, error);
    if (result == 0) {
        result = import_files_folder(&files, error);
    }
    if (result == 0) {
        result = alembic_load(import.place, ALEMBIC_IN_FILE, &invocation->arena, &import.project,
                              &diagnostics, error);
    }
    if (result == 0) {
        names_choose(&import);
        files.from = import.place->name;
        files.files = import.project.files;
        files.count = import.project.file_count;
        result = import_files_check(&files, &diagnostics, error);
    }
    if (result == 0 && import.project.fault != NULL) {
        result = error_set(error, ERROR_REVISION, "Alembic refuses the revisions of %s: %s",
                           import.place->name, import.project.fault);
    }
    if (result == 0) {
        result = import_files_write(&files, error);
    }
    if (result == 0 && import.project.transaction_per_migration) {
        (void)fputs("env.py commits each revision by itself: so does `rollout: {transaction: "
                    "revision}` in " PROJECT_FILE "\n",
                    stderr);
    }
    diagnostics_free(&diagnostics);
    return result;
}

/* ---- other tools ---- */

static import_read *reader_choose(struct invocation *invocation, struct error *error)
{
    const char *tool = invocation->arguments.words.items[0];
    import_read *reader = import_reader(tool);
    if (reader == NULL) {
        (void)error_set(error, ERROR_USAGE, "there is no import from \"%s\"", tool);
        (void)error_hint(error, "there is one from %s, and `drover import alembic`",
                         tool_words(&invocation->arena));
    }
    return reader;
}

/* The files written lie apart from those read: in one folder each revision would stand twice. */
static int apart_check(const char *from, const char *folder, struct error *error)
{
    struct stat one;
    struct stat other;
    if (stat(from, &one) != 0 || stat(folder, &other) != 0 || one.st_dev != other.st_dev ||
        one.st_ino != other.st_ino) {
        return 0;
    }
    (void)error_set(error, ERROR_USAGE, "%s is the folder that is imported", folder);
    return error_hint(error, "--to DIR names another folder for the revisions");
}

static int project_read(struct import_files *files, import_read *read,
                        struct diagnostics *diagnostics, struct error *error)
{
    struct import_project project = {
        .folder = files->from, .arena = &files->invocation->arena, .diagnostics = diagnostics};
    int result = read(&project, error);
    if (result == 0 && project.count == 0) {
        result = error_set(error, ERROR_REVISION, "there are no migrations of %s in %s",
                           files->invocation->arguments.words.items[0], files->from);
    }
    if (result == 0) {
        files->count = import_render(&project, &files->files);
    }
    free(project.steps);
    return result;
}

int command_import(struct invocation *invocation, struct error *error)
{
    struct import_files files = {.invocation = invocation,
                                 .from = invocation->arguments.words.items[1]};
    struct diagnostics diagnostics = {0};
    import_read *reader = reader_choose(invocation, error);
    int result = reader == NULL ? -1 : import_files_folder(&files, error);
    if (result == 0) {
        result = apart_check(files.from, files.folder, error);
    }
    if (result == 0) {
        result = project_read(&files, reader, &diagnostics, error);
    }
    if (result == 0) {
        result = import_files_check(&files, &diagnostics, error);
    }
    if (result == 0) {
        result = import_files_write(&files, error);
    }
    if (result == 0) {
        (void)fprintf(stderr,
                      "`drover adopt %s` then tells Drover where databases stand that it has "
                      "migrated\n",
                      invocation->arguments.words.items[0]);
    }
    diagnostics_free(&diagnostics);
    return result;
}
