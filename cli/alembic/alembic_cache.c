/* The kept answer: .drover/cache/alembic-<sha256>.json beside alembic.ini.
 *
 * The name is made from what is known before Python runs: the place, the interpreters that may be
 * used, the renderer, and whether it is about the SQL or the graph alone. An interpreter without
 * Alembic that is given one later is not noticed: the answer of the one that had it goes on to
 * hold. The answer itself lists every file that it was made from with its SHA-256, among them
 * data files that revisions read and the versions of Alembic and SQLAlchemy, and the folders in
 * which a new Python file would change it. It holds while all of these are as they were; what
 * env.py takes from environment variables counts for a failure only.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/alembic/alembic_answer.h"
#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/base/file.h"
#include "common/config/value.h"
#include "common/revision/digest.h"

extern char **environ;

static const char *cache_folder(const struct alembic_place *place, struct arena *arena)
{
    return value_path(".drover/cache", place->folder, arena);
}

static void path_append(const char *path, struct buffer *out)
{
    char *whole = path == NULL ? NULL : realpath(path, NULL);
    buffer_printf(out, "%s\n", whole != NULL ? whole : path == NULL ? "" : path);
    free(whole);
}

/* The digest of the environment, by which a failure may come and go. */
static void surroundings_digest(char digest[DIGEST_TEXT_BYTES])
{
    static const char *const fleeting[] = {"_=", "SHLVL=", "PWD=", "OLDPWD=", "COLUMNS=", "LINES="};
    struct buffer text = {0};
    for (char **item = environ; *item != NULL; item++) {
        bool lasting = true;
        for (size_t i = 0; i < LENGTH(fleeting); i++) {
            lasting = lasting && strncmp(*item, fleeting[i], strlen(fleeting[i])) != 0;
        }
        buffer_printf(&text, "%s\n", lasting ? *item : "");
    }
    digest_text(text.data, text.length, digest);
    buffer_free(&text);
}

/* A failure is kept as well, for the same environment. */
static bool surroundings_hold(const json_t *answer)
{
    char digest[DIGEST_TEXT_BYTES];
    surroundings_digest(digest);
    return !json_is_object(json_object_get(answer, "fault")) ||
           strcmp(answer_text(answer, "surroundings"), digest) == 0;
}

static const char *cache_path(const struct alembic_question *question, struct arena *arena)
{
    static const char *const settings[] = {"VIRTUAL_ENV", "PYTHONPATH", "PYENV_VERSION",
                                           "FLASK_APP"};
    char digest[DIGEST_TEXT_BYTES];
    struct buffer key = {0};
    path_append(question->place->ini, &key);
    path_append(question->place->scripts, &key);
    for (size_t i = 0; i < question->pythons.count; i++) {
        buffer_printf(&key, "%s\n", question->pythons.items[i]);
    }
    buffer_printf(&key, "%s\n", alembic_settings_text(&question->place->settings, arena));
    path_append(".", &key);
    for (size_t i = 0; i < LENGTH(settings); i++) {
        const char *value = getenv(settings[i]);
        buffer_printf(&key, "%s=%s\n", settings[i], value == NULL ? "" : value);
    }
    buffer_text_append(&key, question->sql ? "sql\n" : "graph\n");
    buffer_text_append(&key, alembic_render_program);
    digest_text(key.data, key.length, digest);
    buffer_free(&key);
    return arena_printf(arena, "%s/alembic-%s.json", cache_folder(question->place, arena), digest);
}

static bool file_digest(const char *path, char digest[DIGEST_TEXT_BYTES])
{
    struct buffer content = {0};
    const char *why = NULL;
    int result = file_read_ordinary(path, SIZE_MAX, &content, &why);
    digest_text(buffer_text(&content), content.length, digest);
    buffer_free(&content);
    return result == 0;
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

json_t *alembic_cache_read(const struct alembic_question *question)
{
    struct arena arena = {0};
    json_t *answer = json_load_file(cache_path(question, &arena), 0, NULL);
    json_t *inputs = json_object_get(answer, "inputs");
    bool holds = json_integer_value(json_object_get(answer, "format")) == ALEMBIC_ANSWER_FORMAT &&
                 inputs_hold(inputs) && surroundings_hold(answer);
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

void alembic_cache_write(const struct alembic_question *question, json_t *answer)
{
    struct arena arena = {0};
    char surroundings[DIGEST_TEXT_BYTES];
    surroundings_digest(surroundings);
    (void)json_object_set_new(answer, "surroundings", json_string(surroundings));
    const char *folder = cache_folder(question->place, &arena);
    const char *path = cache_path(question, &arena);
    const char *draft = arena_printf(&arena, "%s.%ld", path, (long)getpid());
    if (json_object_size(json_object_get(answer, "inputs")) > 0 &&
        folder_make(value_path(".drover", question->place->folder, &arena)) &&
        folder_make(folder) &&
        (json_dump_file(answer, draft, JSON_COMPACT) != 0 || rename(draft, path) != 0)) {
        (void)unlink(draft);
    }
    arena_free(&arena);
}
