/* Gets the answer about a project, makes revisions of it; words for what goes wrong. */
#include "cli/alembic/alembic.h"

#include <string.h>
#include <unistd.h>

#include "cli/alembic/alembic_answer.h"
#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/config/value.h"

/* What the renderer says went wrong: its word, the word for --json, the sentence around the
 * project's name, and the command that must work. */
struct fault_kind {
    const char *kind;
    const char *word;
    const char *subject;
    const char *verb;
    const char *command;
};

static const struct fault_kind fault_kinds[] = {
    {"environment", "bad_environment", "env.py of", "fails", "alembic upgrade heads --sql"},
    {"revision", "bad_revision", "a revision of", "cannot be read", "alembic history"},
    {"graph", "bad_revision", "the graph of", "cannot be read", "alembic history"},
    {"project", "bad_project", "", "cannot be read", "alembic history"},
};

static const struct fault_kind *fault_kind_of(const json_t *fault)
{
    const char *kind = answer_text(fault, "kind");
    size_t last = LENGTH(fault_kinds) - 1;
    size_t i = 0;
    while (i < last && strcmp(fault_kinds[i].kind, kind) != 0) {
        i++;
    }
    return &fault_kinds[i];
}

static bool is_missing(const json_t *answer)
{
    const json_t *fault = json_object_get(answer, "fault");
    return strcmp(answer_text(fault, "kind"), "missing") == 0;
}

/* "TypeError: ... (env.py:12)"; what Alembic itself says in a sentence stands without its type. */
static const char *fault_text(const json_t *fault, struct arena *arena)
{
    const char *type = answer_text(fault, "type");
    const char *file = answer_text(fault, "file");
    int line = (int)json_integer_value(json_object_get(fault, "line"));
    bool told = strcmp(type, "CommandError") == 0 || strcmp(type, "Unrenderable") == 0 ||
                strcmp(type, "RevisionError") == 0;
    const char *text = arena_printf(arena, "%s%s%s", told ? "" : type, told ? "" : ": ",
                                    answer_text(fault, "message"));
    if (file[0] == '\0') {
        return text;
    }
    return line == 0 ? arena_printf(arena, "%s (%s)", text, file)
                     : arena_printf(arena, "%s (%s:%d)", text, file, line);
}

int alembic_fault_tell(const struct alembic_place *place, const json_t *answer, struct arena *arena,
                       struct error *error)
{
    const json_t *fault = json_object_get(answer, "fault");
    const struct fault_kind *kind = fault_kind_of(fault);
    (void)error_set(error, ERROR_REVISION, "%s%sthe Alembic project %s %s: %s", kind->subject,
                    kind->subject[0] == '\0' ? "" : " ", place->name, kind->verb,
                    fault_text(fault, arena));
    if (strcmp(answer_text(fault, "type"), "ModuleNotFoundError") == 0) {
        return error_hint(error,
                          "%s ran it; DROVER_PYTHON names another interpreter, such as "
                          "venv/bin/python",
                          answer_text(answer, "interpreter"));
    }
    const char *hint = answer_text(fault, "hint");
    if (hint[0] != '\0') {
        return error_hint(error, "%s", hint);
    }
    if (place->ini == NULL) {
        return error_hint(error, "no alembic.ini above it names this folder; --migrations and "
                                 "`migrations: {alembic: PATH}` take the path of one");
    }
    return error_hint(error, "`%s` in %s must work", kind->command, place->folder);
}

int alembic_missing(const struct alembic_place *place, const char *tried, struct error *error)
{
    (void)error_set(error, ERROR_REVISION, "no Python here has Alembic, which reads %s: tried %s",
                    place->name, tried);
    return error_hint(error, "DROVER_PYTHON names the project's interpreter, such as "
                             "venv/bin/python; or activate its environment; or install Alembic, "
                             "in Debian python3-alembic");
}

/* Asks one interpreter after the other until one has Alembic. `word` gets what is wrong when there
 * is no answer. */
static json_t *answer_new(const struct alembic_question *question, const char **word,
                          struct error *error)
{
    struct buffer tried = {0};
    json_t *answer = NULL;
    bool missing = true;
    for (size_t i = 0; i < question->pythons.count && missing; i++) {
        const char *python = question->pythons.items[i];
        json_decref(answer);
        answer = alembic_render(question, python, error);
        missing = answer != NULL && is_missing(answer);
        buffer_printf(&tried, "%s%s (%s)", i == 0 ? "" : ", ", python,
                      answer_text(json_object_get(answer, "fault"), "message"));
        if (answer != NULL) {
            (void)json_object_set_new(answer, "interpreter", json_string(python));
        }
    }
    *word = missing ? "no_alembic" : "alembic_failed";
    if (missing) {
        (void)alembic_missing(question->place, buffer_text(&tried), error);
        json_decref(answer);
        answer = NULL;
    }
    buffer_free(&tried);
    return answer;
}

