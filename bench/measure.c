/* Runs one program and says what it took.
 *
 *     measure FILE PROGRAM [ARGUMENT]...
 *
 * Writes one JSON object to FILE: wall and CPU seconds, and the peak resident memory of the largest
 * single process below it. SIGTERM and SIGINT are passed on, so that a service can be measured and
 * ended. This is a program of its own because a child's peak begins with what its parent had
 * resident at the exec: bench/run's Python is larger than most of what it measures.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child;

static void pass_on(int number)
{
    if (child > 0) {
        (void)kill((pid_t)child, number);
    }
}

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int fail(const char *what)
{
    (void)fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    return 127;
}

/* Waits for the program and writes the report; the exit status of the program, 128 + signal. */
static int report(FILE *file, double started)
{
    int status = 0;
    struct rusage usage;
    while (wait4((pid_t)child, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            return fail("wait4");
        }
    }
    int written = fprintf(file, "{\"wall\": %.6f, \"cpu\": %.6f, \"memory_kib\": %ld}\n",
                          seconds_now() - started,
                          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
    if (fclose(file) != 0 || written < 0) {
        return fail("write");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fputs("usage: measure FILE PROGRAM [ARGUMENT]...\n", stderr);
        return 127;
    }
    FILE *file = fopen(argv[1], "we");
    if (file == NULL) {
        return fail(argv[1]);
    }
    /* Held back until there is a child to pass them on to. */
    sigset_t held, before;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGTERM);
    (void)sigaddset(&held, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    const struct sigaction action = {.sa_handler = pass_on};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    double started = seconds_now();
    pid_t pid = fork();
    if (pid < 0) {
        return fail("fork");
    }
    if (pid == 0) {
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        (void)execvp(argv[2], argv + 2); /* handlers go back to their defaults */
        _exit(fail(argv[2]));
    }
    child = pid;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return report(file, started);
}
