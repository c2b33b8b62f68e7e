/* The terminal, by ncurses. */
#include "cli/screen/terminal.h"

#include <curses.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/screen/terminal_crash.h"
#include "common/base/array.h"

enum {
    ESCAPE_PAUSE_MS = 50, /* what comes later is no part of an escape sequence */
    KEY_CONTROL_L = 'l' & 0x1f,
    KEY_CONTROL_H = 'h' & 0x1f,
    PAIR_GOOD = 1,
    PAIR_BAD,
    PAIR_CAUTION,
};

static struct {
    SCREEN *screen; /* NULL: not ours */
    struct style style;
} terminal;

static void colors_begin(void)
{
    terminal.style.color = terminal.style.color && has_colors();
    if (terminal.style.color) {
        (void)start_color();
        (void)use_default_colors();
        (void)init_pair(PAIR_GOOD, COLOR_GREEN, -1);
        (void)init_pair(PAIR_BAD, COLOR_RED, -1);
        (void)init_pair(PAIR_CAUTION, COLOR_YELLOW, -1);
    }
}

bool terminal_is_fit(void)
{
    int status = 0;
    if (setupterm(NULL, STDOUT_FILENO, &status) == ERR) {
        return false;
    }
    bool fit = cursor_address != NULL && clear_screen != NULL;
    (void)del_curterm(cur_term);
    return fit;
}

/* Also what a terminal sends that was not told to send what its description says. */
static void keys_begin(void)
{
    static const struct {
        const char *sequence;
        int code;
    } keys[] = {{"\033[A", KEY_UP},   {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT},
                {"\033[D", KEY_LEFT}, {"\033[H", KEY_HOME}, {"\033[F", KEY_END}};
    (void)set_escdelay(ESCAPE_PAUSE_MS);
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    for (size_t i = 0; i < LENGTH(keys); i++) {
        (void)define_key(keys[i].sequence, keys[i].code);
    }
}

int terminal_open(const struct style *style, struct error *error)
{
    static bool registered;
    struct termios modes;
    if (tcgetattr(STDIN_FILENO, &modes) != 0) {
        return error_set(error, ERROR_IO, "stdin is no terminal");
    }
    if (!registered && atexit(terminal_close) == 0) {
        registered = true;
    }
    terminal.screen = newterm(NULL, stdout, stdin);
    if (terminal.screen == NULL) {
        return error_set(error, ERROR_IO, "nothing is known of this kind of terminal");
    }
    terminal.style = *style;
    colors_begin();
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)curs_set(0);
    keys_begin();
    (void)leaveok(stdscr, TRUE);
    terminal_crash_watch(&modes);
    return 0;
}

struct terminal_size terminal_size(void)
{
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0;
    if (known && (size.ws_row != getmaxy(stdscr) || size.ws_col != getmaxx(stdscr))) {
        (void)resizeterm(size.ws_row, size.ws_col);
        (void)clearok(curscr, TRUE);
    }
    return (struct terminal_size){(unsigned)getmaxy(stdscr), (unsigned)getmaxx(stdscr)};
}

/* ---- keys ---- */

static enum key function_key(wint_t code)
{
    switch (code) {
    case KEY_UP: return UP_KEY;
    case KEY_DOWN: return DOWN_KEY;
    case KEY_LEFT: return LEFT_KEY;
    case KEY_RIGHT: return RIGHT_KEY;
    case KEY_PPAGE: return PAGE_UP_KEY;
    case KEY_NPAGE: return PAGE_DOWN_KEY;
    case KEY_HOME: return HOME_KEY;
    case KEY_END: return END_KEY;
    case KEY_ENTER: return ENTER_KEY;
    case KEY_BTAB: return BACK_TAB_KEY;
    case KEY_BACKSPACE:
    case KEY_DC: return BACKSPACE_KEY;
    default: return OTHER_KEY;
    }
}

