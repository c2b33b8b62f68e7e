/* The terminal: a full screen of lines, and keys. The only file that knows ncurses.
 *
 * There is one, as a process has one terminal. Whatever ends the process but SIGKILL, it is left as it
 * was found: terminal_close, exit, a signal that kills; SIGTSTP gives it back until SIGCONT.
 */
#ifndef DROVER_SCREEN_TERMINAL_H
#define DROVER_SCREEN_TERMINAL_H

#include "cli/text/style.h"

/* What was pressed. */
enum key {
    NO_KEY,        /* nothing more for now */
    CHARACTER_KEY, /* see struct stroke */
    UP_KEY,
    DOWN_KEY,
    LEFT_KEY,
    RIGHT_KEY,
    PAGE_UP_KEY,
    PAGE_DOWN_KEY,
    HOME_KEY,
    END_KEY,
    ENTER_KEY,
    ESCAPE_KEY,
    TAB_KEY,
    BACK_TAB_KEY,
    BACKSPACE_KEY,
    OTHER_KEY,
    INPUT_GONE, /* nobody can press anything any more */
};

struct stroke {
    enum key key;
    char character[8]; /* UTF-8, if it is one */
};

struct terminal_size {
    unsigned rows;
    unsigned columns;
};

/* How a line is drawn as a whole. */
enum line_look { LOOK_PLAIN, LOOK_CHOSEN, LOOK_BAR };

/* Whether what TERM names is known, and can place its cursor. */
bool terminal_is_fit(void);

/* Takes stdin and stdout over, which are such a terminal. */
int terminal_open(const struct style *style, struct error *error) MUST_CHECK;

/* As it is now: windows change. */
struct terminal_size terminal_size(void);

/* The next key; does not wait. */
struct stroke terminal_stroke(void);

/* A picture: begun empty, lines put at rows from 0, cut at the right margin; shown as a whole. Escape
 * sequences but those of style_append, control characters and what the locale cannot show become
 * question marks. */
void terminal_begin(void);
void terminal_put(unsigned row, const char *line, enum line_look look);
void terminal_show(void);

/* Draws all of it anew at the next terminal_show, over what something else has written there. */
void terminal_redraw(void);

/* Gives the terminal back. Without one it does nothing. */
void terminal_close(void);

#endif
