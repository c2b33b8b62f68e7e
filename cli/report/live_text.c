/* What is known is said, what is not is left out: a worker that was just told knows no more. */
#include "cli/report/live_text.h"

#include <string.h>

#include "cli/text/point_in_time.h"
#include "common/vocabulary/blocker.h"

enum { SHOWN = 5 };

/* ---- pieces ---- */

static void statement_append(const struct activity *activity, struct buffer *out)
{
    if (activity->at_revision[0] != '\0') {
        buffer_printf(out, "%s", activity->at_revision);
    }
    if (activity->statement > 0) {
        buffer_printf(out, " statement %u of %u", activity->statement, activity->statements);
    }
}

static void place_append(const struct target_status *target, struct buffer *out)
{
    const char *comma = out->length > 0 ? ", " : "";
    if (target->worker[0] != '\0') {
        buffer_printf(out, "%sworker %s", comma, target->worker);
        comma = ", ";
    }
    if (target->activity.pid > 0) {
        buffer_printf(out, "%spid %u", comma, target->activity.pid);
        comma = ", ";
    }
    if (target->attempt > 0) {
        buffer_printf(out, "%sattempt %u of %u", comma, target->attempt, target->attempts);
    }
}

static void wait_append(const struct activity *activity, struct buffer *out)
{
    if (activity->blocker_count == 0) {
        return;
    }
    buffer_text_append(out, "; waits ");
    duration_append(out, activity->waiting_ms);
    if (activity->waits_for[0] != '\0') {
        buffer_printf(out, " for %s", activity->waits_for);
    }
    if (activity->blockers.count > 0) {
        buffer_text_append(out, ", blocked by ");
        blocker_append(&activity->blockers.items[0], out);
    }
    if (activity->blocker_count > 1) {
        buffer_printf(out, "; and %u more", activity->blocker_count - 1);
    }
}

static void behind_append(const struct activity *activity, struct buffer *out)
{
    if (activity->behind_count == 0) {
        return;
    }
    buffer_text_append(out, "; ");
    buffer_count(out, activity->behind_count, "session");
    buffer_printf(out, " wait%s behind it, the longest for ",
                  activity->behind_count == 1 ? "s" : "");
    duration_append(out, activity->behind_ms);
    if (activity->behind.count > 0) {
        buffer_text_append(out, ": ");
        blocker_append(&activity->behind.items[0], out);
    }
}

static void phase_append(const struct activity *activity, struct buffer *out)
{
    if (activity->phase[0] == '\0') {
        return;
    }
    buffer_printf(out, "; index: %s", activity->phase);
    if (activity->phase_whole > 0) {
        buffer_printf(out, ", %u %%",
                      (unsigned)(activity->phase_done * 100 / activity->phase_whole));
    }
}

void live_target_append(const struct target_status *target, struct buffer *out)
{
    const struct activity *activity = &target->activity;
    struct buffer text = {0};
    statement_append(activity, &text);
    if (target->begun_ms > 0) {
        buffer_text_append(&text, text.length > 0 ? ", for " : "for ");
        duration_append(&text, activity->running_ms);
    }
    if (target->usual_ms > 0 && activity->running_ms > target->usual_ms) {
        buffer_text_append(&text, " (others at most ");
        duration_append(&text, target->usual_ms);
        buffer_text_append(&text, ")");
    }
    place_append(target, &text);
    wait_append(activity, &text);
    behind_append(activity, &text);
    phase_append(activity, &text);
    if (activity->gave_way > 0) {
        buffer_printf(&text, "; gave way to applications %u time%s", activity->gave_way,
                      plural(activity->gave_way));
    }
    if (activity->statement_begins[0] != '\0') {
        buffer_printf(&text, "; %s:%u: %s", activity->statement_file, activity->statement_line,
                      activity->statement_begins);
    }
    buffer_text_append(out, buffer_text(&text));
    buffer_free(&text);
}

/* ---- sections ---- */

static void title_append(const char *title, const struct style *style, struct buffer *out)
{
    buffer_text_append(out, "\n");
    style_append(style, TONE_FAINT, title, out);
    buffer_text_append(out, "\n");
}

static void entry_append(struct buffer *line, enum tone tone, const struct style *style,
                         struct buffer *out)
{
    buffer_text_append(out, "  ");
    style_wrap(style, tone, buffer_text(line), 4, out);
    buffer_clear(line);
}

static size_t shown_of(size_t count, bool every)
{
    return every || count < SHOWN ? count : SHOWN;
}

