/* `import alembic`: an Alembic project as native .sql files, once and
 * for all. No database is needed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/alembic/alembic.h"
#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/config/value.h"

struct import {
    struct invocation *invocation;
    const struct alembic_place *place;
    const char *folder; /* to write into */
    struct alembic_project project;
    const char **paths; /* of the files to write */
    size_t written;
};

/* The project: as named, else the configuration's, else the one here. */
static int place_choose(struct import *import, struct error *error)
{
    struct invocation *invocation = import->invocation;
    struct texts words = invocation->arguments.words;
    if (words.count > 0) {
        import->place = alembic_find(words.items[0], &invocation->arena);
        if (import->place == NULL) {
            import->place = alembic_find(
                value_path("alembic.ini", words.items[0], &invocation->arena), &invocation->arena);
        }
        return 0;
    }
    if (project_folder(invocation, error) == NULL) {
        return -1;
    }
    import->place = invocation->alembic != NULL ? invocation->alembic
                                                : alembic_find("alembic.ini", &invocation->arena);
    return 0;
}

static bool has_file(const char *folder, const char *name, struct arena *arena)
{
    return access(value_path(name, folder, arena), F_OK) == 0;
}

static int folder_choose(struct import *import, struct error *error)
{
    struct invocation *invocation = import->invocation;
    const char *folder = arguments_value(&invocation->arguments, OPTION_TO);
    import->folder = folder == NULL ? PROJECT_MIGRATIONS : folder;
    if (has_file(import->folder, "env.py", &invocation->arena) ||
        has_file(import->folder, "alembic.ini", &invocation->arena)) {
        (void)error_set(error, ERROR_USAGE, "%s belongs to an Alembic project", import->folder);
        return error_hint(error, "--to DIR names another folder for the .sql files");
    }
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
    import->paths = arena_array(arena, project->file_count, sizeof *import->paths);
    for (size_t i = 0; i < project->file_count; i++) {
        import->paths[i] = value_path(project->files[i].name, import->folder, arena);
    }
}

/* The files must make a project before any is written. */
static int project_check(struct import *import, struct diagnostics *diagnostics,
                         struct error *error)
{
    struct bundle *bundle = bundle_build(import->project.files, import->project.file_count,
                                         import->folder, diagnostics);
    struct buffer text = {0};
    bundle_free(bundle);
    diagnostics_print(diagnostics, &text);
    (void)fputs(buffer_text(&text), stderr);
    buffer_free(&text);
    if (diagnostics->error_count > 0) {
        (void)error_set(error, ERROR_REVISION, "%s cannot be imported: %zu %s, shown above",
                        import->place->name, diagnostics->error_count,
                        diagnostics->error_count == 1 ? "error" : "errors");
        return error_hint(error, "nothing was written");
    }
    for (size_t i = 0; i < import->project.file_count; i++) {
        if (access(import->paths[i], F_OK) == 0) {
            (void)error_set(error, ERROR_USAGE, "%s exists already", import->paths[i]);
            return error_hint(error, "nothing was written; --to DIR names another folder");
        }
    }
    return 0;
}

static int file_write(const char *path, const struct bundle_file *file, struct error *error)
{
    int file_descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool written = file_descriptor >= 0 &&
                   write(file_descriptor, file->content, file->length) == (ssize_t)file->length;
    int reason = errno;
    if (file_descriptor >= 0 && close(file_descriptor) != 0) {
        written = false;
        reason = errno;
    }
    if (written) {
        return 0;
    }
    if (file_descriptor >= 0) {
        (void)unlink(path);
    }
    return error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(reason));
}

/* All files or none. */
static int files_write(struct import *import, struct error *error)
{
    if (mkdir(import->folder, 0777) != 0 && errno != EEXIST) {
        return error_set(error, ERROR_IO, "the folder %s cannot be made: %s", import->folder,
                         strerror(errno));
    }
    for (size_t i = 0; i < import->project.file_count; i++) {
        if (file_write(import->paths[i], &import->project.files[i], error) != 0) {
            while (i-- > 0) {
                (void)unlink(import->paths[i]);
            }
            return -1;
        }
    }
    return 0;
}

static void files_tell(const struct import *import)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < import->project.file_count; i++) {
        if (import->invocation->json) {
            (void)json_array_append_new(paths, json_text(import->paths[i]));
        } else {
            (void)printf("%s\n", import->paths[i]);
        }
    }
    if (import->invocation->json) {
        json_page(json_pack("{s:O}", "paths", paths));
    }
    json_decref(paths);
}

int command_import_alembic(struct invocation *invocation, struct error *error)
{
    struct import import = {.invocation = invocation};
    struct diagnostics diagnostics = {0};
    int result = place_choose(&import, error);
    if (result == 0) {
        result = folder_choose(&import, error);
    }
    if (result == 0) {
        result = alembic_load(import.place, ALEMBIC_IN_FILE, &invocation->arena, &import.project,
                              &diagnostics, error);
    }
    if (result == 0) {
        names_choose(&import);
        result = project_check(&import, &diagnostics, error);
    }
    if (result == 0 && import.project.fault != NULL) {
        result = error_set(error, ERROR_REVISION, "Alembic refuses the revisions of %s: %s",
                           import.place->name, import.project.fault);
    }
    if (result == 0) {
        result = files_write(&import, error);
    }
    if (result == 0) {
        files_tell(&import);
        if (import.project.transaction_per_migration) {
            (void)fputs("env.py commits each revision by itself: so does `rollout: {transaction: "
                        "revision}` in " PROJECT_FILE "\n",
                        stderr);
        }
    }
    diagnostics_free(&diagnostics);
    return result;
}
