/* Progress: bars, counts and an estimate out of one PROGRESS message. */
#include "cli/report/progress.h"

#include <stdio.h>
#include <string.h>

#include "cli/report/live_text.h"
#include "cli/text/point_in_time.h"
#include "common/base/array.h"

enum {
    BAR_LEAST = 8,
    BAR_MOST = 40,
    NAME_MOST = 20,
    COUNTS_COLUMNS = 34, /* behind a bar: "12,000/12,000  120 failed" */
    WAVES_SHOWN = 8,
    SPEED_WINDOW_MS = 5000,
};

bool progress_validating(const struct message_progress *progress)
{
    switch (progress->status.state) {
    case ROLLOUT_NONE:
    case ROLLOUT_PLANNING:
    case ROLLOUT_VALIDATING:
    case ROLLOUT_GATE:
    case ROLLOUT_CLOSED:
    case ROLLOUT_REFUSED: return true;
    case ROLLOUT_DEPLOYING:
    case ROLLOUT_PAUSED:
    case ROLLOUT_CANCELLING:
    case ROLLOUT_SUCCEEDED:
    case ROLLOUT_FAILED:
    case ROLLOUT_CANCELLED: return false;
    }
    return false;
}

bool progress_over(const struct message_progress *progress)
{
    return progress->status.state == ROLLOUT_PAUSED ||
           !rollout_state_is_active(progress->status.state);
}

uint32_t progress_done(const struct message_progress *progress)
{
    return progress_validating(progress)
               ? progress->counts.validated + progress->counts.refused
               : progress->counts.deployed + progress->counts.unchanged + progress->counts.failed +
                     progress->counts.skipped + progress->counts.gone;
}

unsigned progress_percent(const struct message_progress *progress)
{
    enum { VALIDATION_PERCENT = 20 };
    bool validating = progress_validating(progress);
    uint64_t part = validating ? VALIDATION_PERCENT : 100 - VALIDATION_PERCENT;
    uint64_t done = progress->counts.targets == 0
                        ? 0
                        : part * progress_done(progress) / progress->counts.targets;
    return (unsigned)(validating ? done : VALIDATION_PERCENT + done);
}

/* ---- speed ---- */

void speed_sample(struct speed *speed, const struct message_progress *progress)
{
    bool deploying = !progress_validating(progress);
    if (deploying != speed->deploying) {
        *speed = (struct speed){.deploying = deploying};
    }
    size_t at = speed->count++ % SPEED_SAMPLES;
    speed->samples[at].at_ms = progress->now_ms;
    speed->samples[at].done = progress_done(progress);
}

double speed_rate(const struct speed *speed)
{
    if (speed->count < 2) {
        return 0;
    }
    size_t last = (speed->count - 1) % SPEED_SAMPLES;
    size_t kept = speed->count < SPEED_SAMPLES ? speed->count : SPEED_SAMPLES;
    size_t first = last;
    for (size_t back = 1; back < kept; back++) {
        size_t at = (speed->count - 1 - back) % SPEED_SAMPLES;
        if (speed->samples[at].at_ms + SPEED_WINDOW_MS < speed->samples[last].at_ms) {
            break;
        }
        first = at;
    }
    uint64_t elapsed = speed->samples[last].at_ms - speed->samples[first].at_ms;
    uint32_t done = speed->samples[last].done - speed->samples[first].done;
    return elapsed == 0 || speed->samples[last].done < speed->samples[first].done
               ? 0
               : (double)done * 1000.0 / (double)elapsed;
}

/* ---- pieces ---- */

static void bar_append(unsigned columns, uint32_t done, uint32_t failed, uint32_t all,
                       const struct style *style, struct buffer *out)
{
    const char *full = style->unicode ? "\u2588" : "#";
    const char *empty = style->unicode ? "\u2591" : ".";
    unsigned bad = all == 0 ? 0 : (unsigned)((uint64_t)columns * failed / all);
    unsigned good = all == 0 ? 0 : (unsigned)((uint64_t)columns * (done - failed) / all);
    bad = failed > 0 && bad == 0 && good < columns ? 1 : bad;
    struct buffer piece = {0};
    for (unsigned i = 0; i < good; i++) {
        buffer_text_append(&piece, full);
    }
    style_append(style, TONE_GOOD, buffer_text(&piece), out);
    buffer_clear(&piece);
    for (unsigned i = 0; i < bad; i++) {
        buffer_text_append(&piece, full);
    }
    if (bad > 0) {
        style_append(style, TONE_BAD, buffer_text(&piece), out);
    }
    buffer_clear(&piece);
    for (unsigned i = good + bad; i < columns; i++) {
        buffer_text_append(&piece, empty);
    }
    if (good + bad < columns) {
        style_append(style, TONE_FAINT, buffer_text(&piece), out);
    }
    buffer_free(&piece);
}

