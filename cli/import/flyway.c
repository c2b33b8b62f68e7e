/* Flyway: V1_2__words.sql in order of the version's numbers, in folders too; U1_2__words.sql is its way down; NAME.sql.conf
 * says what runs outside a transaction. Repeatable migrations, baselines and callbacks are no steps. */
#include <stdlib.h>
#include <string.h>

#include "cli/import/reader.h"
#include "common/vocabulary/tool.h"

static const char *name_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash == NULL ? file : slash + 1;
}

/* "V1_2__words.sql": "1.2"; NULL: the name is no version's. */
static const char *version_of(struct import_project *project, const char *name)
{
    const char *end = strstr(name, "__");
    const char *from = name + 1;
    size_t length = end == NULL ? 0 : (size_t)(end - from);
    if (length == 0 || strspn(from, "0123456789._") < length) {
        return NULL;
    }
    char *version = arena_strndup(project->arena, from, length);
    for (char *at = version; *at != '\0'; at++) {
        if (*at == '_') {
            *at = '.';
        }
    }
    return version;
}

/* Whether "executeInTransaction=false" stands in the file beside it. */
static bool is_outside(struct import_project *project, const struct texts *files, const char *file)
{
    const char *beside = arena_printf(project->arena, "%s.conf", file);
    if (!texts_hold(*files, beside)) {
        return false;
    }
    const char *key = strstr(import_text(project, beside), "executeInTransaction");
    return key != NULL && strncmp(key + strcspn(key, "=\n"), "=false", 6) == 0;
}

static void way_take(struct import_project *project, const struct texts *files, const char *file,
                     const char *version, bool down)
{
    const char *name = name_of(file);
    struct import_step *step = import_step_of(project, version);
    if (step == NULL) {
        step = import_step(project);
        step->version = version;
        const char *words = strstr(name, "__") + 2;
        step->revision.message = import_words(project, words, strlen(words) - strlen(".sql"));
    }
    struct import_way *way = import_way_read(project, step, file, down);
    way->outside = is_outside(project, files, file);
    if (strstr(way->sql, "${") != NULL) {
        way->unavailable = "it has a placeholder, ${...}";
    }
}

static void file_take(struct import_project *project, const struct texts *files, const char *file)
{
    const char *name = name_of(file);
    const char *version = name[0] == 'V' || name[0] == 'U' ? version_of(project, name) : NULL;
    if (version != NULL) {
        way_take(project, files, file, version, name[0] == 'U');
    } else if (strncmp(name, "R__", 3) == 0) {
        import_leave_out(project, file,
                         "it is repeatable, which no revision is: put what it does into a revision "
                         "whenever it changes");
    } else if (name[0] == 'B' && version_of(project, name) != NULL) {
        import_leave_out(project, file, "it is a baseline, of what other files do");
    } else {
        import_leave_out(project, file, "its name is not V1__WORDS.sql: a callback?");
    }
}

static int version_compare(const void *left, const void *right)
{
    return tool_version_compare(((const struct import_step *)left)->version,
                                ((const struct import_step *)right)->version);
}

int import_flyway(struct import_project *project, struct error *error)
{
    enum { DEPTH_MAX = 8 };
    struct texts files;
    if (import_list(project, DEPTH_MAX, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        if (import_ends(files.items[i], ".sql")) {
            file_take(project, &files, files.items[i]);
        } else if (import_ends(files.items[i], ".java") || import_ends(files.items[i], ".class")) {
            import_leave_out(project, files.items[i], "it is a step in Java");
        }
    }
    import_up_empty(project);
    if (project->count > 1) {
        qsort(project->steps, project->count, sizeof *project->steps, version_compare);
    }
    return 0;
}
