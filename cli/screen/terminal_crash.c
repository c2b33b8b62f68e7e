/* What a signal handler may do: write, tcsetattr, raise. What it writes is made before. */
#include "cli/screen/terminal_crash.h"

#include <curses.h>
#include <signal.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/array.h"

static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGQUIT};
enum { SIGNAL_COUNT = LENGTH(signals), LAST_BYTES = 256 };

static struct {
    struct sigaction before[SIGNAL_COUNT];
    struct termios modes;
    char last[LAST_BYTES]; /* ends the full screen */
    size_t length;
} crash;

/* Without the pauses that old terminals needed: "$<5>". */
static void capability_keep(const char *capability)
{
    for (const char *c = capability == NULL ? "" : capability; *c != '\0'; c++) {
        if (c[0] == '$' && c[1] == '<' && strchr(c, '>') != NULL) {
            c = strchr(c, '>');
        } else if (crash.length < LAST_BYTES) {
            crash.last[crash.length++] = *c;
        }
    }
}

static void on_crash(int number)
{
    ssize_t written = write(STDOUT_FILENO, crash.last, crash.length);
    (void)written;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &crash.modes);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        (void)sigaction(signals[i], &crash.before[i], NULL);
    }
    (void)raise(number); /* delivered when this returns */
}

void terminal_crash_watch(const struct termios *modes)
{
    struct sigaction action = {.sa_handler = on_crash};
    crash.length = 0;
    capability_keep(exit_attribute_mode);
    capability_keep(keypad_local);
    capability_keep(cursor_normal);
    capability_keep(exit_ca_mode);
    crash.modes = *modes;
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        (void)sigaction(signals[i], &action, &crash.before[i]);
    }
}

void terminal_crash_forget(void)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        (void)sigaction(signals[i], &crash.before[i], NULL);
    }
}
