/* Running the renderer: one child, its answer on descriptor 3, its complaints on descriptor 2. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/alembic/alembic_answer.h"
#include "cli/text/json.h"
#include "common/base/array.h"
#include "common/base/buffer.h"

enum {
    RENDER_SECONDS_MAX = 120,
    REAP_POLL_MS = 5,
};

extern char **environ;

struct render {
    pid_t child;
    int answer;    /* read end, -1 at its end */
    int complaint; /* read end, -1 at its end */
    int status;
    bool reaped;
    bool late; /* out of time, killed */
    uint64_t deadline_ms;
    struct buffer document;
    struct buffer complaints;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int render_left_ms(const struct render *render)
{
    uint64_t now = now_ms();
    return now >= render->deadline_ms ? 0 : (int)(render->deadline_ms - now);
}

/* The environment with two of Python's own settings: nothing is written into the project, and sets
 * have one order. */
static char **environment_make(struct arena *arena)
{
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **list = arena_array(arena, count + 3, sizeof *list);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "PYTHONDONTWRITEBYTECODE=", 24) != 0 &&
            strncmp(environ[i], "PYTHONHASHSEED=", 15) != 0) {
            list[kept++] = environ[i];
        }
    }
    list[kept++] = arena_strdup(arena, "PYTHONDONTWRITEBYTECODE=1");
    list[kept] = arena_strdup(arena, "PYTHONHASHSEED=0");
    return list;
}

static int spawn_actions(posix_spawn_file_actions_t *actions, const int answer[2],
                         const int complaint[2])
{
    if (posix_spawn_file_actions_init(actions) != 0) {
        return -1;
    }
    bool ready =
        posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        posix_spawn_file_actions_adddup2(actions, complaint[1], STDERR_FILENO) == 0 &&
        posix_spawn_file_actions_adddup2(actions, answer[1], ALEMBIC_DESCRIPTOR) == 0;
    return ready ? 0 : -1;
}

int alembic_pipe(int ends[2])
{
    int raw[2];
    if (pipe(raw) != 0) {
        return -1;
    }
    for (size_t i = 0; i < 2; i++) {
        ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, ALEMBIC_DESCRIPTOR + 1);
        (void)close(raw[i]);
    }
    return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0) {
        (void)close(*descriptor);
        *descriptor = -1;
    }
}

const char *alembic_settings_text(const struct alembic_settings *settings, struct arena *arena)
{
    json_t *object = json_pack("{s:o, s:o, s:o}", "section", json_text(settings->section), "x",
                               json_texts(settings->x), "tag",
                               settings->tag == NULL ? json_null() : json_text(settings->tag));
    size_t length = json_dumpb(object, NULL, 0, JSON_COMPACT);
    char *text = arena_alloc(arena, length + 1);
    (void)json_dumpb(object, text, length, JSON_COMPACT);
    json_decref(object);
    return text;
}

struct texts alembic_arguments(const struct alembic_place *place, struct arena *arena)
{
    const char **items = arena_array(arena, 4, sizeof *items);
    items[0] = place->folder;
    items[1] = text_or_empty(place->ini);
    items[2] = text_or_empty(place->scripts);
    items[3] = alembic_settings_text(&place->settings, arena);
    return (struct texts){.items = items, .count = 4};
}

/* 0, or the errno of what keeps the child from starting; -1 with an
 * error for what is wrong here. */
static int render_start(struct render *render, const struct alembic_question *question,
                        const char *python, struct error *error)
{
    struct arena arena = {0};
    posix_spawn_file_actions_t actions;
    int answer[2] = {-1, -1};
    int complaint[2] = {-1, -1};
    int result = -1;
    const struct texts given = alembic_arguments(question->place, &arena);
    const char *const first[] = {python, "-c", alembic_render_program,
                                 question->sql ? "sql" : "graph"};
    char **arguments = arena_array(&arena, LENGTH(first) + given.count + 1, sizeof *arguments);
    for (size_t i = 0; i < LENGTH(first) + given.count; i++) {
        bool ours = i < LENGTH(first);
        arguments[i] = arena_strdup(&arena, ours ? first[i] : given.items[i - LENGTH(first)]);
    }
    if (alembic_pipe(answer) != 0 || alembic_pipe(complaint) != 0 ||
        spawn_actions(&actions, answer, complaint) != 0) {
        (void)error_set(error, ERROR_IO, "no pipe to Python: %s", strerror(errno));
        goto done;
    }
    result =
        posix_spawnp(&render->child, python, &actions, NULL, arguments, environment_make(&arena));
    (void)posix_spawn_file_actions_destroy(&actions);
    if (result == 0) {
        render->answer = answer[0];
        render->complaint = complaint[0];
        answer[0] = -1;
        complaint[0] = -1;
    }
done:
    for (size_t i = 0; i < 2; i++) {
        descriptor_close(&answer[i]);
        descriptor_close(&complaint[i]);
    }
    arena_free(&arena);
    return result;
}

