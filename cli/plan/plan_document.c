/* A plan as a document. */
#include "cli/plan/plan_document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/text/json.h"
#include "cli/text/revision_text.h"
#include "common/revision/segment.h"

enum { DOCUMENT_VERSION = 1 };

/* ---- from the coordinator's answers ---- */

static const char *script_text(const struct script *script, struct arena *arena)
{
    struct buffer text = {0};
    if (script->alembic != NULL) {
        buffer_printf(&text, "-- the project's own Alembic runs it on each target: %s\n",
                      script->alembic);
    }
    script_text_append(&text, script);
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

static void step_add(struct plan_document *document, const char *step, const struct graph *graph,
                     struct arena *arena)
{
    for (size_t i = 0; i < document->step_count; i++) {
        if (strcmp(document->steps[i].step, step) == 0) {
            return;
        }
    }
    const struct revision *revision = step[0] == '\0' ? NULL : graph_find(graph, step + 1);
    struct plan_sql *sql = &document->steps[document->step_count++];
    *sql = (struct plan_sql){.step = step, .file = "", .sql = "", .revision = revision};
    if (revision != NULL) {
        sql->file = revision->path;
        sql->sql = script_text(step[0] == '-' ? &revision->down : &revision->up, arena);
    }
}

/* The paths as plans, for their transactions. */
static const struct plan *plans_replay(const struct plan_path_list *paths, struct texts policy,
                                       const struct graph *graph, struct arena *arena)
{
    struct plan *plans = arena_array(arena, paths->count, sizeof *plans);
    bool apart = texts_hold(policy, "transaction=revision");
    for (size_t i = 0; i < paths->count; i++) {
        struct error ignored;
        if (plan_replay(graph, paths->items[i].from, paths->items[i].steps, arena, &plans[i],
                        &ignored) != 0) {
            plans[i].step_count = 0;
        }
        plans[i].apart = apart;
    }
    return plans;
}

void plan_document_fill(struct plan_document *document, const struct message_plan *plan,
                        const struct target_status_list *targets, const struct graph *graph,
                        struct arena *arena)
{
    size_t room = 0;
    document->plan = *plan;
    document->targets = *targets;
    document->plans = plans_replay(&plan->paths, plan->policy, graph, arena);
    for (size_t i = 0; i < plan->paths.count; i++) {
        room += plan->paths.items[i].steps.count;
    }
    document->steps = arena_array(arena, room, sizeof *document->steps);
    document->step_count = 0;
    for (size_t i = 0; i < plan->paths.count; i++) {
        struct texts steps = plan->paths.items[i].steps;
        for (size_t k = 0; k < steps.count; k++) {
            step_add(document, steps.items[k], graph, arena);
        }
    }
}

/* ---- as JSON ---- */

/* How many steps each transaction holds. */
static json_t *transactions_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t at = 0; at < plan->step_count;) {
        size_t end = segment_end(plan, at);
        (void)json_array_append_new(list, json_integer((json_int_t)(end - at)));
        at = end;
    }
    return list;
}

static json_t *paths_json(const struct plan_document *document)
{
    json_t *list = json_array();
    for (size_t i = 0; i < document->plan.paths.count; i++) {
        const struct plan_path *path = &document->plan.paths.items[i];
        json_t *object = json_pack("{s:o, s:o, s:o, s:I}", "from", json_texts(path->from), "to",
                                   json_texts(path->to), "steps", json_texts(path->steps),
                                   "targets", (json_int_t)path->targets);
        if (document->plans != NULL && document->plans[i].step_count > 0) {
            (void)json_object_set_new(object, "transactions",
                                      transactions_json(&document->plans[i]));
        }
        (void)json_array_append_new(list, object);
    }
    return list;
}

static json_t *steps_json(const struct plan_document *document)
{
    json_t *list = json_array();
    for (size_t i = 0; i < document->step_count; i++) {
        const struct plan_sql *step = &document->steps[i];
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o}", "step", json_text(step->step), "file",
                            json_text(step->file), "sql", json_text(step->sql)));
    }
    return list;
}

static json_t *targets_json(const struct target_status_list *targets)
{
    json_t *list = json_array();
    for (size_t i = 0; i < targets->count; i++) {
        const struct target_status *target = &targets->items[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "name", json_text(target->place.name),
                      "url", json_text(target->place.url), "schema",
                      json_text(target->place.schema), "wave", (json_int_t)target->wave, "path",
                      (json_int_t)target->path, "heads", json_texts(target->heads), "search_path",
                      json_text(target->place.search_path)));
    }
    return list;
}

json_t *plan_document_json(const struct plan_document *document)
{
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "drover_plan",
                     DOCUMENT_VERSION, "digest", json_text(document->plan.digest), "bundle",
                     json_text(document->plan.bundle), "direction", json_text(document->direction),
                     "spec", json_text(document->spec), "where", json_text(document->where),
                     "created_by", json_text(document->created_by), "created_at",
                     json_text(document->created_at), "policy", json_texts(document->plan.policy),
                     "paths", paths_json(document), "steps", steps_json(document), "targets",
                     targets_json(&document->targets));
}