static struct stroke character_key(wint_t code)
{
    struct stroke stroke = {.key = OTHER_KEY};
    mbstate_t state = {0};
    char bytes[MB_LEN_MAX];
    switch (code) {
    case L'\r':
    case L'\n': stroke.key = ENTER_KEY; return stroke;
    case L'\t': stroke.key = TAB_KEY; return stroke;
    case L'\033': stroke.key = ESCAPE_KEY; return stroke;
    case KEY_CONTROL_H:
    case 0x7f: stroke.key = BACKSPACE_KEY; return stroke;
    case KEY_CONTROL_L: terminal_redraw(); return stroke;
    default: break;
    }
    size_t length = code < ' ' ? 0 : wcrtomb(bytes, (wchar_t)code, &state);
    if (length > 0 && length < sizeof stroke.character) {
        memcpy(stroke.character, bytes, length);
        stroke.key = CHARACTER_KEY;
    }
    return stroke;
}

/* Of a terminal that hung up there is no end of reading nothing. */
static bool input_is_gone(void)
{
    int waiting = 0;
    return isatty(STDIN_FILENO) == 0 || ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0;
}

struct stroke terminal_stroke(void)
{
    wint_t code = 0;
    switch (get_wch(&code)) {
    case OK: return character_key(code);
    case KEY_CODE_YES: return (struct stroke){.key = function_key(code)};
    default: return (struct stroke){.key = input_is_gone() ? INPUT_GONE : NO_KEY};
    }
}

/* ---- pictures ---- */

void terminal_begin(void)
{
    (void)erase();
}

/* The attributes that style_append's digits stand for. */
static attr_t tone_attributes(const char *digits, short *pair)
{
    *pair = 0;
    switch (atoi(digits)) {
    case 1: return A_BOLD;
    case 2: return A_DIM;
    case 31: *pair = PAIR_BAD; return A_NORMAL;
    case 32: *pair = PAIR_GOOD; return A_NORMAL;
    case 33: *pair = PAIR_CAUTION; return A_NORMAL;
    default: return A_NORMAL;
    }
}

/* Bytes of a mark of style_append that begins here; 0: it is none. */
static size_t mark_length(const char *text)
{
    if (text[0] != '\033' || text[1] != '[') {
        return 0;
    }
    size_t digits = strspn(text + 2, "0123456789");
    return text[2 + digits] == 'm' ? digits + 3 : 0;
}

/* The next character, or a question mark for what cannot be shown. Bytes it took. */
static size_t character_next(const char *text, wchar_t *character)
{
    mbstate_t state = {0};
    size_t length = mbrtowc(character, text, strlen(text), &state);
    if (length == 0 || length > MB_LEN_MAX) {
        length = 1;
        *character = L'?';
    } else if (*character == L'\t') {
        *character = L' ';
    } else if (wcwidth(*character) < 0 || (!terminal.style.unicode && *character > 0x7e)) {
        *character = L'?';
    }
    return length;
}

void terminal_put(unsigned row, const char *line, enum line_look look)
{
    attr_t base = look == LOOK_CHOSEN ? A_REVERSE : look == LOOK_BAR ? A_BOLD : A_NORMAL;
    attr_t attributes = base;
    short pair = 0;
    int left = getmaxx(stdscr);
    if ((int)row >= getmaxy(stdscr) || move((int)row, 0) == ERR) {
        return;
    }
    while (*line != '\0') {
        size_t mark = mark_length(line);
        wchar_t character[2] = {0};
        if (mark > 0) {
            attributes = base | tone_attributes(line + 2, &pair);
            line += mark;
            continue;
        }
        line += character_next(line, &character[0]);
        left -= wcwidth(character[0]) < 0 ? 1 : wcwidth(character[0]);
        if (left < 0) {
            break;
        }
        (void)attr_set(attributes, terminal.style.color ? pair : 0, NULL);
        (void)addwstr(character);
    }
    (void)attr_set(base, 0, NULL);
    while (look == LOOK_CHOSEN && left-- > 0) {
        (void)addwstr(L" ");
    }
    (void)attr_set(A_NORMAL, 0, NULL);
}

void terminal_show(void)
{
    (void)refresh();
}

void terminal_redraw(void)
{
    (void)clearok(curscr, TRUE);
}

void terminal_close(void)
{
    if (terminal.screen != NULL) {
        terminal_crash_forget();
        (void)endwin();
        delscreen(terminal.screen);
        terminal.screen = NULL;
    }
}
