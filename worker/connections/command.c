/* uv_spawn with two pipes and a time limit.
 *
 * It is over when the process has ended and both pipes are closed. The process leads a group of its
 * own, so that the limit reaches its children too. Memory is freed when the last of the four
 * handles is.
 */
#include "worker/connections/command.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/wiped.h"

enum { OUTPUT_BYTES_MAX = 64 * 1024, COMPLAINT_BYTES_MAX = 300, HANDLES = 4 };

struct output {
    uv_pipe_t pipe;
    struct buffer text; /* cut at OUTPUT_BYTES_MAX; the rest is read and dropped */
    char chunk[4096];
};

struct command {
    uv_process_t process;
    uv_timer_t limit;
    struct output out;
    struct output complaint;
    uint64_t limit_ms;
    unsigned going;    /* process and pipes that have not ended */
    unsigned handles;  /* not yet closed */
    int64_t exit_code; /* of a process that ended by itself */
    int signal;        /* that ended it, or 0 */
    bool too_slow;
    command_ended *ended; /* NULL when abandoned */
    void *context;
};

static void handle_closed(uv_handle_t *handle)
{
    struct command *command = handle->data;
    if (--command->handles == 0) {
        wiped_overwrite(command->out.chunk, sizeof command->out.chunk); /* it held a password */
        buffer_free_wiped(&command->out.text);
        buffer_free(&command->complaint.text);
        free(command);
    }
}

static void command_report(struct command *command)
{
    struct error error = {0};
    char *output = NULL;
    struct buffer *complaint = &command->complaint.text;
    char *said = complaint->length > 0 ? complaint->data : NULL;
    for (char *at = said; at != NULL && *at != '\0'; at++) {
        if (*at == '\n') {
            *at = ' ';
        }
    }
    if (command->too_slow) {
        error_set(&error, ERROR_FAILED, "the command did not end within %.3g s",
                  (double)command->limit_ms / 1000.0);
    } else if (command->signal != 0) {
        error_set(&error, ERROR_FAILED, "the command was ended by signal %d", command->signal);
    } else if (command->exit_code != 0) {
        error_set(&error, ERROR_FAILED, "the command ended with exit code %d",
                  (int)command->exit_code);
    } else if (command->out.text.length == 0) {
        error_set(&error, ERROR_FAILED, "the command printed nothing");
    } else {
        output = command->out.text.data;
    }
    if (output == NULL && said != NULL) {
        error_hint(&error, "it wrote: %.*s", COMPLAINT_BYTES_MAX, said);
    }
    command->ended(output, output == NULL ? &error : NULL, command->context);
}

static void part_ended(struct command *command)
{
    if (--command->going > 0) {
        return;
    }
    uv_close((uv_handle_t *)&command->limit, handle_closed);
    if (command->ended != NULL) {
        command_report(command);
    }
}

static void process_exited(uv_process_t *process, int64_t exit_code, int signal)
{
    struct command *command = process->data;
    command->exit_code = exit_code;
    command->signal = signal;
    uv_close((uv_handle_t *)process, handle_closed);
    part_ended(command);
}

static void chunk_give(uv_handle_t *handle, size_t size, uv_buf_t *chunk)
{
    (void)size;
    struct command *command = handle->data;
    struct output *output =
        handle == (uv_handle_t *)&command->out.pipe ? &command->out : &command->complaint;
    *chunk = uv_buf_init(output->chunk, sizeof output->chunk);
}

static void output_end(struct command *command, struct output *output)
{
    if (!uv_is_closing((uv_handle_t *)&output->pipe)) {
        uv_close((uv_handle_t *)&output->pipe, handle_closed);
        part_ended(command);
    }
}

static void chunk_take(uv_stream_t *stream, ssize_t length, const uv_buf_t *chunk)
{
    struct command *command = stream->data;
    struct output *output =
        stream == (uv_stream_t *)&command->out.pipe ? &command->out : &command->complaint;
    if (length < 0) {
        output_end(command, output);
    } else if (output->text.length + (size_t)length <= OUTPUT_BYTES_MAX) {
        buffer_append(&output->text, chunk->base, (size_t)length);
    }
}

static void process_group_kill(struct command *command)
{
    int process = uv_process_get_pid(&command->process);
    if (process > 0) {
        (void)kill(-process, SIGKILL);
    }
}

/* A child with a session of its own outlives the group and would hold the pipes open. */
static void stop(struct command *command)
{
    process_group_kill(command);
    output_end(command, &command->out);
    output_end(command, &command->complaint);
}

static void limit_reached(uv_timer_t *timer)
{
    struct command *command = timer->data;
    command->too_slow = true;
    stop(command);
}

struct command *command_start(uv_loop_t *loop, const char *text, uint64_t limit_ms,
                              command_ended *ended, void *context, struct error *error)
{
    struct command *command = memory_alloc(sizeof *command);
    command->limit_ms = limit_ms;
    command->ended = ended;
    command->context = context;
    command->handles = HANDLES;
    buffer_reserve(&command->out.text, OUTPUT_BYTES_MAX);
    uv_timer_init(loop, &command->limit);
    uv_pipe_init(loop, &command->out.pipe, 0);
    uv_pipe_init(loop, &command->complaint.pipe, 0);
    command->process.data = command->limit.data = command;
    command->out.pipe.data = command->complaint.pipe.data = command;
    char *arguments[] = {"/bin/sh", "-c", (char *)text, NULL}; /* uv_spawn does not write to it */
    const uv_stdio_flags writable = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
    uv_stdio_container_t streams[] = {
        {.flags = UV_IGNORE},
        {.flags = writable, .data.stream = (uv_stream_t *)&command->out.pipe},
        {.flags = writable, .data.stream = (uv_stream_t *)&command->complaint.pipe},
    };
    const uv_process_options_t options = {.file = arguments[0],
                                          .args = arguments,
                                          .exit_cb = process_exited,
                                          .stdio = streams,
                                          .stdio_count = 3,
                                          .flags = UV_PROCESS_DETACHED};
    int status = uv_spawn(loop, &command->process, &options);
    if (status != 0) {
        error_set(error, ERROR_FAILED, "the command cannot be started: %s", uv_strerror(status));
        uv_close((uv_handle_t *)&command->process, handle_closed);
        uv_close((uv_handle_t *)&command->out.pipe, handle_closed);
        uv_close((uv_handle_t *)&command->complaint.pipe, handle_closed);
        uv_close((uv_handle_t *)&command->limit, handle_closed);
        return NULL;
    }
    command->going = 3;
    uv_timer_start(&command->limit, limit_reached, limit_ms, 0);
    uv_read_start((uv_stream_t *)&command->out.pipe, chunk_give, chunk_take);
    uv_read_start((uv_stream_t *)&command->complaint.pipe, chunk_give, chunk_take);
    return command;
}

void command_abandon(struct command *command)
{
    command->ended = NULL;
    stop(command);
}