int plan_document_write(const struct plan_document *document, const char *path, struct error *error)
{
    struct buffer part = {0};
    json_t *json = plan_document_json(document);
    buffer_printf(&part, "%s.part", path);
    int result = json_dump_file(json, buffer_text(&part), JSON_INDENT(1) | JSON_ENSURE_ASCII);
    json_decref(json);
    if (result != 0 || rename(buffer_text(&part), path) != 0) {
        (void)error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
        (void)unlink(buffer_text(&part));
        result = -1;
    }
    buffer_free(&part);
    return result;
}

/* ---- from JSON; what is missing or of another type reads as empty ---- */

static const char *read_text(const json_t *object, const char *key, struct arena *arena)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : arena_strdup(arena, text);
}

static uint32_t read_number(const json_t *object, const char *key)
{
    json_int_t number = json_integer_value(json_object_get(object, key));
    return number < 0 || number > UINT32_MAX ? 0 : (uint32_t)number;
}

static struct texts read_texts(const json_t *object, const char *key, struct arena *arena)
{
    const json_t *array = json_object_get(object, key);
    size_t count = json_array_size(array);
    const char **items = arena_array(arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        items[i] = text == NULL ? "" : arena_strdup(arena, text);
    }
    return (struct texts){.items = items, .count = count};
}

static void read_paths(const json_t *array, struct arena *arena, struct plan_path_list *paths)
{
    paths->count = json_array_size(array);
    paths->items = arena_array(arena, paths->count, sizeof *paths->items);
    for (size_t i = 0; i < paths->count; i++) {
        const json_t *path = json_array_get(array, i);
        paths->items[i] = (struct plan_path){.from = read_texts(path, "from", arena),
                                             .to = read_texts(path, "to", arena),
                                             .steps = read_texts(path, "steps", arena),
                                             .targets = read_number(path, "targets")};
    }
}

static void read_steps(const json_t *array, struct arena *arena, struct plan_document *document)
{
    document->step_count = json_array_size(array);
    document->steps = arena_array(arena, document->step_count, sizeof *document->steps);
    for (size_t i = 0; i < document->step_count; i++) {
        const json_t *step = json_array_get(array, i);
        document->steps[i] = (struct plan_sql){.step = read_text(step, "step", arena),
                                               .file = read_text(step, "file", arena),
                                               .sql = read_text(step, "sql", arena)};
    }
}

static void read_targets(const json_t *array, struct arena *arena,
                         struct target_status_list *targets)
{
    targets->count = json_array_size(array);
    targets->items = arena_array(arena, targets->count, sizeof *targets->items);
    for (size_t i = 0; i < targets->count; i++) {
        const json_t *target = json_array_get(array, i);
        targets->items[i] =
            (struct target_status){.place.name = read_text(target, "name", arena),
                                   .place.url = read_text(target, "url", arena),
                                   .place.schema = read_text(target, "schema", arena),
                                   .place.search_path = read_text(target, "search_path", arena),
                                   .wave = read_number(target, "wave"),
                                   .path = read_number(target, "path"),
                                   .heads = read_texts(target, "heads", arena)};
    }
}

int plan_document_read(const char *path, struct arena *arena, struct plan_document *document,
                       struct error *error)
{
    json_error_t fault;
    *document = (struct plan_document){0};
    if (access(path, R_OK) != 0) {
        return error_set(error, ERROR_USAGE, "the plan %s cannot be read: %s", path,
                         strerror(errno));
    }
    json_t *json = json_load_file(path, 0, &fault);
    if (json == NULL) {
        (void)error_set(error, ERROR_USAGE, "%s:%d:%d: %s", path, fault.line, fault.column,
                        fault.text);
        return error_hint(error, "`drover plan -o FILE` writes a plan");
    }
    json_int_t version = json_integer_value(json_object_get(json, "drover_plan"));
    int result = 0;
    if (version != DOCUMENT_VERSION) {
        (void)error_set(error, ERROR_USAGE,
                        version == 0 ? "%s is not a plan" : "%s is a plan of another version",
                        path);
        result = error_hint(error, "`drover plan -o FILE` writes one");
    }
    document->plan.digest = read_text(json, "digest", arena);
    document->plan.bundle = read_text(json, "bundle", arena);
    document->direction = read_text(json, "direction", arena);
    document->spec = read_text(json, "spec", arena);
    document->where = read_text(json, "where", arena);
    document->created_by = read_text(json, "created_by", arena);
    document->created_at = read_text(json, "created_at", arena);
    document->plan.policy = read_texts(json, "policy", arena);
    read_paths(json_object_get(json, "paths"), arena, &document->plan.paths);
    read_steps(json_object_get(json, "steps"), arena, document);
    read_targets(json_object_get(json, "targets"), arena, &document->targets);
    json_decref(json);
    if (result == 0 && (document->plan.digest[0] == '\0' || document->spec[0] == '\0')) {
        result = error_set(error, ERROR_USAGE, "%s has no digest or no revision", path);
    }
    return result;
}
