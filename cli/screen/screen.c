/* The screen: one loop over what the client brings. */
#include "cli/screen/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/line/scope.h"
#include "cli/report/progress.h"
#include "cli/report/report.h"
#include "cli/screen/picture.h"
#include "cli/screen/terminal.h"
#include "common/base/selector.h"

enum {
    RETURN_TICKS = 10, /* between tries to reach a coordinator that is gone */
    CLOCK_TICKS = 10,  /* the time that is shown moves on when nothing else does */
    FILTER_BYTES = 512,
    SAID_BYTES = 4096,
};

struct screen {
    struct invocation *invocation;
    struct client *client;
    struct known known;
    struct visits visits;
    struct picture picture;
    char filter[FILTER_BYTES];
    char typed[FILTER_BYTES]; /* of a filter to come */
    bool typing;
    char said[SAID_BYTES];
    char lost[SAID_BYTES]; /* since when the coordinator is not heard; "": it is */
    bool gone;             /* the connection is; it is tried again */
    bool changed;
    bool left;
    unsigned ticks; /* since it was drawn, or since the coordinator was tried */
};

bool screen_is_possible(const struct invocation *invocation)
{
    return !invocation->json && invocation->output.cursor && isatty(STDIN_FILENO) == 1 &&
           terminal_is_fit();
}

/* ---- what the sheet needs ---- */

static void scope_join(struct buffer *out, const char *part)
{
    buffer_printf(out, "%s%s", out->length > 0 && part[0] != '\0' ? "," : "", part);
}

/* The filter holds but for one target, which was chosen by name. */
static void answers_want(struct screen *screen)
{
    const struct visit *visit = visits_shown(&screen->visits);
    const struct sheet_kind *kind = &sheet_kinds[visit->sheet];
    struct arena arena = {0};
    struct buffer scope = {0};
    unsigned questions = kind->questions;
    scope_join(&scope, kind->scope);
    if (visit->sheet == SHEET_TARGET) {
        const char *value = scope_value(&arena, visit->where);
        scope_join(&scope, arena_printf(&arena, "target=%s", value == NULL ? "''" : value));
    } else if (visit->sheet != SHEET_WAVES) {
        scope_join(&scope, screen->filter);
        scope_join(&scope, visit->where);
    }
    if (visit->sheet == SHEET_LOG && screen->filter[0] != '\0') {
        questions |= QUESTION_LOG;
    }
    if (screen->known.over) {
        questions &= ~(unsigned)QUESTION_FORECAST;
    }
    known_want(&screen->known, questions, buffer_text(&scope));
    buffer_free(&scope);
    arena_free(&arena);
}

static void draw(struct screen *screen)
{
    const struct picture_foot foot = {screen->typing ? screen->typed : NULL, screen->said};
    answers_want(screen);
    picture_draw(&screen->picture, &screen->known, &screen->visits, screen->filter, screen->lost,
                 &foot, &screen->invocation->output);
    screen->changed = false;
}

/* ---- keys ---- */

static void filter_take(struct screen *screen)
{
    struct arena arena = {0};
    struct error error = {0};
    const struct selector *selector;
    if (selector_parse(&arena, screen->typed, &selector, &error) != 0) {
        (void)snprintf(screen->said, sizeof screen->said, "%s; %s", error.message, error.hint);
    } else {
        (void)snprintf(screen->filter, sizeof screen->filter, "%s", screen->typed);
        screen->typing = false;
        screen->said[0] = '\0';
    }
    arena_free(&arena);
}

static void filter_stroke(struct screen *screen, const struct stroke *stroke)
{
    size_t length = strlen(screen->typed);
    switch (stroke->key) {
    case CHARACTER_KEY:
        if (length + strlen(stroke->character) < sizeof screen->typed) {
            memcpy(screen->typed + length, stroke->character, strlen(stroke->character) + 1);
        }
        break;
    case BACKSPACE_KEY:
        while (length > 0 && ((unsigned char)screen->typed[--length] & 0xC0) == 0x80) {
        }
        screen->typed[length] = '\0';
        break;
    case ENTER_KEY: filter_take(screen); break;
    case ESCAPE_KEY:
        screen->typing = false;
        screen->said[0] = '\0';
        break;
    default: break;
    }
}

