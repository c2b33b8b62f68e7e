/* Imported revisions on their way into a folder (import_files.h). */
#include "cli/commands/import_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/config/value.h"

static bool has_file(const char *folder, const char *name, struct arena *arena)
{
    return access(value_path(name, folder, arena), F_OK) == 0;
}

int import_files_folder(struct import_files *import, struct error *error)
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

int import_files_check(struct import_files *import, struct diagnostics *diagnostics,
                       struct error *error)
{
    struct arena *arena = &import->invocation->arena;
    import->paths = arena_array(arena, import->count, sizeof *import->paths);
    for (size_t i = 0; i < import->count; i++) {
        import->paths[i] = value_path(import->files[i].name, import->folder, arena);
    }
    struct bundle *bundle = bundle_build(import->files, import->count, import->folder, diagnostics);
    struct buffer text = {0};
    bundle_free(bundle);
    diagnostics_print(diagnostics, &text);
    (void)fputs(buffer_text(&text), stderr);
    buffer_free(&text);
    if (diagnostics->error_count > 0) {
        (void)error_set(error, ERROR_REVISION, "%s cannot be imported: %zu %s, shown above",
                        import->from, diagnostics->error_count,
                        diagnostics->error_count == 1 ? "error" : "errors");
        return error_hint(error, "nothing was written");
    }
    for (size_t i = 0; i < import->count; i++) {
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

static void files_tell(const struct import_files *import)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < import->count; i++) {
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

int import_files_write(struct import_files *import, struct error *error)
{
    if (mkdir(import->folder, 0777) != 0 && errno != EEXIST) {
        return error_set(error, ERROR_IO, "the folder %s cannot be made: %s", import->folder,
                         strerror(errno));
    }
    for (size_t i = 0; i < import->count; i++) {
        if (file_write(import->paths[i], &import->files[i], error) != 0) {
            while (i-- > 0) {
                (void)unlink(import->paths[i]);
            }
            return -1;
        }
    }
    files_tell(import);
    return 0;
}
