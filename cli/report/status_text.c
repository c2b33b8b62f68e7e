/* The status of a rollout. */
#include "cli/report/status_text.h"

#include <string.h>

#include "cli/plan/plan_text.h"
#include "cli/report/grouping.h"
#include "cli/report/live_text.h"
#include "cli/report/progress.h"
#include "cli/report/remarks.h"
#include "cli/report/report.h"
#include "cli/text/json.h"
#include "cli/text/point_in_time.h"
#include "cli/text/table.h"
#include "common/base/array.h"

bool status_asks_targets(const struct status *status)
{
    return status->scope[0] != '\0' || status->group_by != NULL || status->lists_targets;
}

/* ---- what is true of the whole rollout ---- */

static void heading_render(const struct status *status, const struct style *style,
                           struct buffer *out)
{
    const struct message_progress *progress = &status->progress;
    buffer_printf(out, "rollout %s: ", progress->status.rollout);
    progress_title(progress, style, out);
    buffer_text_append(out, "\n");
    if (!status->over) {
        struct speed speed = {0};
        struct buffer line = {0};
        progress_line(progress, &speed, &line);
        style_wrap(style, TONE_PLAIN, buffer_text(&line), 0, out);
        buffer_free(&line);
    }
}

static void times_render(const struct status *status, const struct style *style, struct buffer *out)
{
    const struct message_progress *progress = &status->progress;
    struct buffer line = {0};
    buffer_text_append(&line, "started ");
    moment_append(&line, progress->status.started_ms, progress->now_ms);
    if (status->forecast != NULL) {
        struct buffer end = {0};
        forecast_line(status->forecast, progress->now_ms, &end);
        buffer_printf(&line, "%s%s", end.length > 0 ? ", " : "", buffer_text(&end));
        buffer_free(&end);
    }
    style_wrap(style, TONE_FAINT, buffer_text(&line), 0, out);
    buffer_free(&line);
    if (progress->status.digest[0] != '\0') {
        buffer_printf(out, "plan %.*s\n", PROGRESS_DIGEST_SHOWN, progress->status.digest);
    }
}

/* "configuration 3f2a1b4c5d6e of drover.yaml", and whether that says something else meanwhile. */
static void configuration_render(const struct status *status, const struct style *style,
                                 struct buffer *out)
{
    const struct message_reloaded *in_force = status->configuration;
    if (in_force == NULL) {
        return;
    }
    const char *file = in_force->file;
    struct buffer line = {0};
    buffer_printf(&line, "configuration %.*s of %s", PROGRESS_DIGEST_SHOWN, in_force->digest,
                  file[0] != '\0' ? file : "--url");
    if (!in_force->differs && in_force->mistakes.count == 0) {
        style_wrap(style, TONE_FAINT, buffer_text(&line), 0, out);
        buffer_free(&line);
        return;
    }
    buffer_text_append(&line, " as it was read ");
    moment_append(&line, in_force->read_ms, status->progress.now_ms);
    buffer_printf(&line, ": %s has changed since", file);
    if (in_force->mistakes.count > 0) {
        buffer_text_append(&line, ", and cannot be used for ");
        buffer_count(&line, in_force->mistakes.count, "mistake");
        buffer_text_append(&line, ": `drover config check` shows what is wrong");
    } else {
        buffer_text_append(&line, " (");
        for (size_t i = 0; i < in_force->changed.count; i++) {
            buffer_printf(&line, "%s%s", i > 0 ? ", " : "", in_force->changed.items[i]);
        }
        buffer_text_append(&line, "): `drover reload` takes it up");
    }
    style_wrap(style, TONE_CAUTION, buffer_text(&line), 0, out);
    buffer_free(&line);
}

static void title_append(const char *title, const struct style *style, struct buffer *out)
{
    buffer_text_append(out, "\n");
    style_append(style, TONE_FAINT, title, out);
    buffer_text_append(out, "\n");
}

static void entry_append(const struct buffer *line, enum tone tone, const struct style *style,
                         struct buffer *out)
{
    buffer_text_append(out, "  ");
    style_wrap(style, tone, buffer_text(line), 4, out);
}

