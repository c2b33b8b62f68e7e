/* uv_spawn with three pipes (process.h).
 *
 * It is over when the process has ended and the pipe of its answers is closed; what its own children leave open
 * of the others is not waited for. It leads a group of its own, so that its children end with it. Memory is freed when
 * the last handle is.
 */
#include "worker/python/process.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/array.h"

enum {
    ANSWER_BYTES_MAX = 4 * 1024 * 1024, /* of one line */
    COMPLAINT_BYTES_MAX = 2048,         /* the last ones */
};

/* alembic_project.py, ... and alembic_run.py, compiled in. */
extern const char alembic_run_program[];

struct process {
    uv_process_t process;
    uv_pipe_t requests;
    uv_pipe_t answers;
    uv_pipe_t complaints;
    struct buffer line; /* not yet whole */
    struct buffer complaint;
    char chunk[16384];
    unsigned going;   /* process and answers that have not ended */
    unsigned handles; /* not yet closed */
    int64_t exit_code;
    int signal;
    const char *fault;                       /* why we have ended it; NULL: we have not */
    const struct process_listener *listener; /* NULL when it was killed */
    void *context;
};

static void handle_closed(uv_handle_t *handle)
{
    struct process *process = handle->data;
    if (--process->handles == 0) {
        buffer_free(&process->line);
        buffer_free(&process->complaint);
        free(process);
    }
}

static void handle_close(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, handle_closed);
    }
}

static void group_kill(struct process *process)
{
    int pid = uv_process_get_pid(&process->process);
    if (pid > 0 && !uv_is_closing((uv_handle_t *)&process->process)) {
        (void)kill(-pid, SIGKILL);
    }
}

static void end_tell(struct process *process)
{
    const struct process_listener *listener = process->listener;
    struct buffer how = {0};
    const char *complaint = buffer_last_line(&process->complaint);
    process->listener = NULL;
    if (listener == NULL) {
        return;
    }
    if (process->fault != NULL) {
        buffer_text_append(&how, process->fault);
    } else if (process->signal != 0) {
        buffer_printf(&how, "it was ended by signal %d, %s", process->signal,
                      strsignal(process->signal));
    } else {
        buffer_printf(&how, "it ended by itself, with exit code %d", (int)process->exit_code);
    }
    if (complaint[0] != '\0') {
        buffer_printf(&how, ": %s", complaint);
    }
    listener->ended(buffer_text(&how), process->context);
    buffer_free(&how);
}

static void part_ended(struct process *process)
{
    if (--process->going == 0) {
        handle_close((uv_handle_t *)&process->requests);
        handle_close((uv_handle_t *)&process->complaints);
        end_tell(process);
    }
}

static void process_exited(uv_process_t *handle, int64_t exit_code, int signal)
{
    struct process *process = handle->data;
    process->exit_code = exit_code;
    process->signal = signal;
    handle_close((uv_handle_t *)handle);
    part_ended(process);
}

static void answers_end(struct process *process)
{
    if (!uv_is_closing((uv_handle_t *)&process->answers)) {
        handle_close((uv_handle_t *)&process->answers);
        part_ended(process);
    }
}

static void process_spoil(struct process *process, const char *fault)
{
    process->fault = fault;
    group_kill(process);
    answers_end(process);
}

/* ---- what it says ---- */

static void chunk_give(uv_handle_t *handle, size_t size, uv_buf_t *chunk)
{
    (void)size;
    struct process *process = handle->data;
    *chunk = uv_buf_init(process->chunk, sizeof process->chunk);
}

static void complaint_take(uv_stream_t *stream, ssize_t length, const uv_buf_t *chunk)
{
    struct process *process = stream->data;
    if (length < 0) {
        handle_close((uv_handle_t *)stream);
        return;
    }
    buffer_append(&process->complaint, chunk->base, (size_t)length);
    if (process->complaint.length > COMPLAINT_BYTES_MAX) {
        buffer_consume(&process->complaint, process->complaint.length - COMPLAINT_BYTES_MAX);
    }
}

/* Hands out whole lines, while somebody listens. */
static void lines_give(struct process *process)
{
    char *end = NULL;
    while (process->listener != NULL && process->fault == NULL &&
           (end = memchr(process->line.data, '\n', process->line.length)) != NULL) {
        size_t length = (size_t)(end - process->line.data);
        json_t *answer = json_loadb(process->line.data, length, 0, NULL);
        buffer_consume(&process->line, length + 1);
        if (answer == NULL) {
            process_spoil(process, "it answered what is no JSON");
            return;
        }
        process->listener->answered(answer, process->context);
        json_decref(answer);
    }
}

