/* The display: draws over its own lines by moving the cursor up; one write for each drawing. */
#include "cli/report/display.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/agents/pipeline_log.h"
#include "cli/report/live_text.h"

enum {
    PLAIN_PAUSE_MS = 5000,
    MEASURE_PAUSE_MS = 1000,
    CLOCK_PAUSE_MS = 1000, /* the time that is shown moves on when nothing else does */
};

static const char cursor_hide[] = "\033[?25l";
static const char cursor_show[] = "\033[?25h";

static uint64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void screen_write(const struct buffer *text)
{
    (void)fwrite(buffer_text(text), 1, text->length, stderr);
    (void)fflush(stderr);
}

/* Moves to the first of our lines and clears from there on. */
static void lines_erase(struct display *display, struct buffer *out)
{
    if (display->lines > 0) {
        buffer_printf(out, "\033[%uA\r\033[J", display->lines);
        display->lines = 0;
    }
}

struct message_progress display_now(const struct display *display)
{
    struct message_progress progress = display->progress;
    if (!progress_over(&progress)) {
        progress.now_ms += clock_ms() - display->heard_ms;
    }
    return progress;
}

static void lines_draw(struct display *display, struct buffer *out)
{
    size_t begin = out->length;
    struct message_progress progress = display_now(display);
    progress_render(&progress, &display->speed, display->notice, display->style, out);
    for (size_t i = begin; i < out->length; i++) {
        display->lines += out->data[i] == '\n' ? 1 : 0;
    }
}

void display_init(struct display *display, struct style *style, bool silent)
{
    memset(display, 0, sizeof *display);
    display->style = style;
    display->silent = silent;
    display->drawn_ms = clock_ms();
}

/* Into the other arena, as the message may be the one that is kept. */
static void progress_keep(struct display *display, const struct message *message)
{
    unsigned other = 1 - display->turn;
    arena_free(&display->arenas[other]);
    display->progress = message_copy(message, &display->arenas[other]).progress;
    display->turn = other;
    display->known = true;
    display->heard_ms = clock_ms();
}

void display_progress(struct display *display, const struct message *message)
{
    progress_keep(display, message);
    speed_sample(&display->speed, &display->progress);
    if (!display->silent) {
        pipeline_log_progress(progress_percent(&display->progress),
                              rollout_state_word(display->progress.status.state));
    }
    display->changed = true;
}

void display_say(struct display *display, const char *sentence)
{
    if (display->silent) {
        return;
    }
    struct buffer text = {0};
    lines_erase(display, &text);
    buffer_printf(&text, "%s\n", sentence);
    if (display->style->cursor && display->known) {
        lines_draw(display, &text);
    }
    screen_write(&text);
    buffer_free(&text);
}

/* What a script said on one target it says on thousands: the first is shown, the report counts. */
static bool remark_is_known(struct display *display, const char *likeness)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    for (const char *at = likeness; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 1099511628211U;
    }
    for (unsigned i = 0; i < display->remark_count; i++) {
        if (display->remarks[i] == hash) {
            return true;
        }
    }
    if (display->remark_count == DISPLAY_REMARKS_MAX) {
        return true;
    }
    display->remarks[display->remark_count++] = hash;
    return false;
}

void display_notice(struct display *display, const struct message_notice *notice)
{
    if (notice->likeness[0] != '\0' && remark_is_known(display, notice->likeness)) {
        return;
    }
    if (display->style->cursor && strcmp(notice->entry.level, "info") == 0) {
        (void)snprintf(display->notice, sizeof display->notice, "%s", notice->entry.sentence);
        display->changed = true;
        return;
    }
    struct buffer text = {0};
    bool plain = strcmp(notice->entry.level, "info") == 0;
    if (!plain) {
        style_append(display->style,
                     strcmp(notice->entry.level, "error") == 0 ? TONE_BAD : TONE_CAUTION,
                     notice->entry.level, &text);
        buffer_text_append(&text, ": ");
    }
    buffer_text_append(&text, notice->entry.sentence);
    display_say(display, buffer_text(&text));
    if (strcmp(notice->entry.level, "warning") == 0) { /* errors come with the report, by cause */
        pipeline_log_issue("warning", "", 0, 0, notice->entry.sentence);
    }
    buffer_free(&text);
}

/* A line every few seconds when something moves, and at once when it
 * begins to wait for something else. */
static void plain_tick(struct display *display)
{
    const struct message_progress *progress = &display->progress;
    uint64_t now = clock_ms();
    uint32_t done = progress_done(progress);
    bool waits_anew = progress->wait.idle && strcmp(display->reason, progress->wait.reason) != 0;
    bool moves =
        progress->counts.running > 0 || progress->counts.waiting > 0 || done != display->done;
    bool due = !progress->wait.idle && moves && now >= display->drawn_ms + PLAIN_PAUSE_MS;
    if (!display->changed || !(waits_anew || due)) {
        return;
    }
    struct buffer text = {0};
    progress_line(progress, &display->speed, &text);
    struct buffer live = {0};
    live_line(progress, &live);
    buffer_printf(&text, "%s%s\n", live.length > 0 ? "; " : "", buffer_text(&live));
    buffer_free(&live);
    screen_write(&text);
    buffer_free(&text);
    (void)snprintf(display->reason, sizeof display->reason, "%s",
                   progress->wait.idle ? progress->wait.reason : "");
    display->done = done;
    display->drawn_ms = now;
    display->changed = false;
}

void display_tick(struct display *display)
{
    if (display->silent || !display->known) {
        return;
    }
    if (!display->style->cursor) {
        plain_tick(display);
        return;
    }
    uint64_t now = clock_ms();
    if (!display->changed && now < display->drawn_ms + CLOCK_PAUSE_MS) {
        return;
    }
    if (now >= display->measured_ms + MEASURE_PAUSE_MS) {
        style_measure(display->style, STDERR_FILENO);
        display->measured_ms = now;
    }
    struct buffer text = {0};
    buffer_text_append(&text, cursor_hide);
    lines_erase(display, &text);
    lines_draw(display, &text);
    screen_write(&text);
    buffer_free(&text);
    display->drawn_ms = now;
    display->changed = false;
}

void display_end(struct display *display)
{
    if (display->silent || !display->style->cursor) {
        return;
    }
    struct buffer text = {0};
    lines_erase(display, &text);
    buffer_text_append(&text, cursor_show);
    screen_write(&text);
    buffer_free(&text);
}

void display_free(struct display *display)
{
    arena_free(&display->arenas[0]);
    arena_free(&display->arenas[1]);
}
