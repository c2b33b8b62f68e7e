/* Calls and processes (python.h).
 *
 *   call -> waits -> a member that is idle has it -> answers -> "end", or the member is lost
 *   member -> starting -> hello -> idle <-> at a call -> killed
 *
 * Both are only brought together from the timer `due`, so that nobody is called from within python_ask.
 */
#include "worker/python/python.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/log.h"
#include "worker/python/process.h"

enum { IDLE_MS = 60000, BUNDLE_BYTES = 65 };

struct python_call {
    struct python *python;
    struct buffer request; /* until it is given to a member */
    char bundle[BUNDLE_BYTES];
    const struct python_listener *listener;
    void *context;
    uint64_t limit_ms;     /* 0: none */
    uint64_t due_ms;       /* when its member is late */
    struct member *member; /* NULL: it waits */
    struct python_call *prev, *next;
};

struct member {
    struct python *python;
    struct process *process;
    struct python_call *call; /* NULL: idle, or starting */
    bool ready;               /* it has said hello */
    char bundle[BUNDLE_BYTES];
    struct member *prev, *next;
};

struct python {
    uv_loop_t *loop;
    struct arena arena; /* texts of the options */
    struct python_options options;
    size_t interpreter;  /* the one in use */
    struct buffer tried; /* interpreters that did not do, and why */
    struct python_call *calls;
    struct member *members;
    unsigned member_count;
    uv_timer_t due;
    uv_timer_t idle;
    uv_timer_t late;
    unsigned handles;
};

static void serve(uv_timer_t *timer);

static void serve_later(struct python *python)
{
    uv_timer_start(&python->due, serve, 0, 0);
}

/* ---- members ---- */

static void member_free(struct member *member)
{
    struct python *python = member->python;
    DL_DELETE(python->members, member);
    python->member_count--;
    free(member);
}

static void member_kill(struct member *member)
{
    process_kill(member->process);
    member_free(member);
}

static void idle_due(uv_timer_t *timer)
{
    struct python *python = timer->data;
    struct member *member, *next;
    DL_FOREACH_SAFE(python->members, member, next)
    {
        if (member->call == NULL) {
            member_kill(member);
        }
    }
}

/* ---- calls ---- */

static void call_free(struct python_call *call)
{
    DL_DELETE(call->python->calls, call);
    buffer_free_wiped(&call->request);
    free(call);
}

static void call_lose(struct python_call *call, const char *why)
{
    const struct python_listener *listener = call->listener;
    void *context = call->context;
    bool begun = call->member != NULL;
    call_free(call);
    listener->lost(why, begun, context);
}

