/* Which interpreters may have the project's Alembic.
 *
 * DROVER_PYTHON decides alone. Otherwise the project's virtual environment comes first: the one
 * that is active, then one beside alembic.ini, in the folder above it or in the current one; then
 * every python3 on PATH, for the first is often a version manager's, which has no Alembic, and last
 * the system's own.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/alembic/alembic_answer.h"
#include "common/base/array.h"
#include "common/config/value.h"

enum { PYTHONS_MAX = 32 };

struct pythons {
    const char **items;
    size_t count;
    struct arena *arena;
};

static void python_add(struct pythons *pythons, const char *path)
{
    for (size_t i = 0; i < pythons->count; i++) {
        if (strcmp(pythons->items[i], path) == 0) {
            return;
        }
    }
    if (pythons->count < PYTHONS_MAX && access(path, X_OK) == 0) {
        pythons->items[pythons->count++] = arena_strdup(pythons->arena, path);
    }
}

static void path_search(struct pythons *pythons, const char *name)
{
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        if (length > 0) {
            python_add(pythons, arena_printf(pythons->arena, "%.*s/%s", (int)length, path, name));
        }
        path += length + (path[length] == ':');
    }
}

static void environment_add(struct pythons *pythons, const char *folder)
{
    python_add(pythons, arena_printf(pythons->arena, "%s/bin/python", folder));
}

static void defaults_add(struct pythons *pythons, const struct alembic_place *place)
{
    const char *active = getenv("VIRTUAL_ENV");
    if (active != NULL && active[0] != '\0') {
        environment_add(pythons, active);
    }
    /* Flask-Migrate's ini stands in a folder of the project's. */
    const char *const folders[] = {place->folder, value_path("..", place->folder, pythons->arena),
                                   "."};
    for (size_t i = 0; i < LENGTH(folders); i++) {
        environment_add(pythons, value_path(".venv", folders[i], pythons->arena));
        environment_add(pythons, value_path("venv", folders[i], pythons->arena));
    }
    path_search(pythons, "python3");
    python_add(pythons, "/usr/bin/python3");
}

struct texts alembic_pythons(const struct alembic_place *place, struct arena *arena)
{
    struct pythons pythons = {.items = arena_array(arena, PYTHONS_MAX, sizeof(const char *)),
                              .arena = arena};
    const char *named = getenv("DROVER_PYTHON");
    bool decided = named != NULL && named[0] != '\0';
    if (!decided) {
        defaults_add(&pythons, place);
    } else if (strchr(named, '/') == NULL) {
        path_search(&pythons, named);
        pythons.count = pythons.count > 1 ? 1 : pythons.count;
    }
    if (pythons.count == 0) {
        pythons.items[pythons.count++] = decided ? arena_strdup(arena, named) : "python3";
    }
    return (struct texts){.items = pythons.items, .count = pythons.count};
}