/* The answer, kept or new. Where only the graph is asked for, what was rendered holds it too. */
static json_t *answer_get(const struct alembic_question *question, const char **word,
                          struct error *error)
{
    struct alembic_question fuller = *question;
    fuller.sql = true;
    json_t *answer = alembic_cache_read(question);
    if (answer == NULL && !question->sql) {
        answer = alembic_cache_read(&fuller);
    }
    if (answer == NULL) {
        answer = answer_new(question, word, error);
        if (answer != NULL) {
            alembic_cache_write(question, answer);
        }
    }
    return answer;
}

static int place_check(const struct alembic_place *place, struct error *error)
{
    if (place->ini == NULL || access(place->ini, F_OK) == 0) {
        return 0;
    }
    (void)error_set(error, ERROR_REVISION, "there is no Alembic project: %s does not exist",
                    place->ini);
    return error_hint(error, "`migrations: {alembic: PATH}` and --migrations name an alembic.ini, "
                             "its folder, or the script folder");
}

/* What could not be made out about the project. */
static void remarks_tell(const struct alembic_place *place, const json_t *answer,
                         struct arena *arena, struct diagnostics *diagnostics)
{
    size_t index = 0;
    json_t *remark = NULL;
    json_array_foreach(json_object_get(answer, "remarks"), index, remark)
    {
        const char *file = answer_text(remark, "file");
        struct diagnostic *warning =
            diagnostic_add(diagnostics, value_path(file, place->folder, arena),
                           (unsigned)json_integer_value(json_object_get(remark, "line")), 0, "%s",
                           answer_text(remark, "message"));
        diagnostic_warn(diagnostics, warning);
    }
}

/* One line for all that is not available. */
static void unavailable_tell(const struct alembic_place *place, size_t count,
                             struct diagnostics *diagnostics)
{
    if (count == 0) {
        return;
    }
    struct diagnostic *warning =
        diagnostic_add(diagnostics, place->name, 0, 0, "%zu %s of the revisions %s not available",
                       count, count == 1 ? "direction" : "directions", count == 1 ? "is" : "are");
    diagnostic_hint(diagnostics, warning,
                    "only rollouts that need one are refused, with the reason; `drover show -v "
                    "heads` names all");
    diagnostic_warn(diagnostics, warning);
}

/* A fault in the graph alone leaves the revisions, from which Drover finds the reason itself. */
static int fault_take(const struct alembic_place *place, const json_t *answer, struct arena *arena,
                      struct alembic_project *project, struct error *error)
{
    const json_t *fault = json_object_get(answer, "fault");
    if (!json_is_object(fault)) {
        return 0;
    }
    project->word = fault_kind_of(fault)->word;
    if (strcmp(answer_text(fault, "kind"), "graph") == 0) {
        project->fault = fault_text(fault, arena);
        return 0;
    }
    return alembic_fault_tell(place, answer, arena, error);
}

int alembic_load(const struct alembic_place *place, enum alembic_form form, struct arena *arena,
                 struct alembic_project *project, struct diagnostics *diagnostics,
                 struct error *error)
{
    *project = (struct alembic_project){.version = {.version_table = "", .version_schema = ""}};
    if (place_check(place, error) != 0) {
        project->word = "no_revisions";
        return -1;
    }
    struct alembic_question question = {
        .place = place, .pythons = alembic_pythons(place, arena), .sql = form != ALEMBIC_GRAPH};
    const char *word = NULL;
    json_t *answer = answer_get(&question, &word, error);
    if (answer == NULL) {
        project->word = word;
        return -1;
    }
    int result = fault_take(place, answer, arena, project, error);
    const json_t *revisions = json_object_get(answer, "revisions");
    if (form != ALEMBIC_GRAPH) {
        remarks_tell(place, answer, arena, diagnostics);
    }
    project->version = (struct version_place){
        .version_schema = arena_strdup(arena, answer_text(answer, "version_table_schema")),
        .version_table = arena_strdup(arena, answer_text(answer, "version_table")),
        .version_keyless = json_is_false(json_object_get(answer, "version_table_pk"))};
    project->transaction_per_migration =
        json_is_true(json_object_get(answer, "transaction_per_migration"));
    project->file_count = result == 0 ? json_array_size(revisions) : 0;
    project->files = arena_array(arena, project->file_count, sizeof *project->files);
    struct diagnostics unavailable = {0};
    bool each = form != ALEMBIC_IN_BUNDLE;
    for (size_t i = 0; i < project->file_count; i++) {
        alembic_text(place, json_array_get(revisions, i), form, arena,
                     each ? diagnostics : &unavailable, &project->files[i]);
    }
    unavailable_tell(place, unavailable.warning_count, diagnostics);
    diagnostics_free(&unavailable);
    json_decref(answer);
    return result;
}