static void answer_take(uv_stream_t *stream, ssize_t length, const uv_buf_t *chunk)
{
    struct process *process = stream->data;
    if (length < 0) {
        answers_end(process);
        return;
    }
    buffer_append(&process->line, chunk->base, (size_t)length);
    lines_give(process);
    if (process->line.length > ANSWER_BYTES_MAX && process->fault == NULL) {
        process_spoil(process, "it answered more than is listened to");
    }
}

/* ---- starting ---- */

static char **environment_make(struct arena *arena)
{
    static const char set[] = "PYTHONDONTWRITEBYTECODE=";
    size_t count = 0;
    size_t kept = 0;
    uv_env_item_t *items = NULL;
    int total = 0;
    count = uv_os_environ(&items, &total) == 0 ? (size_t)total : 0;
    char **list = arena_array(arena, count + 2, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[kept++] = arena_printf(arena, "%s=%s", items[i].name, items[i].value);
    }
    uv_os_free_environ(items, total);
    list[kept] = arena_printf(arena, "%s1", set);
    return list;
}

static int spawn(struct process *process, uv_loop_t *loop, const char *interpreter,
                 struct texts given)
{
    struct arena arena = {0};
    const char *const first[] = {interpreter, "-c", alembic_run_program, "run"};
    char **arguments = arena_array(&arena, LENGTH(first) + given.count + 1, sizeof *arguments);
    for (size_t i = 0; i < LENGTH(first) + given.count; i++) {
        bool ours = i < LENGTH(first);
        arguments[i] = arena_strdup(&arena, ours ? first[i] : given.items[i - LENGTH(first)]);
    }
    const uv_stdio_flags readable = UV_CREATE_PIPE | UV_READABLE_PIPE;
    const uv_stdio_flags writable = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
    uv_stdio_container_t streams[] = {
        {.flags = readable, .data.stream = (uv_stream_t *)&process->requests},
        {.flags = UV_IGNORE},
        {.flags = writable, .data.stream = (uv_stream_t *)&process->complaints},
        {.flags = writable, .data.stream = (uv_stream_t *)&process->answers},
    };
    const uv_process_options_t options = {.file = arguments[0],
                                          .args = arguments,
                                          .env = environment_make(&arena),
                                          .exit_cb = process_exited,
                                          .stdio = streams,
                                          .stdio_count = LENGTH(streams),
                                          .flags = UV_PROCESS_DETACHED};
    int status = uv_spawn(loop, &process->process, &options);
    arena_free(&arena);
    return status;
}

struct process *process_start(uv_loop_t *loop, const char *interpreter, struct texts arguments,
                              const struct process_listener *listener, void *context,
                              struct error *error)
{
    struct process *process = memory_alloc(sizeof *process);
    process->listener = listener;
    process->context = context;
    uv_pipe_init(loop, &process->requests, 0);
    uv_pipe_init(loop, &process->answers, 0);
    uv_pipe_init(loop, &process->complaints, 0);
    process->process.data = process->requests.data = process;
    process->answers.data = process->complaints.data = process;
    process->handles = 4;
    int status = spawn(process, loop, interpreter, arguments);
    if (status != 0) {
        (void)error_set(error, ERROR_FAILED, "%s", uv_strerror(status));
        handle_close((uv_handle_t *)&process->process);
        handle_close((uv_handle_t *)&process->requests);
        handle_close((uv_handle_t *)&process->answers);
        handle_close((uv_handle_t *)&process->complaints);
        return NULL;
    }
    process->going = 2;
    uv_read_start((uv_stream_t *)&process->answers, chunk_give, answer_take);
    uv_read_start((uv_stream_t *)&process->complaints, chunk_give, complaint_take);
    return process;
}

/* ---- what it is told ---- */

struct said {
    uv_write_t write;
    struct buffer line;
};

static void written(uv_write_t *write, int status)
{
    (void)status; /* its end is heard of otherwise */
    struct said *said = (struct said *)write;
    buffer_free_wiped(&said->line);
    free(said);
}

void process_say(struct process *process, struct buffer *line)
{
    struct said *said = memory_alloc(sizeof *said);
    said->line = *line;
    memset(line, 0, sizeof *line);
    buffer_append(&said->line, "\n", 1);
    uv_buf_t text = uv_buf_init(said->line.data, (unsigned)said->line.length);
    if (uv_is_closing((uv_handle_t *)&process->requests) ||
        uv_write(&said->write, (uv_stream_t *)&process->requests, &text, 1, written) != 0) {
        written(&said->write, 0);
    }
}

void process_kill(struct process *process)
{
    process->listener = NULL;
    group_kill(process);
    answers_end(process);
}