/* What waits cannot be served. Each callback may ask and give up, so the list is looked at anew each time. */
static void waiting_lose(struct python *python, const char *why)
{
    char *kept = arena_strdup(&python->arena, why);
    for (struct python_call *call = python->calls; call != NULL;) {
        /* the analyser does not follow utlist: what was freed is off the list */
        if (call->member == NULL) { // NOLINT(clang-analyzer-unix.Malloc)
            call_lose(call, kept);
            call = python->calls;
        } else {
            call = call->next;
        }
    }
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* The interpreter in use does not do. */
static void interpreter_next(struct python *python, const char *why)
{
    const struct texts *interpreters = &python->options.interpreters;
    buffer_printf(&python->tried, "%s%s (%s)", python->tried.length > 0 ? ", " : "",
                  interpreters->items[python->interpreter], why);
    if (++python->interpreter < interpreters->count) {
        serve_later(python);
        return;
    }
    struct buffer all = {0};
    buffer_printf(&all, "no Python here has Alembic: tried %s", buffer_text(&python->tried));
    buffer_clear(&python->tried);
    python->interpreter = 0;
    waiting_lose(python, buffer_text(&all));
    buffer_free(&all);
}

static void hello_take(struct member *member, const json_t *answer)
{
    struct python *python = member->python;
    const json_t *fault = json_object_get(answer, "fault");
    if (fault == NULL) {
        member->ready = true;
        serve_later(python);
        return;
    }
    struct buffer why = {0};
    const char *file = text_of(fault, "file");
    buffer_printf(&why, "%s: %s%s%s%s", text_of(fault, "type"), text_of(fault, "message"),
                  file[0] != '\0' ? " (" : "", file, file[0] != '\0' ? ")" : "");
    bool missing = strcmp(text_of(fault, "kind"), "missing") == 0;
    member_kill(member);
    if (missing) {
        interpreter_next(python, buffer_text(&why));
    } else {
        waiting_lose(python, buffer_text(&why));
    }
    buffer_free(&why);
}

static void member_answered(const json_t *answer, void *context)
{
    struct member *member = context;
    struct python_call *call = member->call;
    if (!member->ready) {
        hello_take(member, answer);
        return;
    }
    if (call == NULL) {
        return; /* "where", which came too late */
    }
    const struct python_listener *listener = call->listener;
    void *listening = call->context;
    if (json_object_get(answer, "end") != NULL) {
        member->call = NULL;
        serve_later(member->python);
        call_free(call);
    }
    listener->answered(answer, listening);
}

static void member_ended(const char *how, void *context)
{
    struct member *member = context;
    struct python *python = member->python;
    struct python_call *call = member->call;
    bool ready = member->ready;
    member_free(member);
    serve_later(python);
    if (call != NULL) {
        call_lose(call, how);
    } else if (!ready) {
        interpreter_next(python, how);
    }
}

static void member_start(struct python *python, const char *bundle)
{
    static const struct process_listener listener = {.answered = member_answered,
                                                     .ended = member_ended};
    const struct python_options *options = &python->options;
    struct error error = {0};
    struct member *member = memory_alloc(sizeof *member);
    member->python = python;
    memcpy(member->bundle, bundle, sizeof member->bundle);
    DL_APPEND(python->members, member);
    python->member_count++;
    member->process = process_start(python->loop, options->interpreters.items[python->interpreter],
                                    options->arguments, &listener, member, &error);
    if (member->process == NULL) {
        member_free(member);
        interpreter_next(python, error.message);
    }
}

/* ---- calls that take too long ---- */

static void late_due(uv_timer_t *timer);

/* Wakes when the first call in hand is late. */
static void late_watch(struct python *python)
{
    const struct python_call *call = NULL;
    uint64_t next_ms = 0;
    DL_FOREACH(python->calls, call)
    {
        if (call->member != NULL && call->limit_ms > 0 &&
            (next_ms == 0 || call->due_ms < next_ms)) {
            next_ms = call->due_ms;
        }
    }
    uint64_t now_ms = uv_now(python->loop);
    if (next_ms > 0) {
        uv_timer_start(&python->late, late_due, next_ms > now_ms ? next_ms - now_ms : 0, 0);
    }
}

static void late_due(uv_timer_t *timer)
{
    struct python *python = timer->data;
    struct python_call *call = NULL;
    DL_FOREACH(python->calls, call)
    {
        if (call->member != NULL && call->limit_ms > 0 && call->due_ms <= uv_now(python->loop)) {
            struct buffer why = {0};
            buffer_printf(&why, "it did not end within %" PRIu64 " s", call->limit_ms / 1000);
            member_kill(call->member);
            call_lose(call, buffer_text(&why));
            buffer_free(&why);
            serve_later(python);
            break; /* the callback may have changed the list */
        }
    }
    late_watch(python);
}

/* ---- bringing together ---- */

/* A member that is idle: of that bundle, or one of another. */
static struct member *idle_find(const struct python *python, const char *bundle, bool same)
{
    struct member *member = NULL;
    DL_FOREACH(python->members, member)
    {
        if (member->call == NULL && (!same || member->ready) &&
            (strcmp(member->bundle, bundle) == 0) == same) {
            return member;
        }
    }
    return NULL;
}

static unsigned starting_count(const struct python *python, const char *bundle)
{
    unsigned count = 0;
    const struct member *member = NULL;
    DL_FOREACH(python->members, member)
    {
        count += !member->ready && strcmp(member->bundle, bundle) == 0;
    }
    return count;
}

static void give(struct member *member, struct python_call *call)
{
    member->call = call;
    call->member = member;
    call->due_ms = uv_now(member->python->loop) + call->limit_ms;
    process_say(member->process, &call->request);
    late_watch(member->python);
}

static void serve(uv_timer_t *timer)
{
    struct python *python = timer->data;
    struct python_call *call, *next;
    unsigned waiting = 0; /* for those that start */
    uv_timer_start(&python->idle, idle_due, IDLE_MS, 0);
    if (python->options.interpreters.count == 0) {
        waiting_lose(python, "it knows no checkout of the Alembic project");
        return;
    }
    DL_FOREACH_SAFE(python->calls, call, next)
    {
        struct member *member = call->member == NULL ? idle_find(python, call->bundle, true) : NULL;
        if (member != NULL) {
            give(member, call);
        } else if (call->member == NULL && ++waiting > starting_count(python, call->bundle)) {
            struct member *other = idle_find(python, call->bundle, false);
            if (python->member_count >= python->options.processes && other != NULL) {
                member_kill(other);
            }
            if (python->member_count < python->options.processes) {
                member_start(python, call->bundle);
                serve_later(python); /* for those behind it */
                return;
            }
        }
    }
}

/* ---- the door ---- */

static int part_append(const char *part, size_t length, void *buffer)
{
    buffer_append(buffer, part, length);
    return 0;
}

struct python_call *python_ask(struct python *python, const char *bundle, json_t *request,
                               uint64_t limit_ms, const struct python_listener *listener,
                               void *context)
{
    struct python_call *call = memory_alloc(sizeof *call);
    call->python = python;
    (void)json_dump_callback(request, part_append, &call->request, JSON_COMPACT);
    json_decref(request);
    strncpy(call->bundle, bundle, sizeof call->bundle - 1);
    call->limit_ms = limit_ms;
    call->listener = listener;
    call->context = context;
    DL_APPEND(python->calls, call);
    serve_later(python);
    return call;
}

bool python_is_begun(const struct python_call *call)
{
    return call->member != NULL;
}

void python_say(struct python_call *call, const char *text)
{
    struct buffer line = {0};
    if (call->member != NULL) {
        buffer_text_append(&line, text);
        process_say(call->member->process, &line);
    }
}

void python_give_up(struct python_call *call)
{
    struct python *python = call->python;
    if (call->member != NULL) {
        member_kill(call->member);
    }
    call_free(call);
    serve_later(python);
}

/* ---- life ---- */

static struct texts texts_copy(struct texts texts, struct arena *arena)
{
    const char **items = arena_array(arena, texts.count, sizeof *items);
    for (size_t i = 0; i < texts.count; i++) {
        items[i] = arena_strdup(arena, texts.items[i]);
    }
    texts.items = items;
    return texts;
}

struct python *python_open(uv_loop_t *loop, const struct python_options *options)
{
    struct python *python = memory_alloc(sizeof *python);
    python->loop = loop;
    if (options != NULL) {
        python->options = (struct python_options){
            .interpreters = texts_copy(options->interpreters, &python->arena),
            .arguments = texts_copy(options->arguments, &python->arena),
            .processes = options->processes > 0 ? options->processes : uv_available_parallelism(),
        };
    }
    uv_timer_init(loop, &python->due);
    uv_timer_init(loop, &python->idle);
    uv_timer_init(loop, &python->late);
    python->due.data = python->idle.data = python->late.data = python;
    python->handles = 3;
    return python;
}

static void handle_closed(uv_handle_t *handle)
{
    struct python *python = handle->data;
    if (--python->handles == 0) {
        buffer_free(&python->tried);
        arena_free(&python->arena);
        free(python);
    }
}

void python_close(struct python *python)
{
    while (python->calls != NULL) {
        struct python_call *call = python->calls;
        if (call->member != NULL) { // NOLINT(clang-analyzer-unix.Malloc), as above
            member_kill(call->member);
        }
        call_free(call);
    }
    struct member *member, *next;
    DL_FOREACH_SAFE(python->members, member, next)
    {
        member_kill(member);
    }
    uv_close((uv_handle_t *)&python->due, handle_closed);
    uv_close((uv_handle_t *)&python->idle, handle_closed);
    uv_close((uv_handle_t *)&python->late, handle_closed);
}