static void look_closer(struct screen *screen)
{
    const struct visit *visit = visits_shown(&screen->visits);
    if (visit->line >= screen->picture.sheet.count) {
        return;
    }
    const struct sheet_line *line = &screen->picture.sheet.lines[visit->line];
    if (line->lead != LEAD_NOWHERE) {
        visits_open(&screen->visits, line->lead == LEAD_TARGET ? SHEET_TARGET : SHEET_TARGETS,
                    line->where);
    }
}

static void tab_turn(struct screen *screen, unsigned by)
{
    unsigned tab = (unsigned)screen->visits.list[0].sheet;
    visits_tab(&screen->visits, (enum sheet_id)((tab + by) % TAB_COUNT));
}

static void character_stroke(struct screen *screen, char character)
{
    struct visit *visit = visits_shown(&screen->visits);
    switch (character) {
    case 'q':
    case 'Q': screen->left = true; break;
    case '?': visits_open(&screen->visits, SHEET_HELP, ""); break;
    case 'j': visit_move(visit, &screen->picture.sheet, 1); break;
    case 'k': visit_move(visit, &screen->picture.sheet, -1); break;
    case '/':
        (void)snprintf(screen->typed, sizeof screen->typed, "%s", screen->filter);
        screen->typing = true;
        break;
    default:
        if (character >= '1' && character < '1' + TAB_COUNT) {
            visits_tab(&screen->visits, (enum sheet_id)(character - '1'));
        }
    }
}

static void stroke_take(struct screen *screen, const struct stroke *stroke)
{
    struct visit *visit = visits_shown(&screen->visits);
    const struct sheet *sheet = &screen->picture.sheet;
    long page = screen->picture.rows > 1 ? (long)screen->picture.rows - 1 : 1;
    screen->changed = true;
    if (stroke->key == INPUT_GONE) {
        screen->left = true;
        return;
    }
    if (screen->typing) {
        filter_stroke(screen, stroke);
        return;
    }
    switch (stroke->key) {
    case UP_KEY: visit_move(visit, sheet, -1); break;
    case DOWN_KEY: visit_move(visit, sheet, 1); break;
    case PAGE_UP_KEY: visit_move(visit, sheet, -page); break;
    case PAGE_DOWN_KEY: visit_move(visit, sheet, page); break;
    case HOME_KEY: visit_move(visit, sheet, -(long)sheet->count); break;
    case END_KEY: visit_move(visit, sheet, (long)sheet->count); break;
    case RIGHT_KEY:
    case ENTER_KEY: look_closer(screen); break;
    case LEFT_KEY:
    case BACKSPACE_KEY:
    case ESCAPE_KEY: visits_back(&screen->visits); break;
    case TAB_KEY: tab_turn(screen, 1); break;
    case BACK_TAB_KEY: tab_turn(screen, TAB_COUNT - 1); break;
    case CHARACTER_KEY: character_stroke(screen, stroke->character[0]); break;
    default: break;
    }
}

/* A picture between two strokes: the second moves on the sheet that the first has opened. */
static void strokes_take(struct screen *screen)
{
    for (;;) {
        struct stroke stroke = terminal_stroke();
        if (stroke.key == NO_KEY || screen->left) {
            return;
        }
        stroke_take(screen, &stroke);
        if (!screen->left) {
            draw(screen);
        }
    }
}

/* ---- a coordinator that is gone ---- */

