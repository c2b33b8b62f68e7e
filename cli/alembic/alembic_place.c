/* Finding a project from what the user names.
 *
 * A script folder alone says nothing of the settings, so that the alembic.ini or pyproject.toml that
 * names it is looked for in the folders above. Whether it really means this folder is decided by Alembic's own
 * reading (alembic_render.py); here it is enough that the last part of the name is the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/alembic/alembic.h"
#include "common/config/value.h"

#define INI_NAME  "alembic.ini"
#define TOML_NAME "pyproject.toml"

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* "a/b" -> "a"; "b" -> "."; "/b" -> "/". */
static const char *folder_of(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return ".";
    }
    return slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* As people type it: relative to the current folder when it is below. */
static const char *path_shorten(const char *path, struct arena *arena)
{
    char *here = realpath(".", NULL);
    size_t length = here == NULL ? 0 : strlen(here);
    bool below = length > 1 && strncmp(path, here, length) == 0 && path[length] == '/';
    free(here);
    return arena_strdup(arena, below ? path + length + 1 : path);
}

/* Whether the value in the line ends in this name; the line is cut. */
static bool line_names(char *line, const char *name)
{
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n/\"'", line[length - 1]) != NULL) {
        line[--length] = '\0';
    }
    size_t start = length;
    while (start > 0 && strchr("/:= \t\"'", line[start - 1]) == NULL) {
        start--;
    }
    return strcmp(line + start, name) == 0;
}

/* Whether a line begins with these words and, unless `name` is NULL, ends in that name. */
static bool file_says(const char *path, const char *words, const char *name)
{
    char line[4096];
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found =
            strncmp(line, words, strlen(words)) == 0 && (name == NULL || line_names(line, name));
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

/* The alembic.ini of a folder, else its pyproject.toml when that has settings of Alembic; or NULL. */
static const char *settings_of(const char *folder, struct arena *arena)
{
    const char *ini = value_path(INI_NAME, folder, arena);
    const char *toml = value_path(TOML_NAME, folder, arena);
    if (is_file(ini)) {
        return ini;
    }
    return is_file(toml) && file_says(toml, "[tool.alembic", NULL) ? toml : NULL;
}

/* The settings that name the script folder: of the nearest folder above it, or its own, as
 * Flask-Migrate has them; or NULL. */
static const char *settings_above(const char *scripts, struct arena *arena)
{
    const char *name = name_of(scripts);
    const char *folder = scripts;
    while (strcmp(folder, "/") != 0) {
        folder = folder_of(folder, arena);
        const char *settings = settings_of(folder, arena);
        if (settings != NULL && file_says(settings, "script_location", name)) {
            return path_shorten(settings, arena);
        }
    }
    const char *own = value_path(INI_NAME, scripts, arena);
    return is_file(own) ? path_shorten(own, arena) : NULL;
}

static bool is_script_folder(const char *path, struct arena *arena)
{
    return is_file(value_path("env.py", path, arena)) &&
           (access(value_path("versions", path, arena), F_OK) == 0 ||
            is_file(value_path("script.py.mako", path, arena)));
}

static struct alembic_place *place_of_ini(const char *ini, struct arena *arena)
{
    struct alembic_place *place = arena_alloc(arena, sizeof *place);
    place->ini = arena_strdup(arena, ini);
    place->name = place->ini;
    place->folder = folder_of(place->ini, arena);
    place->scripts = NULL;
    return place;
}

/* The script folder: `path`, or the one in which `path` is the folder
 * versions. In full; NULL: neither. */
static const char *scripts_find(const char *path, struct arena *arena)
{
    char *whole = realpath(path, NULL);
    const char *scripts = whole == NULL ? NULL : arena_strdup(arena, whole);
    free(whole);
    if (scripts != NULL && strcmp(name_of(scripts), "versions") == 0 &&
        !is_script_folder(scripts, arena)) {
        scripts = folder_of(scripts, arena);
    }
    return scripts != NULL && is_script_folder(scripts, arena) ? scripts : NULL;
}

static struct alembic_place *place_of_scripts(const char *scripts, struct arena *arena)
{
    const char *ini = settings_above(scripts, arena);
    struct alembic_place *place = arena_alloc(arena, sizeof *place);
    place->ini = ini;
    place->scripts = scripts;
    place->name = ini == NULL ? path_shorten(scripts, arena) : ini;
    place->folder = folder_of(place->name, arena);
    return place;
}

static struct alembic_place *place_find(const char *path, struct arena *arena)
{
    /* The configuration makes DIR/alembic.ini of DIR. Alembic reads an alembic.ini beside a
     * pyproject.toml as well. */
    bool standard = strcmp(name_of(path), INI_NAME) == 0 || strcmp(name_of(path), TOML_NAME) == 0;
    const char *folder = standard ? folder_of(path, arena) : path;
    const char *settings = settings_of(folder, arena);
    if (!standard && is_file(path)) {
        return place_of_ini(path, arena);
    }
    if (settings != NULL || is_file(path)) {
        return place_of_ini(settings != NULL ? settings : path, arena);
    }
    const char *scripts = scripts_find(folder, arena);
    bool named = standard || ends_with(path, ".ini");
    return scripts != NULL ? place_of_scripts(scripts, arena)
           : named         ? place_of_ini(path, arena)
                           : NULL;
}

const struct alembic_place *alembic_find(const char *path, struct alembic_settings settings,
                                         struct arena *arena)
{
    struct alembic_place *place = place_find(path, arena);
    if (place != NULL) {
        place->settings = settings;
    }
    return place;
}