static void bar_line(const char *name, unsigned name_columns, uint32_t done, uint32_t failed,
                     uint32_t all, const char *failed_word, const struct style *style,
                     struct buffer *out)
{
    char text[NUMBER_TEXT_BYTES];
    unsigned used = name_columns + 4 + COUNTS_COLUMNS;
    unsigned columns = style->width > used + BAR_LEAST ? style->width - used : BAR_LEAST;
    columns = columns > BAR_MOST ? BAR_MOST : columns;
    size_t shown = style_columns(name);
    buffer_printf(out, "  %s%*s  ", name,
                  shown < name_columns ? (int)(name_columns - (unsigned)shown) : 0, "");
    bar_append(columns, done, failed, all, style, out);
    buffer_printf(out, "  %s/", number_text(done, text));
    buffer_text_append(out, number_text(all, text));
    if (failed > 0) {
        struct buffer words = {0};
        buffer_printf(&words, "  %s %s", number_text(failed, text), failed_word);
        style_append(style, TONE_BAD, buffer_text(&words), out);
        buffer_free(&words);
    }
    buffer_text_append(out, "\n");
}

const char *progress_joint(const char *verb)
{
    static const char *const joints[][2] = {{"rollback", "of"}, {"stamp", "as"}, {"adopt", "from"}};
    for (size_t i = 0; i < LENGTH(joints); i++) {
        if (strcmp(joints[i][0], verb) == 0) {
            return joints[i][1];
        }
    }
    return "to";
}

void progress_title(const struct message_progress *progress, const struct style *style,
                    struct buffer *out)
{
    style_append(style, TONE_STRONG, progress->status.verb, out);
    if (progress->status.spec[0] != '\0') {
        buffer_printf(out, " %s %s", progress_joint(progress->status.verb), progress->status.spec);
    }
}

void progress_heading(const struct message_progress *progress, const struct speed *speed,
                      const struct style *style, struct buffer *out)
{
    progress_title(progress, style, out);
    buffer_text_append(out, "  ");
    bool paused = progress->status.state == ROLLOUT_PAUSED;
    style_append(style, paused || progress->wait.idle ? TONE_CAUTION : TONE_PLAIN,
                 rollout_state_word(progress->status.state), out);
    buffer_text_append(out, "  ");
    duration_append(out, progress->now_ms > progress->status.started_ms
                             ? progress->now_ms - progress->status.started_ms
                             : 0);
    double rate = speed_rate(speed);
    uint32_t done = progress_done(progress);
    double left = rate >= 0.05 && !paused && !progress->wait.idle
                      ? (double)(progress->counts.targets - done) / rate
                      : 0;
    if (left >= 1) {
        buffer_text_append(out, ", about ");
        duration_append(out, (unsigned long long)left * 1000);
        buffer_text_append(out, " left");
    }
    buffer_text_append(out, "\n");
}

static void counts_append(const struct counts *counts, double rate, struct buffer *out)
{
    static const struct {
        const char *word;
        size_t offset;
    } words[] = {
        {"running", offsetof(struct counts, running)},
        {"waiting for a retry", offsetof(struct counts, waiting)},
        {"refused", offsetof(struct counts, refused)},
        {"failed", offsetof(struct counts, failed)},
        {"skipped", offsetof(struct counts, skipped)},
        {"gone", offsetof(struct counts, gone)},
    };
    for (size_t i = 0; i < LENGTH(words); i++) {
        uint32_t count;
        char text[NUMBER_TEXT_BYTES];
        memcpy(&count, (const char *)counts + words[i].offset, sizeof count);
        if (count > 0) {
            buffer_printf(out, ", %s %s", number_text(count, text), words[i].word);
        }
    }
    if (rate >= 0.05) {
        buffer_printf(out, ", %.*f/s", rate < 10 ? 1 : 0, rate);
    }
}

void progress_counts(const struct message_progress *progress, const struct speed *speed,
                     const struct style *style, struct buffer *out)
{
    struct buffer line = {0};
    buffer_count(&line, progress->counts.targets, "target");
    counts_append(&progress->counts, speed_rate(speed), &line);
    buffer_text_append(&line, ", ");
    buffer_count(&line, progress->workers.count, "worker");
    buffer_text_append(out, "  ");
    char *cut = line.data;
    cut[style_fitting_bytes(cut, style->width - 3)] = '\0';
    style_append(style, TONE_FAINT, cut, out);
    buffer_text_append(out, "\n");
    buffer_free(&line);
}

static void sentence_line(const char *sentence, enum tone tone, const struct style *style,
                          struct buffer *out)
{
    if (sentence[0] == '\0') {
        return;
    }
    struct buffer line = {0};
    buffer_append(&line, sentence, style_fitting_bytes(sentence, style->width - 3));
    buffer_text_append(out, "  ");
    style_append(style, tone, buffer_text(&line), out);
    buffer_text_append(out, "\n");
    buffer_free(&line);
}

