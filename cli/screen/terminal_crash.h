/* A crash while the full screen is up: the terminal is given back before the signal takes its course. */
#ifndef DROVER_SCREEN_TERMINAL_CRASH_H
#define DROVER_SCREEN_TERMINAL_CRASH_H

#include <termios.h>

/* Between them SIGABRT, SIGSEGV and the like leave the terminal as it should be, then do what they would
 * have done. The terminal must be open; `modes` are those that stdin had before. */
void terminal_crash_watch(const struct termios *modes);
void terminal_crash_forget(void);

#endif