static void holds_render(const struct message_progress *progress, const struct style *style,
                         struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < progress->holds.count; i++) {
        const struct hold_status *hold = &progress->holds.items[i];
        if (i == 0) {
            title_append("PAUSED PARTS", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s: ", hold->scope);
        buffer_count(&line, hold->targets, "target");
        buffer_printf(&line, ", by %s since ", hold->who.actor);
        moment_append(&line, hold->since_ms, progress->now_ms);
        buffer_printf(&line, "%s%s", hold->who.reason[0] == '\0' ? "" : ": ", hold->who.reason);
        entry_append(&line, TONE_CAUTION, style, out);
    }
    buffer_free(&line);
}

static void orphans_render(const struct message_progress *progress, const struct style *style,
                           struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < progress->orphans.count; i++) {
        const struct orphan_status *orphan = &progress->orphans.items[i];
        if (i == 0) {
            title_append("MAY STILL COMMIT", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s: worker %s had it in hand and is lost since ", orphan->target,
                      orphan->worker);
        moment_append(&line, orphan->lost_ms, progress->now_ms);
        entry_append(&line, TONE_CAUTION, style, out);
    }
    buffer_free(&line);
}

static void overrides_render(const struct message_progress *progress, const struct style *style,
                             struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < progress->overrides.count; i++) {
        const struct override_status *override = &progress->overrides.items[i];
        if (i == 0) {
            title_append("OVERRIDDEN", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s%s%s: ", safeguard_word(override->safeguard),
                      override->scope[0] == '\0' ? "" : " for ", override->scope);
        buffer_count(&line, override->targets, "target");
        buffer_printf(&line, ", by %s since ", override->who.actor);
        moment_append(&line, override->since_ms, progress->now_ms);
        buffer_printf(&line, ": %s", override->who.reason);
        entry_append(&line, TONE_CAUTION, style, out);
    }
    buffer_free(&line);
}

/* 300 days */
#define ENDLESS_MS (UINT64_C(300) * 24 * 60 * 60 * 1000)

static void windows_render(const struct message_progress *progress, const struct style *style,
                           struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < progress->windows.count; i++) {
        const struct window_status *window = &progress->windows.items[i];
        bool deny = strcmp(window->kind, "deny") == 0;
        if (i == 0) {
            title_append("WINDOWS", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s %s", window->kind, window->schedule);
        if (window->select[0] != '\0') {
            buffer_printf(&line, " (%s)", window->select);
        }
        /* the calendar cuts what never ends at CALENDAR_JOINED_DAYS */
        bool endless = window->active && window->until_ms > progress->now_ms + ENDLESS_MS;
        buffer_text_append(&line, window->active ? ": in force" : ": not in force");
        if (endless) {
            buffer_text_append(&line, " always");
        } else if (window->until_ms > progress->now_ms) {
            buffer_text_append(&line, window->active ? " until " : ", next ");
            moment_ahead_append(&line, window->until_ms, progress->now_ms);
        }
        entry_append(&line, window->active == deny ? TONE_CAUTION : TONE_PLAIN, style, out);
    }
    buffer_free(&line);
}

static void half_done_render(const struct message_progress *progress, const struct style *style,
                             struct buffer *out)
{
    if (progress->half_done[0] != '\0') {
        struct buffer line = {0};
        buffer_text_append(&line, progress->half_done);
        title_append("HALF DONE", style, out);
        entry_append(&line, TONE_CAUTION, style, out);
        buffer_free(&line);
    }
}

static void servers_render(const struct message_progress *progress, const struct style *style,
                           struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < progress->servers.count; i++) {
        const struct server_status *server = &progress->servers.items[i];
        if (i == 0) {
            title_append("THROTTLED SERVERS", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s: ", server->name);
        buffer_count(&line, server->running, "job");
        if (server->cap > 0) {
            buffer_printf(&line, " of at most %u", server->cap);
        }
        buffer_printf(&line, "%s%s", server->reason[0] == '\0' ? "" : "; ", server->reason);
        entry_append(&line, TONE_CAUTION, style, out);
    }
    buffer_free(&line);
}

/* "10.0.0.5:5432: since 14:02, 31 targets wait until 14:04: connection refused" */
static void outages_render(const struct message_progress *progress, const struct style *style,
                           struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < progress->outages.count; i++) {
        const struct outage_status *outage = &progress->outages.items[i];
        bool down = outage->worker[0] == '\0';
        if (i == 0) {
            title_append("UNREACHABLE", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s%s%s: since ", outage->server, down ? "" : " by worker ",
                      outage->worker);
        moment_append(&line, outage->unreached_ms, progress->now_ms);
        if (down) {
            buffer_text_append(&line, ", ");
            buffer_count(&line, outage->targets, "target");
            buffer_text_append(&line, outage->targets == 1 ? " waits" : " wait");
        } else {
            buffer_text_append(&line, outage->aside ? ", it gets no jobs" : ", others reach it");
        }
        if (outage->asking.until_ms > progress->now_ms) {
            buffer_text_append(&line, " until ");
            moment_append(&line, outage->asking.until_ms, progress->now_ms);
        }
        if (outage->asking.again_ms > progress->now_ms) {
            buffer_text_append(&line, ", asked again ");
            moment_append(&line, outage->asking.again_ms, progress->now_ms);
        }
        buffer_printf(&line, ": %s", outage->failure.message);
        entry_append(&line, TONE_CAUTION, style, out);
    }
    buffer_free(&line);
}

static void workers_render(const struct message_progress *progress, const struct style *style,
                           struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < progress->workers.count; i++) {
        const struct worker_status *worker = &progress->workers.items[i];
        if (i == 0) {
            title_append("WORKERS", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s: %u of %u jobs", worker->name, worker->running, worker->credit);
        entry_append(&line, TONE_PLAIN, style, out);
    }
    for (size_t i = 0; i < progress->lost_workers.count; i++) {
        const struct worker_status *worker = &progress->lost_workers.items[i];
        if (i == 0) {
            title_append("LOST WORKERS", style, out);
        }
        buffer_clear(&line);
        buffer_printf(&line, "%s: since ", worker->name);
        moment_append(&line, worker->lost_ms, progress->now_ms);
        buffer_text_append(&line, ", with ");
        buffer_count(&line, worker->running, "job");
        buffer_text_append(&line, " in hand, which others get if it stays away");
        entry_append(&line, TONE_CAUTION, style, out);
    }
    buffer_free(&line);
}

void status_holds_render(const struct message_progress *progress, const struct style *style,
                         struct buffer *out)
{
    holds_render(progress, style, out);
    orphans_render(progress, style, out);
    overrides_render(progress, style, out);
    windows_render(progress, style, out);
    half_done_render(progress, style, out);
}

void status_servers_render(const struct message_progress *progress, const struct style *style,
                           struct buffer *out)
{
    servers_render(progress, style, out);
    outages_render(progress, style, out);
    workers_render(progress, style, out);
}

/* ---- targets ---- */

static const char *why(const struct target_status *target, uint64_t now_ms, struct arena *arena)
{
    struct buffer text = {0};
    bool skipped = target->state == TARGET_SKIPPED; /* for a reason that somebody gave */
    bool failed = target->failure.message[0] != '\0' && !skipped;
    bool again = target->state == TARGET_WAITING || target->state == TARGET_POSTPONED;
    const char *sentence = failed ? target->failure.message : target->wait.reason;
    if (target->begun_ms > 0) {
        live_target_append(target, &text);
    }
    if (sentence[0] != '\0' && text.length > 0) {
        buffer_text_append(&text, "; ");
    }
    buffer_append(&text, sentence, strcspn(sentence, "\n"));
    if (again && failed) {
        buffer_printf(&text, "; attempt %u of %u, tried again", target->attempt, target->attempts);
    }
    if (target->wait.until_ms > now_ms && (again || !failed)) {
        buffer_text_append(&text, again ? " at " : text.length > 0 ? " until " : "until ");
        moment_append(&text, target->wait.until_ms, now_ms);
    }
    for (size_t i = 0; i < target->unfinished.count; i++) {
        buffer_printf(&text, "%s%s%s", text.length > 0 ? "; " : "", i == 0 ? "half done: " : "",
                      target->unfinished.items[i]);
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

struct table status_target_table(const struct target_status_list *targets,
                                 const struct message_progress *progress, struct arena *arena)
{
    static const struct table_column columns[] = {{"TARGET", false}, {"STATE", false},
                                                  {"WAVE", false},   {"SERVER", false},
                                                  {"AT", false},     {"WHY", false}};
    struct table table;
    const struct wave_status_list *waves = &progress->waves;
    table_init(&table, arena, columns, LENGTH(columns));
    for (size_t i = 0; i < targets->count; i++) {
        const struct target_status *target = &targets->items[i];
        struct buffer heads = {0};
        buffer_text_append(&heads, !target->inspected         ? "?"
                                   : target->heads.count == 0 ? "<base>"
                                                              : "");
        for (size_t k = 0; k < target->heads.count; k++) {
            buffer_printf(&heads, "%s%s", k > 0 ? ", " : "", target->heads.items[k]);
        }
        bool placed = target->wave > 0 && target->wave <= waves->count;
        const char *cells[] = {target->place.name,
                               target_state_word(target->state),
                               placed ? waves->items[target->wave - 1].name : "",
                               target->server,
                               buffer_text(&heads),
                               why(target, progress->now_ms, arena)};
        table_row(&table, cells);
        buffer_free(&heads);
    }
    return table;
}

static void targets_render(const struct status *status, const struct style *style,
                           struct buffer *out)
{
    struct arena arena = {0};
    struct table table = status_target_table(&status->targets, &status->progress, &arena);
    table.cut = style->terminal;
    if (status->targets.count > 0) {
        table_render(&table, style, out);
    }
    arena_free(&arena);
}

static void selection_render(const struct status *status, const struct style *style,
                             struct buffer *out)
{
    size_t count = status->targets.count;
    struct buffer line = {0};
    if (count == 0) {
        buffer_printf(&line, "No target matches%s%s.", status->scope[0] == '\0' ? "" : " ",
                      status->scope);
    } else {
        buffer_count(&line, count, "target");
        if (status->scope[0] != '\0') {
            buffer_printf(&line, " with %s", status->scope);
        }
        buffer_text_append(&line, ": ");
        states_append(&status->targets, &line);
    }
    buffer_text_append(out, "\n");
    style_wrap(style, TONE_STRONG, buffer_text(&line), 2, out);
    buffer_free(&line);
    if (status->group_by != NULL && count > 0) {
        struct arena arena = {0};
        buffer_text_append(out, "\n");
        (void)grouping_render(&status->targets, &status->progress.waves, status->group_by, style,
                              &arena, out);
        arena_free(&arena);
    }
    if (status->lists_targets && count > 0) {
        buffer_text_append(out, "\n");
        targets_render(status, style, out);
    }
}

/* ---- all ---- */

static void failures_render(const struct failure_group_list *failures, bool every,
                            const struct style *style, struct buffer *out)
{
    struct buffer text = {0};
    report_failures(failures, every, style, &text);
    buffer_printf(out, "%s%s", text.length > 0 ? "\n" : "", buffer_text(&text));
    buffer_free(&text);
}

static void remarks_render(const struct remark_group_list *remarks, bool every,
                           const struct style *style, struct buffer *out)
{
    struct buffer text = {0};
    report_remarks(remarks, every, style, &text);
    buffer_printf(out, "%s%s", text.length > 0 ? "\n" : "", buffer_text(&text));
    buffer_free(&text);
}

static void running_render(const struct status *status, bool every, const struct style *style,
                           struct buffer *out)
{
    const struct message_progress *progress = &status->progress;
    struct buffer waves = {0};
    report_waves(progress, style, &waves);
    buffer_printf(out, "%s%s", waves.length > 0 ? "\n" : "", buffer_text(&waves));
    buffer_free(&waves);
    live_render(progress, every, style, out);
    failures_render(&status->failures, every, style, out);
    remarks_render(&status->finished.remarks, every, style, out);
    holds_render(progress, style, out);
    orphans_render(progress, style, out);
    overrides_render(progress, style, out);
    windows_render(progress, style, out);
    servers_render(progress, style, out);
    outages_render(progress, style, out);
    half_done_render(progress, style, out);
    if (!status->from_journal) {
        workers_render(progress, style, out);
    }
}

static uint64_t took_ms(const struct message_progress *progress)
{
    return progress->status.finished_ms > progress->status.started_ms
               ? progress->status.finished_ms - progress->status.started_ms
               : 0;
}

void status_render(const struct status *status, bool every, const struct style *style,
                   struct buffer *out)
{
    const struct message_progress *progress = &status->progress;
    if (progress->status.rollout == NULL || progress->status.rollout[0] == '\0') {
        buffer_text_append(out, "There was no rollout yet.\n");
        configuration_render(status, style, out);
        return;
    }
    heading_render(status, style, out);
    if (!status->over) {
        times_render(status, style, out);
    }
    configuration_render(status, style, out);
    if (status->from_journal && !status->over) {
        buffer_text_append(out, "Nobody is at work on it: the same command, or `drover resume`, "
                                "goes on.\n");
    }
    if (status_asks_targets(status)) {
        selection_render(status, style, out);
        failures_render(&status->failures, every, style, out);
        remarks_render(&status->finished.remarks, every, style, out);
    } else if (status->over) {
        struct buffer report = {0};
        report_finished(progress, &status->finished, took_ms(progress), every, style, &report);
        buffer_printf(out, "\n%s", buffer_text(&report));
        holds_render(progress, style, out);
        if (progress->status.state == ROLLOUT_PAUSED) {
            overrides_render(progress, style, out);
        }
        orphans_render(progress, style, out);
        buffer_free(&report);
    } else {
        running_render(status, every, style, out);
    }
}

/* ---- for machines ---- */

static json_t *target_list_json(const struct target_status_list *targets)
{
    json_t *list = json_array();
    for (size_t i = 0; i < targets->count; i++) {
        (void)json_array_append_new(list, json_target_status(&targets->items[i]));
    }
    return list;
}

json_t *status_json(const struct status *status)
{
    json_t *object = json_object();
    if (status->progress.status.rollout == NULL) {
        return object;
    }
    (void)json_object_update_new(object, json_body(MESSAGE_PROGRESS, &status->progress));
    if (status->over) {
        (void)json_object_update_new(object, json_body(MESSAGE_FINISHED, &status->finished));
    }
    (void)json_object_del(object, "event");
    json_t *failures = json_array();
    for (size_t i = 0; i < status->failures.count; i++) {
        (void)json_array_append_new(failures, json_failure_group(&status->failures.items[i]));
    }
    (void)json_object_set_new(object, "failures", failures);
    json_t *remarks = json_array();
    for (size_t i = 0; i < status->finished.remarks.count; i++) {
        (void)json_array_append_new(remarks, json_remark_group(&status->finished.remarks.items[i]));
    }
    (void)json_object_set_new(object, "remarks", remarks);
    if (status->forecast != NULL) {
        (void)json_object_set_new(object, "forecast", json_forecast(status->forecast));
    }
    json_t *configuration = status->configuration != NULL
                                ? json_body(MESSAGE_RELOADED, status->configuration)
                                : json_null();
    (void)json_object_del(configuration, "event");
    (void)json_object_del(configuration, "reloaded");
    (void)json_object_set_new(object, "configuration", configuration);
    if (status_asks_targets(status)) {
        (void)json_object_set_new(object, "matching",
                                  json_integer((json_int_t)status->targets.count));
    }
    if (status->group_by != NULL) {
        (void)json_object_set_new(
            object, "groups",
            grouping_json(&status->targets, &status->progress.waves, status->group_by));
    }
    if (status->lists_targets) {
        (void)json_object_set_new(object, "target_list", target_list_json(&status->targets));
    }
    return object;
}
