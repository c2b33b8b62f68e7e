/* A child whose stderr is a pipe. */
#include "tests/lib/last_words.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

int last_words(void (*die)(void), struct buffer *said)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        die();
        _exit(0);
    }
    (void)close(ends[1]);
    char block[4096];
    ssize_t length;
    while ((length = read(ends[0], block, sizeof block)) > 0) {
        buffer_append(said, block, (size_t)length);
    }
    (void)close(ends[0]);
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
