/* One question for all steps ahead of a target (check.h). */
#include "worker/python/check.h"

struct check_call {
    struct python_call *call;
    check_told *told;
    void *context;
    struct arena *arena;
};

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
                                                      .reason = member(call, fault, "reason"),
                                                      .hint = member(call, fault, "hint")};
    }
    call->told(&list, call->context);
}

static void lost(const char *why, bool begun, void *context)
{
    (void)begun;
    struct check_call *call = context;
    struct inability all = {.revision = "", .reason = arena_strdup(call->arena, why), .hint = ""};
    const struct inability_list list = {.items = &all, .count = 1};
    call->told(&list, call->context);
}

struct check_call *check_ask(struct python *python, const struct check_request *request,
                             check_told *told, void *context, struct arena *arena)
{
    static const struct python_listener listener = {.answered = answered, .lost = lost};
    struct check_call *call = arena_alloc(arena, sizeof *call);
    json_t *wanted = json_array();
    for (size_t i = 0; i < request->steps.count; i++) {
        const struct revision *revision = request->steps.items[i];
        (void)json_array_append_new(
            wanted, json_pack("{s:s, s:s}", "revision", revision->id, "source", revision->source));
    }
    json_t *object =
        json_pack("{s:o, s:b, s:b}", "check", wanted, "up", request->up, "pooled", request->pooled);
    visit_write(&request->visit, object);
    *call = (struct check_call){.told = told, .context = context, .arena = arena};
    call->call = python_ask(python, request->bundle, object, request->limit_ms, &listener, call);
    return call;
}

void check_give_up(struct check_call *call)
{
    python_give_up(call->call);
}