static uint32_t wave_done(const struct wave_status *wave)
{
    return wave->counts.deployed + wave->counts.unchanged + wave->counts.failed +
           wave->counts.skipped;
}

static void waves_render(const struct message_progress *progress, const struct style *style,
                         struct buffer *out)
{
    size_t widest = 0;
    for (size_t i = 0; i < progress->waves.count; i++) {
        size_t columns = style_columns(progress->waves.items[i].name);
        widest = columns > widest ? columns : widest;
    }
    unsigned name_columns = widest > NAME_MOST ? NAME_MOST : (unsigned)widest;
    size_t first = 0; /* many waves: those around the one at work */
    while (first + WAVES_SHOWN < progress->waves.count &&
           progress->waves.items[first].state == WAVE_FINISHED) {
        first++;
    }
    for (size_t i = first; i < progress->waves.count && i < first + WAVES_SHOWN; i++) {
        const struct wave_status *wave = &progress->waves.items[i];
        bar_line(wave->name, name_columns, wave_done(wave), wave->counts.failed,
                 wave->counts.targets, "failed", style, out);
    }
}

bool progress_wants_approval(const struct message_progress *progress)
{
    bool wants = false;
    for (size_t i = 0; i < progress->waves.count; i++) {
        wants = wants || progress->waves.items[i].state == WAVE_AWAITING;
    }
    return wants;
}

static bool lacks_workers(const struct message_progress *progress)
{
    return progress->workers.count == 0 && !progress_over(progress) && !progress->wait.idle;
}

void progress_waiting(const struct message_progress *progress, struct buffer *out)
{
    if (progress->wait.reason[0] == '\0' && lacks_workers(progress)) {
        buffer_text_append(out, "no worker is connected");
    } else if (progress->wait.reason[0] == '\0' && progress->wait.until_ms > progress->now_ms) {
        buffer_text_append(out, "waits");
    }
    buffer_text_append(out, progress->wait.reason);
    if (progress->pause.until_resumed) {
        buffer_text_append(out, ", since ");
        moment_append(out, progress->pause.paused_ms, progress->now_ms);
    }
    if (progress->wait.until_ms > progress->now_ms) {
        buffer_text_append(out, " until ");
        moment_ahead_append(out, progress->wait.until_ms, progress->now_ms);
    }
}

void progress_next(const struct message_progress *progress, struct buffer *out)
{
    if (lacks_workers(progress)) {
        buffer_text_append(out, "`drover worker` starts one");
    } else if (progress_wants_approval(progress) && progress->status.digest[0] != '\0' &&
               strstr(progress->wait.reason, "drover approve") == NULL) {
        buffer_printf(out, "`drover approve --digest %.*s` goes on", PROGRESS_DIGEST_SHOWN,
                      progress->status.digest);
    }
}

void progress_bars(const struct message_progress *progress, const struct style *style,
                   struct buffer *out)
{
    if (progress_validating(progress)) {
        bar_line("validation", 10, progress->counts.validated + progress->counts.refused,
                 progress->counts.refused, progress->counts.targets, "refused", style, out);
    } else {
        waves_render(progress, style, out);
    }
}

void progress_render(const struct message_progress *progress, const struct speed *speed,
                     const char *notice, const struct style *style, struct buffer *out)
{
    progress_heading(progress, speed, style, out);
    progress_bars(progress, style, out);
    progress_counts(progress, speed, style, out);
    struct buffer text = {0};
    live_line(progress, &text);
    sentence_line(buffer_text(&text), TONE_CAUTION, style, out);
    buffer_clear(&text);
    progress_waiting(progress, &text);
    sentence_line(buffer_text(&text), TONE_CAUTION, style, out);
    buffer_clear(&text);
    progress_next(progress, &text);
    sentence_line(buffer_text(&text), TONE_CAUTION, style, out);
    buffer_free(&text);
    sentence_line(notice, TONE_FAINT, style, out);
}

void progress_line(const struct message_progress *progress, const struct speed *speed,
                   struct buffer *out)
{
    char text[NUMBER_TEXT_BYTES];
    buffer_printf(out, "%s: %s of ", rollout_state_word(progress->status.state),
                  number_text(progress_done(progress), text));
    buffer_count(out, progress->counts.targets, "target");
    counts_append(&progress->counts, speed_rate(speed), out);
    struct buffer wait = {0};
    progress_waiting(progress, &wait);
    if (wait.length > 0) {
        buffer_printf(out, ": %s", buffer_text(&wait));
    }
    buffer_clear(&wait);
    progress_next(progress, &wait);
    if (wait.length > 0) {
        buffer_printf(out, "; %s", buffer_text(&wait));
    }
    buffer_free(&wait);
}