static void lost_begin(struct screen *screen, const struct error *error)
{
    char clock[16];
    time_t now = time(NULL);
    struct tm local = {0};
    (void)localtime_r(&now, &local);
    (void)strftime(clock, sizeof clock, "%H:%M:%S", &local);
    (void)snprintf(screen->lost, sizeof screen->lost,
                   "Not heard since %s: %s; trying to reach it again", clock, error->message);
    screen->gone = screen->changed = true;
    screen->ticks = 0;
}

/* The connection is tried about once a second for as long as somebody looks. */
static void lost_tick(struct screen *screen)
{
    struct error error = {0};
    if (++screen->ticks < RETURN_TICKS) {
        return;
    }
    screen->ticks = 0;
    if (client_return(screen->client, &error) == 0) {
        screen->lost[0] = '\0';
        screen->gone = false;
        screen->changed = true;
        known_begin(&screen->known);
    } else if (error.code == ERROR_STOPPED) {
        screen->left = true;
    }
}

/* ---- the loop ---- */

static void tick(struct screen *screen)
{
    strokes_take(screen); /* also what no input announced: the size */
    if (screen->gone) {
        lost_tick(screen);
    } else {
        known_tick(&screen->known);
        screen->ticks++;
    }
    if (screen->changed || screen->ticks % CLOCK_TICKS == 0) {
        draw(screen);
    }
}

/* 0; -1: the rollout is refused. */
static int event_take(struct screen *screen, int event, const struct message *message,
                      struct error *error)
{
    switch (event) {
    case CLIENT_MESSAGE: screen->changed = true; return known_take(&screen->known, message, error);
    case CLIENT_INPUT: strokes_take(screen); return 0;
    case CLIENT_TICK: tick(screen); return 0;
    case CLIENT_INTERRUPTED: screen->left = true; return 0;
    case CLIENT_SILENT:
        (void)snprintf(screen->lost, sizeof screen->lost, "%s", client_silence(event));
        screen->changed = true;
        return 0;
    case CLIENT_HEARD:
        screen->lost[0] = '\0';
        screen->changed = true;
        return 0;
    default: return 0;
    }
}

static int look(struct screen *screen, struct error *error)
{
    int result = 0;
    while (result == 0 && !screen->left) {
        struct arena arena = {0};
        struct message message;
        int event = screen->gone ? client_idle(screen->client)
                                 : client_next(screen->client, &arena, &message, error);
        if (event < 0) {
            lost_begin(screen, error);
            *error = (struct error){0};
        } else {
            result = event_take(screen, event, &message, error);
        }
        arena_free(&arena);
    }
    return result;
}

/* What stays on the terminal: the report of what is over; of what is not, that it goes on. */
static int leave(struct screen *screen)
{
    const struct known *known = &screen->known;
    struct buffer text = {0};
    if (!known->over) {
        (void)fputs("Stopped looking; the rollout goes on: `drover status -w`\n", stderr);
        return error_exit_code(ERROR_STOPPED);
    }
    const struct message_progress *progress = &known->display.progress;
    uint64_t took_ms = progress->status.finished_ms > progress->status.started_ms
                           ? progress->status.finished_ms - progress->status.started_ms
                           : 0;
    report_finished(progress, &known->finished, took_ms, screen->invocation->verbose,
                    &screen->invocation->output, &text);
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
    return (int)known->finished.exit_code;
}

int screen_rollout(struct invocation *invocation, struct client *client, const char *rollout,
                   struct error *error)
{
    struct screen *screen = memory_alloc(sizeof *screen);
    screen->invocation = invocation;
    screen->client = client;
    int result = terminal_open(&invocation->output, error);
    if (result == 0) {
        known_init(&screen->known, invocation, client, rollout);
        visits_tab(&screen->visits, SHEET_WAVES);
        client_listen(client, STDIN_FILENO);
        known_begin(&screen->known);
        result = look(screen, error);
        terminal_close();
        result = result == 0 ? leave(screen) : result;
        visits_free(&screen->visits);
        known_free(&screen->known);
        picture_free(&screen->picture);
    }
    free(screen);
    return result;
}
