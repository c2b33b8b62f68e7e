/* Finding a project from what the user names.
 *
 * A script folder alone says nothing of the settings, so that the alembic.ini that names it is
 * looked for in the folders above. Whether it really means this folder is decided by Alembic's own
 * reading (alembic_render.py); here it is enough that the last part of the name is the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/alembic/alembic.h"
#include "common/config/value.h"

#define INI_NAME "alembic.ini"

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

/* Whether a line `script_location = ...` of the ini ends in this name. */
static bool ini_names(const char *ini, const char *name)
{
    static const char key[] = "script_location";
    char line[4096];
    bool found = false;
    FILE *file = fopen(ini, "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, sizeof key - 1) != 0) {
            continue;
        }
        size_t length = strlen(line);
        while (length > 0 && strchr(" \t\r\n/", line[length - 1]) != NULL) {
            line[--length] = '\0';
        }
        size_t start = length;
        while (start > 0 && strchr("/:= \t", line[start - 1]) == NULL) {
            start--;
        }
        found = strcmp(line + start, name) == 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

/* The nearest alembic.ini above the script folder that names it, or NULL. */
static const char *ini_above(const char *scripts, struct arena *arena)
{
    const char *name = name_of(scripts);
    const char *folder = scripts;
    while (strcmp(folder, "/") != 0) {
        folder = folder_of(folder, arena);
        const char *ini = value_path(INI_NAME, folder, arena);
        if (is_file(ini) && ini_names(ini, name)) {
            return path_shorten(ini, arena);
        }
    }
    return NULL;
}

static bool is_script_folder(const char *path, struct arena *arena)
{
    return is_file(value_path("env.py", path, arena)) &&
           (access(value_path("versions", path, arena), F_OK) == 0 ||
            is_file(value_path("script.py.mako", path, arena)));
}

static const struct alembic_place *place_of_ini(const char *ini, struct arena *arena)
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

const struct alembic_place *alembic_find(const char *path, struct arena *arena)
{
    const char *own = value_path(INI_NAME, path, arena);
    if (is_file(path) || is_file(own)) {
        return place_of_ini(is_file(path) ? path : own, arena);
    }
    /* The configuration makes DIR/alembic.ini of DIR. */
    bool named = ends_with(path, ".ini");
    const char *scripts =
        scripts_find(strcmp(name_of(path), INI_NAME) == 0 ? folder_of(path, arena) : path, arena);
    if (scripts == NULL) {
        return named ? place_of_ini(path, arena) : NULL;
    }
    const char *ini = ini_above(scripts, arena);
    struct alembic_place *place = arena_alloc(arena, sizeof *place);
    place->ini = ini;
    place->scripts = scripts;
    place->name = ini == NULL ? path_shorten(scripts, arena) : ini;
    place->folder = folder_of(place->name, arena);
    return place;
}