/* Takes what is there; closes the descriptor at its end. */
static void part_read(int *descriptor, struct buffer *out)
{
    char chunk[16384];
    ssize_t got = read(*descriptor, chunk, sizeof chunk);
    if (got > 0) {
        buffer_append(out, chunk, (size_t)got);
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        descriptor_close(descriptor);
    }
}

/* Until the answer has ended, or time is up. What Python's own children
 * leave open is not waited for.
 */
static void render_read(struct render *render)
{
    while (render->answer >= 0 && !render->late) {
        struct pollfd wanted[] = {{.fd = render->answer, .events = POLLIN},
                                  {.fd = render->complaint, .events = POLLIN}};
        int left = render_left_ms(render);
        int ready = poll(wanted, 2, left);
        render->late = left == 0 || (ready == 0 && render_left_ms(render) == 0);
        if (ready > 0 && wanted[0].revents != 0) {
            part_read(&render->answer, &render->document);
        }
        if (ready > 0 && wanted[1].revents != 0) {
            part_read(&render->complaint, &render->complaints);
        }
    }
}

static void render_finish(struct render *render)
{
    while (!render->late && !render->reaped) {
        render->reaped = waitpid(render->child, &render->status, WNOHANG) == render->child;
        render->late = !render->reaped && render_left_ms(render) == 0;
        if (!render->reaped) {
            (void)poll(NULL, 0, REAP_POLL_MS);
        }
    }
    if (!render->reaped) {
        (void)kill(render->child, SIGKILL);
        (void)waitpid(render->child, &render->status, 0);
    }
    if (render->complaint >= 0) {
        (void)fcntl(render->complaint, F_SETFL, O_NONBLOCK);
        size_t before = 0;
        do {
            before = render->complaints.length;
            part_read(&render->complaint, &render->complaints);
        } while (render->complaint >= 0 && render->complaints.length > before);
    }
    descriptor_close(&render->answer);
    descriptor_close(&render->complaint);
}

static void end_describe(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status)) {
        (void)snprintf(text, size, "it was ended by signal %d, %s", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    } else {
        (void)snprintf(text, size, "it ended without an answer, with exit code %d",
                       WEXITSTATUS(status));
    }
}

/* The answer for an interpreter that cannot be used. */
static json_t *missing_answer(const char *reason)
{
    return json_pack("{s:{s:s, s:s, s:o}}", "fault", "kind", "missing", "type", "", "message",
                     json_text(reason));
}

/* The renderer's first act is to write an empty line: where that is not seen, the interpreter did
 * not come to run it. */
static json_t *render_judge(struct render *render, const char *name, const char *python,
                            struct error *error)
{
    json_error_t fault;
    if (render->late) {
        (void)error_set(error, ERROR_REVISION,
                        "Alembic did not get through the revisions of %s within %d seconds", name,
                        (int)RENDER_SECONDS_MAX);
        (void)error_hint(error,
                         "does env.py or a revision wait for something, such as a database?");
        return NULL;
    }
    char end[80];
    const char *last = buffer_last_line(&render->complaints);
    if (last[0] == '\0') {
        end_describe(render->status, end, sizeof end);
        last = end;
    }
    if (render->document.length == 0) {
        return missing_answer(last);
    }
    json_t *answer = json_loadb(buffer_text(&render->document), render->document.length, 0, &fault);
    if (answer == NULL ||
        json_integer_value(json_object_get(answer, "format")) != ALEMBIC_ANSWER_FORMAT) {
        json_decref(answer);
        (void)error_set(error, ERROR_REVISION, "%s did not get through the revisions of %s: %s",
                        python, name, last);
        (void)error_hint(error, "does env.py or a revision end the process?");
        return NULL;
    }
    return answer;
}

json_t *alembic_render(const struct alembic_question *question, const char *python,
                       struct error *error)
{
    struct render render = {.answer = -1,
                            .complaint = -1,
                            .deadline_ms = now_ms() + (uint64_t)RENDER_SECONDS_MAX * 1000};
    int problem = render_start(&render, question, python, error);
    if (problem != 0) {
        return problem < 0 ? NULL : missing_answer(strerror(problem));
    }
    render_read(&render);
    render_finish(&render);
    json_t *answer = render_judge(&render, question->place->name, python, error);
    buffer_free(&render.document);
    buffer_free(&render.complaints);
    return answer;
}
