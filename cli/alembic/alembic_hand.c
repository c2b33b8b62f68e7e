/* Handing a command over: one child, whose standard streams are ours, its answer on descriptor 3. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/alembic/alembic_answer.h"
#include "common/base/array.h"
#include "common/base/buffer.h"

extern char **environ;

static int actions_make(posix_spawn_file_actions_t *actions, const int pipe[2], bool quiet)
{
    if (posix_spawn_file_actions_init(actions) != 0) {
        return -1;
    }
    bool ready =
        posix_spawn_file_actions_adddup2(actions, pipe[1], ALEMBIC_DESCRIPTOR) == 0 &&
        (!quiet || posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO) == 0);
    return ready ? 0 : -1;
}

/* 0, or the errno of what keeps it from starting. Interrupts are the child's alone. */
static int child_start(const char *const *words, const int pipe[2], bool quiet, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    if (actions_make(&actions, pipe, quiet) != 0) {
        return ENOMEM;
    }
    (void)posix_spawnattr_init(&attributes);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGQUIT);
    (void)posix_spawnattr_setsigdefault(&attributes, &signals);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int result = posix_spawnp(child, words[0], &actions, &attributes,
                              (char *const *)(uintptr_t)words, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return result;
}

static void answer_read(int descriptor, struct buffer *text)
{
    char chunk[4096];
    for (ssize_t got = 1; got > 0 || (got < 0 && errno == EINTR);) {
        got = read(descriptor, chunk, sizeof chunk);
        buffer_append(text, chunk, got > 0 ? (size_t)got : 0);
    }
}

/* What the words, a whole command line, answer; NULL: nothing. *status is as waitpid has it, or -1
 * with errno when it does not start. */
static json_t *child_run(const char *const *words, bool quiet, int *status)
{
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct sigaction before[2];
    struct buffer text = {0};
    pid_t child = 0;
    int pipe[2];
    *status = -1;
    if (alembic_pipe(pipe) != 0) {
        return NULL;
    }
    (void)sigaction(SIGINT, &ignored, &before[0]);
    (void)sigaction(SIGQUIT, &ignored, &before[1]);
    int failed = child_start(words, pipe, quiet, &child);
    (void)close(pipe[1]);
    if (failed == 0) {
        answer_read(pipe[0], &text);
        while (waitpid(child, status, 0) < 0 && errno == EINTR) {
        }
    }
    (void)close(pipe[0]);
    (void)sigaction(SIGINT, &before[0], NULL);
    (void)sigaction(SIGQUIT, &before[1], NULL);
    json_t *answer = json_loadb(buffer_text(&text), text.length, 0, NULL);
    buffer_free(&text);
    errno = failed;
    return answer;
}

static int code_of(const json_t *answer, int status, const char *word, struct error *error)
{
    enum { USAGE_OF_PYTHON = 2, CODE_NO = 1, CODE_FAILED = 2, CODE_USAGE = 64 };
    if (WIFSIGNALED(status)) {
        return error_set(error, ERROR_FAILED, "`alembic %s` was ended by signal %d, %s", word,
                         WTERMSIG(status), strsignal(WTERMSIG(status)));
    }
    const char *outcome = answer_text(answer, "outcome");
    if (strcmp(outcome, "no") == 0) {
        return CODE_NO;
    }
    int code = WEXITSTATUS(status);
    return code == 0 ? 0 : outcome[0] == '\0' && code == USAGE_OF_PYTHON ? CODE_USAGE : CODE_FAILED;
}

/* The whole command line but for the interpreter, which is the first. */
static const char **line_make(const struct alembic_place *place, struct texts words,
                              struct arena *arena)
{
    struct texts project = alembic_arguments(place, arena);
    const char *const first[] = {NULL, "-c", alembic_command_program, "command"};
    const char **line =
        arena_array(arena, LENGTH(first) + project.count + words.count + 1, sizeof *line);
    memcpy(line, first, sizeof first);
    memcpy(line + LENGTH(first), project.items, project.count * sizeof *line);
    memcpy(line + LENGTH(first) + project.count, words.items, words.count * sizeof *line);
    return line;
}

/* Of the first interpreter that has Alembic, which becomes line[0]; *status -1: none has, as `tried`
 * lists. */
static json_t *first_run(const struct alembic_place *place, const char **line, bool quiet,
                         struct arena *arena, int *status, struct buffer *tried)
{
    struct texts pythons = alembic_pythons(place, arena);
    json_t *answer = NULL;
    (void)fflush(stdout);
    *status = -1;
    for (size_t i = 0; i < pythons.count && *status == -1; i++) {
        line[0] = pythons.items[i];
        json_decref(answer);
        answer = child_run(line, quiet, status);
        const json_t *fault = json_object_get(answer, "fault");
        buffer_printf(tried, "%s%s (%s)", i == 0 ? "" : ", ", line[0],
                      *status == -1 ? strerror(errno) : answer_text(fault, "message"));
        *status = strcmp(answer_text(fault, "kind"), "missing") == 0 ? -1 : *status;
    }
    return answer;
}

int alembic_hand(const struct alembic_place *place, struct texts words, bool quiet,
                 struct arena *arena, struct alembic_handed *handed, struct error *error)
{
    const char **line = line_make(place, words, arena);
    struct buffer tried = {0};
    int status = -1;
    int result = 0;
    json_t *answer = first_run(place, line, quiet, arena, &status, &tried);
    if (status == -1) {
        result = alembic_missing(place, buffer_text(&tried), error);
    } else if (json_is_object(json_object_get(answer, "fault"))) {
        (void)json_object_set_new(answer, "interpreter", json_string(line[0]));
        result = alembic_fault_tell(place, answer, arena, error);
    } else {
        handed->exit_code = code_of(answer, status, words.items[0], error);
        result = handed->exit_code < 0 ? -1 : 0;
    }
    const json_t *revision = json_array_get(json_object_get(answer, "revisions"), 0);
    handed->revision = arena_strdup(arena, answer_text(revision, "revision"));
    handed->path = arena_strdup(arena, answer_text(revision, "path"));
    json_decref(answer);
    buffer_free(&tried);
    return result;
}