static void running_render(const struct message_progress *progress, bool every,
                           const struct style *style, struct buffer *out)
{
    struct buffer line = {0};
    const struct target_status_list *list = &progress->running_list;
    size_t shown = shown_of(list->count, every);
    for (size_t i = 0; i < shown; i++) {
        const struct target_status *target = &list->items[i];
        if (i == 0) {
            title_append("RUNNING", style, out);
        }
        buffer_printf(&line, "%s: ", target->place.name);
        live_target_append(target, &line);
        bool blocked = target->activity.blocker_count > 0 || target->activity.behind_count > 0;
        entry_append(&line, blocked ? TONE_CAUTION : TONE_PLAIN, style, out);
    }
    if (shown > 0 && progress->counts.running > shown) {
        buffer_printf(&line, "and %u more: `drover status --targets --where state=running`",
                      progress->counts.running - (unsigned)shown);
        entry_append(&line, TONE_FAINT, style, out);
    }
    buffer_free(&line);
}

/* "us_acme_12: attempt 3 of 10 failed, the next at 14:05 (in 4 s): lock timeout (55P03)" */
static void waiting_append(const struct target_status *target, uint64_t now_ms, struct buffer *out)
{
    const struct failure *failure = &target->failure;
    buffer_printf(out, "%s: attempt %u of %u failed, the next ", target->place.name,
                  target->attempt, target->attempts);
    if (target->wait.until_ms > now_ms) {
        buffer_text_append(out, "at ");
        moment_ahead_append(out, target->wait.until_ms, now_ms);
    } else {
        buffer_text_append(out, "is due");
    }
    if (failure->message[0] != '\0') {
        buffer_text_append(out, ": ");
        buffer_append(out, failure->message, strcspn(failure->message, "\n"));
    }
    if (failure->sqlstate[0] != '\0') {
        buffer_printf(out, " (%s)", failure->sqlstate);
    }
    if (target->activity.blockers.count > 0) {
        buffer_text_append(out, "; it was blocked by ");
        blocker_append(&target->activity.blockers.items[0], out);
    }
}

static void waiting_render(const struct message_progress *progress, bool every,
                           const struct style *style, struct buffer *out)
{
    struct buffer line = {0};
    const struct target_status_list *list = &progress->waiting_list;
    size_t shown = shown_of(list->count, every);
    for (size_t i = 0; i < shown; i++) {
        if (i == 0) {
            title_append("WAITING", style, out);
        }
        waiting_append(&list->items[i], progress->now_ms, &line);
        entry_append(&line, TONE_CAUTION, style, out);
    }
    if (shown > 0 && progress->counts.waiting > shown) {
        buffer_printf(&line, "and %u more: `drover status --targets --where state=waiting`",
                      progress->counts.waiting - (unsigned)shown);
        entry_append(&line, TONE_FAINT, style, out);
    }
    buffer_free(&line);
}

/* "37 targets blocked by application reports (pid 4711 on db1:5432)" */
static void blockage_append(const struct blockage *blockage, struct buffer *out)
{
    const struct blocker *blocker = &blockage->blocker;
    buffer_count(out, blockage->count, "target");
    buffer_text_append(out, " blocked by ");
    if (blocker->pid == 0) {
        buffer_printf(out, "a prepared transaction on %s", blockage->server);
        return;
    }
    if (blocker->autovacuum) {
        buffer_text_append(out, "autovacuum");
    } else if (blocker->application[0] != '\0') {
        buffer_printf(out, "application %s", blocker->application);
    } else {
        buffer_printf(out, "user %s", blocker->user);
    }
    buffer_printf(out, " (pid %u on %s)", blocker->pid, blockage->server);
}

static void blockages_render(const struct message_progress *progress, bool every,
                             const struct style *style, struct buffer *out)
{
    struct buffer line = {0};
    size_t shown = shown_of(progress->blockages.count, every);
    for (size_t i = 0; i < shown; i++) {
        const struct blockage *blockage = &progress->blockages.items[i];
        if (blockage->count == 1) { /* it says so itself */
            break;
        }
        if (i == 0) {
            title_append("BLOCKED", style, out);
        }
        blockage_append(blockage, &line);
        for (size_t k = 0; k < blockage->targets.count; k++) {
            buffer_printf(&line, "%s%s", k == 0 ? ": " : ", ", blockage->targets.items[k]);
        }
        if (blockage->count > blockage->targets.count) {
            buffer_text_append(&line, ", ...");
        }
        entry_append(&line, TONE_CAUTION, style, out);
    }
    buffer_free(&line);
}

void live_render(const struct message_progress *progress, bool every, const struct style *style,
                 struct buffer *out)
{
    blockages_render(progress, every, style, out);
    running_render(progress, every, style, out);
    waiting_render(progress, every, style, out);
}

void live_line(const struct message_progress *progress, struct buffer *out)
{
    if (progress->blockages.count > 0 && progress->blockages.items[0].count > 1) {
        blockage_append(&progress->blockages.items[0], out);
    } else if (progress->running_list.count > 0) {
        buffer_printf(out, "%s: ", progress->running_list.items[0].place.name);
        live_target_append(&progress->running_list.items[0], out);
    } else if (progress->waiting_list.count > 0) {
        waiting_append(&progress->waiting_list.items[0], progress->now_ms, out);
    }
}
