/* Finds the project, gets the answer, makes revisions of it; words for what goes wrong. */
#include "cli/alembic.h"

#include <string.h>
#include <sys/stat.h>

#include "cli/alembic_answer.h"

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

const char *alembic_find(const char *path, struct arena *arena)
{
    size_t length = strlen(path);
    if (is_file(path) || (length > 4 && strcmp(path + length - 4, ".ini") == 0)) {
        return arena_strdup(arena, path);
    }
    const char *ini = arena_printf(arena, "%s%salembic.ini", path,
                                   length > 0 && path[length - 1] == '/' ? "" : "/");
    return is_file(ini) ? ini : NULL;
}

const char *alembic_folder(const char *ini, struct arena *arena)
{
    const char *slash = strrchr(ini, '/');
    if (slash == NULL) {
        return ".";
    }
    return slash == ini ? "/" : arena_strndup(arena, ini, (size_t)(slash - ini));
}

/* "TypeError: ... (env.py:12)" */
static const char *fault_text(const json_t *fault, struct arena *arena)
{
    const char *type = answer_text(fault, "type");
    const char *file = answer_text(fault, "file");
    bool told = strcmp(type, "CommandError") == 0 || strcmp(type, "Unrenderable") == 0 ||
                strcmp(type, "RevisionError") == 0;
    const char *text = arena_printf(arena, "%s%s%s", told ? "" : type, told ? "" : ": ",
                                    answer_text(fault, "message"));
    return file[0] == '\0' || told
               ? text
               : arena_printf(arena, "%s (%s:%d)", text, file,
                              (int)json_integer_value(json_object_get(fault, "line")));
}

static int fault_tell(const char *ini, const char *python, const json_t *fault, struct arena *arena,
                      struct error *error)
{
    const char *kind = answer_text(fault, "kind");
    const char *text = fault_text(fault, arena);
    if (strcmp(kind, "missing") == 0) {
        (void)error_set(error, ERROR_CONFIG, "%s has no Alembic, which renders %s: %s", python, ini,
                        answer_text(fault, "message"));
        return error_hint(error, "DROVER_PYTHON names the project's interpreter, such as "
                                 "venv/bin/python; or activate its environment");
    }
    if (strcmp(kind, "environment") == 0) {
        (void)error_set(error, ERROR_REVISION, "env.py of the Alembic project %s fails: %s", ini,
                        text);
        return error_hint(error, "`alembic upgrade heads --sql` in %s must work",
                          alembic_folder(ini, arena));
    }
    (void)error_set(error, ERROR_REVISION, "the Alembic project %s cannot be read: %s", ini, text);
    return error_hint(error, "`alembic history` in %s must work", alembic_folder(ini, arena));
}

/* The answer, kept or new. */
static json_t *answer_get(const char *ini, const char *python, struct error *error)
{
    json_t *answer = alembic_cache_read(ini, python);
    if (answer == NULL) {
        answer = alembic_render(ini, python, error);
        if (answer != NULL && json_is_null(json_object_get(answer, "fault"))) {
            alembic_cache_write(ini, python, answer);
        }
    }
    return answer;
}

int alembic_load(const char *ini, enum alembic_form form, struct arena *arena,
                 struct alembic_project *project, struct diagnostics *diagnostics,
                 struct error *error)
{
    *project = (struct alembic_project){.version_table = "", .version_schema = ""};
    if (!is_file(ini)) {
        (void)error_set(error, ERROR_REVISION, "there is no Alembic project: %s does not exist",
                        ini);
        return error_hint(error,
                          "`migrations: {alembic: PATH}` and --migrations name an alembic.ini "
                          "or its folder");
    }
    const char *python = alembic_python(arena);
    json_t *answer = answer_get(ini, python, error);
    if (answer == NULL) {
        return -1;
    }
    int result = 0;
    const json_t *fault = json_object_get(answer, "fault");
    if (json_is_object(fault)) {
        result = fault_tell(ini, python, fault, arena, error);
        if (strcmp(answer_text(fault, "kind"), "graph") == 0) {
            project->fault = fault_text(fault, arena);
            result = 0;
        }
    }
    const json_t *revisions = json_object_get(answer, "revisions");
    project->version_table = arena_strdup(arena, answer_text(answer, "version_table"));
    project->version_schema = arena_strdup(arena, answer_text(answer, "version_table_schema"));
    project->file_count = result == 0 ? json_array_size(revisions) : 0;
    project->files = arena_array(arena, project->file_count, sizeof *project->files);
    for (size_t i = 0; i < project->file_count; i++) {
        alembic_text(alembic_folder(ini, arena), json_array_get(revisions, i), form, arena,
                     diagnostics, &project->files[i]);
    }
    json_decref(answer);
    return result;
}
