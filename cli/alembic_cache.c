/* The kept answer: .drover/cache/alembic-<sha256>.json beside alembic.ini.
 *
 * The name is made from what is known before Python runs: the ini file, the interpreter, the
 * renderer. The answer itself lists every file that it was made from with its SHA-256, among them
 * data files that revisions read and the versions of Alembic and SQLAlchemy, and the folders in
 * which a new Python file would change it. It holds while all of these are as they were. What
 * env.py takes from environment variables is not looked at.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/alembic_answer.h"
#include "common/base/buffer.h"
#include "common/revision/digest.h"

static const char *cache_folder(const char *ini, struct arena *arena)
{
    return arena_printf(arena, "%s/.drover/cache", alembic_folder(ini, arena));
}

static const char *cache_path(const char *ini, const char *python, struct arena *arena)
{
    static const char *const settings[] = {"VIRTUAL_ENV", "PYTHONPATH", "PYENV_VERSION"};
    char digest[DIGEST_TEXT_BYTES];
    struct buffer key = {0};
    char *whole = realpath(ini, NULL);
    buffer_printf(&key, "%s\n%s\n", whole == NULL ? ini : whole, python);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *value = getenv(settings[i]);
        buffer_printf(&key, "%s=%s\n", settings[i], value == NULL ? "" : value);
    }
    buffer_text_append(&key, alembic_render_program);
    digest_text(key.data, key.length, digest);
    buffer_free(&key);
    free(whole);
    return arena_printf(arena, "%s/alembic-%s.json", cache_folder(ini, arena), digest);
}

static bool file_digest(const char *path, char digest[DIGEST_TEXT_BYTES])
{
    struct buffer content = {0};
    char chunk[16384];
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return false;
    }
    for (size_t got = fread(chunk, 1, sizeof chunk, file); got > 0;
         got = fread(chunk, 1, sizeof chunk, file)) {
        buffer_append(&content, chunk, got);
    }
    bool read = ferror(file) == 0;
    (void)fclose(file);
    digest_text(buffer_text(&content), content.length, digest);
    buffer_free(&content);
    return read;
}

static bool inputs_hold(json_t *inputs)
{
    const char *path = NULL;
    json_t *expected = NULL;
    char digest[DIGEST_TEXT_BYTES];
    json_object_foreach(inputs, path, expected)
    {
        if (!file_digest(path, digest) || !json_is_string(expected) ||
            strcmp(digest, json_string_value(expected)) != 0) {
            return false;
        }
    }
    return json_object_size(inputs) > 0;
}

static bool is_python_file(const char *name)
{
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".py") == 0;
}

/* Whether every Python file below the folder is among the inputs. A folder that is gone is: its
 * files were. */
static bool folder_holds(const char *folder, const json_t *inputs, struct arena *arena)
{
    bool holds = true;
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return true;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL && holds;
         entry = readdir(directory)) {
        const char *name = entry->d_name;
        const char *path = arena_printf(arena, "%s/%s", folder, name);
        struct stat status;
        if (is_python_file(name)) {
            holds = json_object_get(inputs, path) != NULL;
        } else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
                   strcmp(name, "__pycache__") != 0 && lstat(path, &status) == 0 &&
                   S_ISDIR(status.st_mode)) {
            holds = folder_holds(path, inputs, arena);
        }
    }
    (void)closedir(directory);
    return holds;
}

json_t *alembic_cache_read(const char *ini, const char *python)
{
    struct arena arena = {0};
    json_t *answer = json_load_file(cache_path(ini, python, &arena), 0, NULL);
    json_t *inputs = json_object_get(answer, "inputs");
    bool holds = json_integer_value(json_object_get(answer, "format")) == 1 && inputs_hold(inputs);
    size_t index = 0;
    json_t *folder = NULL;
    json_array_foreach(json_object_get(answer, "folders"), index, folder)
    {
        holds = holds && json_is_string(folder) &&
                folder_holds(json_string_value(folder), inputs, &arena);
    }
    if (!holds) {
        json_decref(answer);
        answer = NULL;
    }
    arena_free(&arena);
    return answer;
}

static bool folder_make(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

void alembic_cache_write(const char *ini, const char *python, const json_t *answer)
{
    struct arena arena = {0};
    const char *path = cache_path(ini, python, &arena);
    const char *draft = arena_printf(&arena, "%s.%ld", path, (long)getpid());
    if (folder_make(arena_printf(&arena, "%s/.drover", alembic_folder(ini, &arena))) &&
        folder_make(cache_folder(ini, &arena)) &&
        (json_dump_file(answer, draft, JSON_COMPACT) != 0 || rename(draft, path) != 0)) {
        (void)unlink(draft);
    }
    arena_free(&arena);
}
