/* A folder of revisions. */
#include "cli/project/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/base/file.h"
#include "common/config/value.h"
#include "common/revision/source.h"

enum {
    NAMED_MAX = 10, /* passed over: so many are named, the rest is counted */
    DEPTH_MAX = 8,  /* of the sub-folders that are searched for revisions */
};

struct names {
    const char **items;
    size_t count;
    size_t capacity;
};

struct folder {
    const char *path;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct names revisions;
    struct names passed;
};

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t tail = strlen(ending);
    return length > tail && strcasecmp(name + length - tail, ending) == 0;
}

/* Papers that lie beside revisions and are no oversight. */
static bool is_document(const char *name)
{
    static const char *const endings[] = {".md", ".rst", ".txt", ".adoc", ".html"};
    static const char *const beginnings[] = {"readme", "license", "changelog", "makefile",
                                             "dockerfile"};
    for (size_t i = 0; i < LENGTH(endings); i++) {
        if (has_ending(name, endings[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < LENGTH(beginnings); i++) {
        if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Whether a *.sql, in any case, lies in the folder or below it. One that cannot be read may. */
static bool holds_revisions(const char *path, unsigned depth, struct arena *arena)
{
    DIR *directory = opendir(path);
    if (directory == NULL || depth == DEPTH_MAX) {
        return directory == NULL || closedir(directory) == 0;
    }
    bool found = false;
    for (struct dirent *entry = readdir(directory); entry != NULL && !found;
         entry = readdir(directory)) {
        const char *below = value_path(entry->d_name, path, arena);
        found = entry->d_name[0] != '.' &&
                (has_ending(entry->d_name, ".sql") ||
                 (is_folder(below) && holds_revisions(below, depth + 1, arena)));
    }
    (void)closedir(directory);
    return found;
}

static void name_add(struct names *list, const char *name)
{
    list->items =
        array_room((void *)list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = name;
}

/* Where an entry belongs: NULL: nowhere, without a word. */
static struct names *entry_sort(struct folder *folder, const char **name)
{
    const char *path = value_path(*name, folder->path, folder->arena);
    if (is_folder(path)) {
        bool meant = (*name)[0] != '.' &&
                     (has_ending(*name, ".sql") || holds_revisions(path, 1, folder->arena));
        *name = arena_printf(folder->arena, "%s/", *name);
        return meant ? &folder->passed : NULL;
    }
    size_t length = strlen(*name);
    if ((*name)[0] == '.') {
        return NULL; /* what editors and version control keep for themselves */
    }
    if (length > 4 && strcmp(*name + length - 4, ".sql") == 0) {
        return &folder->revisions;
    }
    if (has_ending(*name, ".sql")) {
        struct diagnostic *fault = diagnostic_add(folder->diagnostics, path, 0, 0,
                                                  "is passed over: the ending is not \".sql\"");
        diagnostic_hint(folder->diagnostics, fault,
                        "rename it to end in .sql in lower case, or move it elsewhere");
        return NULL;
    }
    return is_document(*name) ? NULL : &folder->passed;
}

/* Fills `revisions` and `passed`, sorted; the caller frees their items. */
static int folder_list(struct folder *folder, struct error *error)
{
    DIR *directory = opendir(folder->path);
    if (directory == NULL) {
        (void)error_set(error, ERROR_REVISION, "the migrations folder %s cannot be read: %s",
                        folder->path, strerror(errno));
        return error_hint(error, "`drover init` makes one; --migrations DIR names another");
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        const char *name = arena_strdup(folder->arena, entry->d_name);
        struct names *list = entry_sort(folder, &name);
        if (list != NULL) {
            name_add(list, name);
        }
    }
    (void)closedir(directory);
    texts_sort(folder->revisions.items, folder->revisions.count);
    texts_sort(folder->passed.items, folder->passed.count);
    return 0;
}

static void passed_tell(const struct folder *folder)
{
    size_t count = folder->passed.count;
    if (count == 0) {
        return;
    }
    struct buffer names = {0};
    for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", folder->passed.items[i]);
    }
    if (count > NAMED_MAX) {
        buffer_printf(&names, " and %zu more", count - NAMED_MAX);
    }
    struct diagnostic *warning = diagnostic_add(folder->diagnostics, folder->path, 0, 0,
                                                "passed over: %s", buffer_text(&names));
    diagnostic_hint(folder->diagnostics, warning,
                    "revisions are the files *.sql directly in the folder");
    diagnostic_warn(folder->diagnostics, warning);
    buffer_free(&names);
}

/* No more than makes a revision too long, which whoever reads its text refuses. */
static int file_read(const char *path, struct arena *arena, struct bundle_file *file,
                     struct error *error)
{
    const char *why = NULL;
    struct buffer content = {0};
    int result = file_read_ordinary(path, SOURCE_BYTES_MAX, &content, &why);
    bundle_file_fill(file, &content, arena);
    return result == 0 ? 0 : error_set(error, ERROR_REVISION, "%s cannot be read: %s", path, why);
}

int folder_read(const char *path, struct arena *arena, struct bundle_file **files, size_t *count,
                struct diagnostics *diagnostics, struct error *error)
{
    struct folder folder = {.path = path, .arena = arena, .diagnostics = diagnostics};
    int result = folder_list(&folder, error);
    *count = folder.revisions.count;
    *files = arena_array(arena, *count, sizeof **files);
    for (size_t i = 0; i < *count && result == 0; i++) {
        (*files)[i].name = folder.revisions.items[i];
        result = file_read(value_path((*files)[i].name, path, arena), arena, &(*files)[i], error);
    }
    passed_tell(&folder);
    free((void *)folder.revisions.items);
    free((void *)folder.passed.items);
    return result;
}
