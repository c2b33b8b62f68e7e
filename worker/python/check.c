/* One question for all revisions of a bundle (check.h). */
#include "worker/python/check.h"

struct check_call {
    struct python_call *call;
    check_told *told;
    void *context;
    struct arena *arena;
};

static bool is_alembics(const struct revision *revision)
{
    return revision->up.alembic != NULL || revision->down.alembic != NULL;
}

bool check_is_needed(const struct bundle *bundle)
{
    const struct graph *graph = bundle_graph(bundle);
    for (size_t i = 0; i < graph_size(graph); i++) {
        if (is_alembics(graph_at(graph, i))) {
            return true;
        }
    }
    return false;
}

static const char *member(const struct check_call *call, const json_t *object, const char *key)
{
    return arena_strdup(call->arena,
                        text_or_empty(json_string_value(json_object_get(object, key))));
}

static void answered(const json_t *answer, void *context)
{
    struct check_call *call = context;
    const json_t *faults = json_object_get(answer, "faults");
    struct inability_list list = {0};
    list.items = arena_array(call->arena, json_array_size(faults), sizeof *list.items);
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *fault = json_array_get(faults, i);
        list.items[list.count++] = (struct inability){.revision = member(call, fault, "revision"),
                                                      .reason = member(call, fault, "reason")};
    }
    call->told(&list, call->context);
}

static void lost(const char *why, bool begun, void *context)
{
    (void)begun;
    struct check_call *call = context;
    struct inability all = {.revision = "", .reason = arena_strdup(call->arena, why)};
    const struct inability_list list = {.items = &all, .count = 1};
    call->told(&list, call->context);
}

struct check_call *check_ask(struct python *python, const struct bundle *bundle, check_told *told,
                             void *context, struct arena *arena)
{
    static const struct python_listener listener = {.answered = answered, .lost = lost};
    const struct graph *graph = bundle_graph(bundle);
    struct check_call *call = arena_alloc(arena, sizeof *call);
    json_t *wanted = json_array();
    for (size_t i = 0; i < graph_size(graph); i++) {
        const struct revision *revision = graph_at(graph, i);
        if (is_alembics(revision)) {
            (void)json_array_append_new(wanted, json_pack("{s:s, s:s}", "revision", revision->id,
                                                          "source", revision->source));
        }
    }
    *call = (struct check_call){.told = told, .context = context, .arena = arena};
    call->call = python_ask(python, bundle_digest(bundle), json_pack("{s:o}", "check", wanted),
                            &listener, call);
    return call;
}

void check_give_up(struct check_call *call)
{
    python_give_up(call->call);
}
