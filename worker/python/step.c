/* A step as a request in JSON, and its answers as structs (step.h). */
#include "worker/python/step.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"

struct step_call {
    struct python_call *call;
    const struct step_listener *listener;
    void *context;
    struct arena *arena;
    bool begun; /* part of its work is committed */
    bool leave; /* it has leave to commit */
};

/* ---- the request ---- */

static json_t *request_write(const struct step_request *request)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:b, s:I, s:o, s:o, s:o, s:o}", "revision", request->revision, "source",
        request->source, "up", request->up, "opening", (json_int_t)request->before, "rows",
        visit_texts(request->rows), "mark", visit_statements(request->mark), "end",
        visit_statements(request->end), "statements", visit_statements(request->statements));
    visit_write(&request->visit, object);
    return object;
}

/* ---- the answers ---- */

static const char *member(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

static enum step_outcome outcome_of(const json_t *answer)
{
    static const struct {
        const char *word;
        enum step_outcome outcome;
    } outcomes[] = {
        {"done", STEP_DONE},
        {"refused", STEP_REFUSED},
        {"moved", STEP_MOVED},
        {"failed", STEP_FAILED},
    };
    for (size_t i = 0; i < LENGTH(outcomes); i++) {
        if (strcmp(outcomes[i].word, member(answer, "outcome")) == 0) {
            return outcomes[i].outcome;
        }
    }
    return STEP_WRONG;
}

static void end_tell(struct step_call *call, const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    struct step_end end = {
        .outcome = outcome_of(answer),
        .marked = call->begun,
        .committing = call->leave,
        .fault = {.message = member(error, "message"),
                  .detail = member(error, "detail"),
                  .hint = member(error, "hint"),
                  .context = member(error, "context"),
                  .schema = member(error, "schema"),
                  .routine = member(error, "routine"),
                  .result_index = (unsigned)json_integer_value(json_object_get(answer, "index"))},
        .type = member(error, "type"),
        .file = member(error, "file"),
        .line = (unsigned)json_integer_value(json_object_get(error, "line")),
    };
    strncpy(end.fault.sqlstate, member(error, "sqlstate"), sizeof end.fault.sqlstate - 1);
    call->listener->ended(&end, call->context);
}

static void ready_tell(const struct step_call *call, const json_t *rows)
{
    const json_t *row = json_array_get(rows, 0);
    size_t count = json_array_size(row);
    const char **items = arena_array(call->arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] =
            arena_strdup(call->arena, text_or_empty(json_string_value(json_array_get(row, i))));
    }
    call->listener->ready((struct texts){.items = items, .count = count}, call->context);
}

static void answered(const json_t *answer, void *context)
{
    struct step_call *call = context;
    const json_t *rows = json_object_get(answer, "ready");
    const json_t *where = json_object_get(answer, "where");
    if (json_object_get(answer, "end") != NULL) {
        end_tell(call, answer);
    } else if (json_object_get(answer, "opened") != NULL) {
        call->listener->opened((int)json_integer_value(json_object_get(answer, "opened")),
                               call->context);
    } else if (json_object_get(answer, "marked") != NULL) {
        call->begun = true;
    } else if (where != NULL) {
        call->listener->told(text_or_empty(json_string_value(where)), call->context);
    } else if (json_is_array(rows)) {
        ready_tell(call, rows);
    }
}

static void lost(const char *why, bool begun, void *context)
{
    struct step_call *call = context;
    const struct step_end end = {
        .outcome = begun ? STEP_LOST : STEP_WRONG,
        .marked = call->begun,
        .committing = call->leave,
        .fault =
            {.message = why, .detail = "", .hint = "", .context = "", .schema = "", .routine = ""},
        .type = "",
        .file = "",
    };
    call->listener->ended(&end, call->context);
}

/* ---- the door ---- */

struct step_call *step_ask(struct python *python, const struct step_request *request,
                           const struct step_listener *listener, void *context, struct arena *arena)
{
    static const struct python_listener python_listener = {.answered = answered, .lost = lost};
    struct step_call *call = arena_alloc(arena, sizeof *call);
    call->listener = listener;
    call->context = context;
    call->arena = arena;
    call->call =
        python_ask(python, request->bundle, request_write(request), 0, &python_listener, call);
    return call;
}

void step_commit(struct step_call *call)
{
    call->leave = true;
    python_say(call->call, "{\"commit\": true}");
}

void step_where(struct step_call *call)
{
    python_say(call->call, "{\"where\": true}");
}

bool step_is_begun(const struct step_call *call)
{
    return python_is_begun(call->call);
}

void step_give_up(struct step_call *call)
{
    python_give_up(call->call);
}
