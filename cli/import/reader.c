/* What the readers share. */
#include "cli/import/reader.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/base/file.h"
#include "common/config/value.h"
#include "common/revision/source.h"
#include "common/vocabulary/tool.h"

/* ---- files ---- */

struct found {
    const char **items;
    size_t count;
    size_t capacity;
};

const char *import_path(const struct import_project *project, const char *file)
{
    return value_path(file, project->folder, project->arena);
}

static int folder_list(struct import_project *project, const char *below, unsigned depth,
                       struct found *found, struct error *error)
{
    const char *path = below[0] == '\0' ? project->folder : import_path(project, below);
    DIR *directory = opendir(path);
    int result = 0;
    if (directory == NULL) {
        return error_set(error, ERROR_REVISION, "the folder %s cannot be read: %s", path,
                         strerror(errno));
    }
    for (struct dirent *entry = readdir(directory); entry != NULL && result == 0;
         entry = readdir(directory)) {
        const char *name = below[0] == '\0' ? arena_strdup(project->arena, entry->d_name)
                                            : value_path(entry->d_name, below, project->arena);
        struct stat status;
        if (entry->d_name[0] == '.' || stat(import_path(project, name), &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            result = depth > 0 ? folder_list(project, name, depth - 1, found, error) : 0;
        } else {
            found->items =
                array_room((void *)found->items, found->count, &found->capacity, sizeof name);
            found->items[found->count++] = name;
        }
    }
    (void)closedir(directory);
    return result;
}

int import_list(struct import_project *project, unsigned depth, struct texts *files,
                struct error *error)
{
    struct found found = {0};
    int result = folder_list(project, "", depth, &found, error);
    texts_sort(found.items, found.count);
    *files = arena_texts(project->arena, (struct texts){found.items, found.count});
    free((void *)found.items);
    return result;
}

const char *import_text(struct import_project *project, const char *file)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *why = NULL;
    const char *path = import_path(project, file);
    struct buffer content = {0};
    if (file_read_ordinary(path, SOURCE_BYTES_MAX, &content, &why) != 0) {
        (void)diagnostic_add(project->diagnostics, path, 0, 0, "cannot be read: %s", why);
    } else if (memchr(buffer_text(&content), '\0', content.length) != NULL) {
        (void)diagnostic_add(project->diagnostics, path, 0, 0, "holds a NUL");
    }
    const char *text = arena_strdup(project->arena, buffer_text(&content));
    buffer_free(&content);
    return strncmp(text, mark, sizeof mark - 1) == 0 ? text + sizeof mark - 1 : text;
}

void import_leave_out(struct import_project *project, const char *file, const char *why)
{
    struct diagnostic *warning = diagnostic_add(project->diagnostics, import_path(project, file), 0,
                                                0, "is left out: %s", why);
    diagnostic_warn(project->diagnostics, warning);
}

/* ---- steps ---- */

struct import_step *import_step(struct import_project *project)
{
    project->steps =
        array_room(project->steps, project->count, &project->capacity, sizeof *project->steps);
    return &project->steps[project->count++];
}

struct import_step *import_step_of(struct import_project *project, const char *version)
{
    for (size_t i = 0; i < project->count; i++) {
        if (strcmp(project->steps[i].version, version) == 0) {
            return &project->steps[i];
        }
    }
    return NULL;
}

bool import_is_numbered(const char *file, const char *ending)
{
    size_t digits = import_digits(file);
    return digits > 0 && file[digits] == '_' && import_ends(file, ending);
}

struct import_way *import_way_read(struct import_project *project, struct import_step *step,
                                   const char *file, bool down)
{
    struct import_way *way = down ? &step->down : &step->up;
    if (way->sql != NULL) {
        (void)diagnostic_add(project->diagnostics, import_path(project, file), 0, 0,
                             "version %s is that of %s, too", step->version, way->path);
    }
    way->path = import_path(project, file);
    way->sql = import_text(project, file);
    return way;
}

struct import_way *import_numbered(struct import_project *project, const char *file,
                                   const char *ending, bool down)
{
    size_t digits = import_digits(file);
    const char *version = import_number(project, file, digits);
    struct import_step *step = import_step_of(project, version);
    if (step == NULL) {
        step = import_step(project);
        step->version = version;
        step->revision.id = arena_strndup(project->arena, file, digits);
        step->revision.message = import_words(project, file, strlen(file) - strlen(ending));
    }
    return import_way_read(project, step, file, down);
}

void import_up_empty(struct import_project *project)
{
    for (size_t i = 0; i < project->count; i++) {
        struct import_step *step = &project->steps[i];
        if (step->up.sql == NULL) {
            step->up.sql = "";
            step->up.path = step->down.path;
        }
    }
}

static int step_compare(const void *left, const void *right)
{
    const struct import_step *one = left;
    const struct import_step *other = right;
    int order = tool_version_compare(one->version, other->version);
    return order != 0 ? order : strcmp(one->up.path, other->up.path);
}

static int name_compare(const void *left, const void *right)
{
    return strcmp(((const struct import_step *)left)->version,
                  ((const struct import_step *)right)->version);
}

/* By the number, which is the wanted id, then by name. */
static int numbered_compare(const void *left, const void *right)
{
    const struct import_step *one = left;
    const struct import_step *other = right;
    int order = tool_version_compare(one->revision.id, other->revision.id);
    return order != 0 ? order : strcmp(one->version, other->version);
}

static void steps_sort(struct import_project *project,
                       int (*compare)(const void *left, const void *right))
{
    if (project->count > 1) {
        qsort(project->steps, project->count, sizeof *project->steps, compare);
    }
}

void import_sort_names(struct import_project *project)
{
    steps_sort(project, name_compare);
}

void import_sort_numbered_names(struct import_project *project)
{
    steps_sort(project, numbered_compare);
}

void import_sort_numbers(struct import_project *project)
{
    steps_sort(project, step_compare);
}

/* ---- names ---- */

size_t import_digits(const char *text)
{
    size_t digits = 0;
    while (isdigit((unsigned char)text[digits])) {
        digits++;
    }
    return digits;
}

bool import_ends(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

const char *import_number(struct import_project *project, const char *digits, size_t length)
{
    while (length > 1 && *digits == '0') {
        digits++;
        length--;
    }
    return arena_strndup(project->arena, digits, length);
}

const char *import_words(struct import_project *project, const char *name, size_t length)
{
    size_t skip = import_digits(name);
    skip = skip < length ? skip : length;
    skip += skip < length && strchr("_-", name[skip]) != NULL;
    char *words = arena_strndup(project->arena, name + skip, length - skip);
    for (char *at = words; *at != '\0'; at++) {
        if (*at == '_') {
            *at = ' ';
        }
    }
    return words;
}

/* ---- lines ---- */

bool import_line_next(struct import_line *line)
{
    if (line->next == NULL || *line->next == '\0') {
        return false;
    }
    line->text = line->next;
    line->length = strcspn(line->text, "\n");
    line->next = line->text + line->length + (line->text[line->length] == '\n');
    line->length -= line->length > 0 && line->text[line->length - 1] == '\r';
    line->number++;
    return true;
}

const char *import_comment(const struct import_project *project, const struct import_line *line)
{
    const char *at = line->text;
    const char *end = line->text + line->length;
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    if (end - at < 2 || at[0] != '-' || at[1] != '-') {
        return NULL;
    }
    for (at += 2; at < end && (*at == ' ' || *at == '\t');) {
        at++;
    }
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return arena_strndup(project->arena, at, (size_t)(end - at));
}

void import_line_keep(struct import_way *way, struct buffer *sql, const struct import_line *line)
{
    if (sql->length == 0 && line->length == 0) {
        return;
    }
    if (sql->length == 0) {
        way->line = line->number;
    }
    buffer_append(sql, line->text, line->length);
    buffer_text_append(sql, "\n");
}
