/* A plan and a forecast for people. */
#include "cli/plan/plan_text.h"

#include <stdlib.h>
#include <string.h>

#include "cli/text/point_in_time.h"
#include "cli/text/table.h"
#include "common/base/array.h"
#include "common/revision/segment.h"
#include "common/vocabulary/limits.h"

/* ---- paths ---- */

static void heads_append(struct texts heads, const struct style *style, struct buffer *out)
{
    if (heads.count == 0) {
        buffer_text_append(out, "<base>");
    }
    for (size_t i = 0; i < heads.count; i++) {
        buffer_text_append(out, i > 0 ? ", " : "");
        style_append(style, TONE_STRONG, heads.items[i], out);
    }
}

/* A path's place in the text. */
struct place {
    const struct plan_path *path;
};

static int place_compare(const void *left, const void *right)
{
    const struct plan_path *a = ((const struct place *)left)->path;
    const struct plan_path *b = ((const struct place *)right)->path;
    if ((a->steps.count == 0) != (b->steps.count == 0)) {
        return a->steps.count == 0 ? 1 : -1;
    }
    if (a->targets != b->targets) {
        return a->targets > b->targets ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

/* NULL: not known. */
static const struct plan *plan_of(const struct plan_document *document,
                                  const struct plan_path *path)
{
    return document->plans == NULL ? NULL : &document->plans[path - document->plan.paths.items];
}

/* In how many transactions the path is run; 0: not known. */
static size_t transactions_of(const struct plan *plan)
{
    size_t count = 0;
    for (size_t at = 0; plan != NULL && at < plan->step_count; at = segment_end(plan, at)) {
        count++;
    }
    return count;
}

/* How many steps the project's own Alembic runs. */
static size_t python_steps_of(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; plan != NULL && i < plan->step_count; i++) {
        count += step_script(&plan->steps[i])->alembic != NULL;
    }
    return count;
}

static void sql_render(const struct plan_document *document, const struct plan_path *path,
                       const struct style *style, struct buffer *out)
{
    const struct plan *plan = plan_of(document, path);
    bool known = plan != NULL && plan->step_count == path->steps.count;
    size_t end = known && path->steps.count > 0 ? segment_end(plan, 0) : path->steps.count;
    for (size_t i = 0; i < path->steps.count; i++) {
        if (i == end) {
            style_append(style, TONE_FAINT, "    -- COMMIT", out);
            buffer_text_append(out, "\n");
            end = segment_end(plan, i);
        }
        const struct plan_sql *sql = document->steps;
        const struct plan_sql *last = document->steps + document->step_count;
        while (sql < last && strcmp(sql->step, path->steps.items[i]) != 0) {
            sql++;
        }
        if (sql == last) {
            continue;
        }
        struct buffer heading = {0};
        buffer_printf(&heading, "    -- %s %s", sql->step, sql->file);
        style_append(style, TONE_FAINT, buffer_text(&heading), out);
        buffer_text_append(out, "\n");
        buffer_free(&heading);
        for (const char *line = sql->sql; *line != '\0';) {
            size_t length = strcspn(line, "\n");
            buffer_printf(out, "%s%.*s\n", length > 0 ? "    " : "", (int)length, line);
            line += length + (line[length] == '\n');
        }
    }
}

static void path_render(const struct plan_document *document, const struct plan_path *path,
                        int width, const struct style *style, struct buffer *out)
{
    char number[NUMBER_TEXT_BYTES];
    buffer_printf(out, "%*s target%s  ", width, number_text(path->targets, number),
                  path->targets == 1 ? " " : "s");
    if (path->steps.count == 0) {
        buffer_text_append(out, "at ");
        heads_append(path->to, style, out);
        buffer_text_append(out, ", nothing to do\n");
        return;
    }
    heads_append(path->from, style, out);
    buffer_text_append(out, " -> ");
    heads_append(path->to, style, out);
    buffer_text_append(out, " (");
    buffer_count(out, path->steps.count, "step");
    size_t transactions = transactions_of(plan_of(document, path));
    if (transactions > 1) {
        buffer_text_append(out, " in ");
        buffer_count(out, transactions, "transaction");
    }
    size_t python = python_steps_of(plan_of(document, path));
    if (python > 0) {
        buffer_printf(out, ", %zu of which %s Python on each target", python,
                      python == 1 ? "runs" : "run");
    }
    buffer_text_append(out, ")\n");
}

void plan_paths_render(const struct plan_document *document, bool with_sql,
                       const struct style *style, struct buffer *out)
{
    struct arena arena = {0};
    size_t count = document->plan.paths.count;
    struct place *sorted = arena_array(&arena, count, sizeof *sorted);
    int width = 1;
    for (size_t i = 0; i < count; i++) {
        char number[NUMBER_TEXT_BYTES];
        int digits = (int)strlen(number_text(document->plan.paths.items[i].targets, number));
        sorted[i].path = &document->plan.paths.items[i];
        width = digits > width ? digits : width;
    }
    if (count > 0) {
        qsort(sorted, count, sizeof *sorted, place_compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].path->targets > 0) {
            path_render(document, sorted[i].path, width, style, out);
            if (with_sql) {
                sql_render(document, sorted[i].path, style, out);
            }
        }
    }
    arena_free(&arena);
}

/* ---- the way back ---- */

static bool is_one_way(const struct revision *revision)
{
    const struct script *down = &revision->down;
    return !down->present || down->untouched || down->unavailable != NULL;
}

void plan_ways_down_render(const struct plan_document *document, const struct style *style,
                           struct buffer *out)
{
    bool up = strcmp(document->direction, direction_word(DIRECTION_UP)) == 0;
    for (size_t i = 0; up && i < document->step_count; i++) {
        const struct revision *revision = document->steps[i].revision;
        if (revision != NULL && is_one_way(revision)) {
            struct buffer line = {0};
            buffer_printf(&line, "%s cannot be taken back: %s has no way down", revision->id,
                          revision->path);
            style_wrap(style, TONE_CAUTION, buffer_text(&line), 2, out);
            buffer_free(&line);
        }
    }
}

/* ---- what Alembic runs ---- */

void plan_python_render(const struct plan_document *document, const struct style *style,
                        struct buffer *out)
{
    for (size_t i = 0; i < document->step_count; i++) {
        const struct revision *revision = document->steps[i].revision;
        bool down = document->steps[i].step[0] == '-';
        const struct script *script =
            revision == NULL ? NULL : (down ? &revision->down : &revision->up);
        if (script != NULL && script->alembic != NULL) {
            struct buffer line = {0};
            buffer_printf(&line, "%s runs Python on each target: %s", document->steps[i].step,
                          script->alembic);
            style_wrap(style, TONE_CAUTION, buffer_text(&line), 2, out);
            buffer_free(&line);
        }
    }
}

/* ---- the budget ---- */

void plan_budget_render(const struct plan_document *document, const struct style *style,
                        struct buffer *out)
{
    static const char key[] = "max_failures=";
    const struct message_plan *plan = &document->plan;
    uint32_t targets = 0;
    for (size_t i = 0; i < plan->paths.count; i++) {
        const struct plan_path *path = &plan->paths.items[i];
        targets += path->steps.count > 0 ? path->targets : 0;
    }
    for (size_t i = 0; i < plan->policy.count; i++) {
        const char *value = plan->policy.items[i] + strlen(key);
        if (strncmp(plan->policy.items[i], key, strlen(key)) != 0 || strchr(value, '%') == NULL) {
            continue;
        }
        struct share share = {.percent = (uint32_t)strtoul(value, NULL, 10)};
        uint32_t allowed = share_allowed(share, targets);
        struct buffer line = {0};
        buffer_printf(&line, "max_failures: %s of %u: ", value, targets);
        if (allowed > 0) {
            buffer_printf(&line, "%u may fail", allowed);
        } else {
            buffer_text_append(&line, "none may fail");
        }
        style_wrap(style, allowed > 0 ? TONE_FAINT : TONE_CAUTION, buffer_text(&line), 2, out);
        buffer_free(&line);
    }
}

/* ---- waves ---- */

/* Every value of a wave's key in the policy, one at each call; NULL after the last. */
static const char *policy_next(struct texts policy, const char *wave, const char *key, size_t *at)
{
    struct buffer name = {0};
    const char *value = NULL;
    buffer_printf(&name, "wave %s %s=", wave, key);
    while (*at < policy.count && value == NULL) {
        const char *pair = policy.items[(*at)++];
        value = strncmp(pair, buffer_text(&name), name.length) == 0 ? pair + name.length : NULL;
    }
    buffer_free(&name);
    return value;
}

static const char *policy_value(struct texts policy, const char *wave, const char *key)
{
    size_t at = 0;
    const char *value = policy_next(policy, wave, key, &at);
    return value == NULL ? "" : value;
}

static void part_begin(struct buffer *out)
{
    buffer_text_append(out, out->length > 0 ? ", " : "");
}

/* "needs approval, ramp 5 20%, soaks 10 min, 2 checks" */
static void holds_append(struct texts policy, const char *wave, struct buffer *out)
{
    size_t checks = 0;
    size_t at = 0;
    unsigned long long soak_ms = strtoull(policy_value(policy, wave, "soak_ms"), NULL, 10);
    if (strcmp(policy_value(policy, wave, "approve"), "true") == 0) {
        buffer_text_append(out, "needs approval");
    }
    const char *ramp = policy_next(policy, wave, "ramp", &at);
    if (ramp != NULL) {
        part_begin(out);
        buffer_text_append(out, "ramp");
    }
    for (const char *parting = " "; ramp != NULL; parting = ", ") {
        buffer_printf(out, "%s%s", parting, ramp);
        ramp = policy_next(policy, wave, "ramp", &at);
    }
    if (soak_ms > 0) {
        part_begin(out);
        buffer_text_append(out, "soaks ");
        duration_append(out, soak_ms);
    }
    for (at = 0; policy_next(policy, wave, "checks", &at) != NULL;) {
        checks++;
    }
    if (checks > 0) {
        part_begin(out);
        buffer_count(out, checks, "check");
    }
}

void plan_waves_render(const struct plan_document *document,
                       const struct message_progress *progress, const struct style *style,
                       struct buffer *out)
{
    static const struct table_column columns[] = {
        {"WAVE", false}, {"TARGETS", true}, {"TO DO", true}, {"HELD BY", false}};
    struct arena arena = {0};
    struct table table;
    struct buffer holds = {0};
    table_init(&table, &arena, columns, LENGTH(columns));
    for (size_t i = 0; i < progress->waves.count; i++) {
        const struct wave_status *wave = &progress->waves.items[i];
        char targets[NUMBER_TEXT_BYTES];
        char to_do[NUMBER_TEXT_BYTES];
        buffer_clear(&holds);
        holds_append(document->plan.policy, wave->name, &holds);
        const char *cells[] = {wave->name, number_text(wave->counts.targets, targets),
                               number_text(wave->counts.targets - wave->counts.unchanged, to_do),
                               buffer_text(&holds)};
        table_row(&table, cells);
    }
    if (progress->waves.count > 0) {
        table_render(&table, style, out);
    }
    buffer_free(&holds);
    arena_free(&arena);
}

/* ---- forecast ---- */

void forecast_line(const struct message_forecast *forecast, uint64_t now_ms, struct buffer *out)
{
    if (forecast->finish_ms > 0) {
        buffer_text_append(out, "expected to end ");
        moment_ahead_append(out, forecast->finish_ms, now_ms);
        if (forecast->reason[0] != '\0') {
            buffer_printf(out, "; %s", forecast->reason);
        }
    } else if (forecast->reason[0] != '\0') {
        buffer_printf(out, "its end is not known: %s", forecast->reason);
    }
}

static void forecast_windows(const struct message_forecast *forecast, uint64_t now_ms,
                             const struct style *style, struct buffer *out)
{
    for (size_t i = 0; i < forecast->windows.count; i++) {
        const struct forecast_window *window = &forecast->windows.items[i];
        bool always = strcmp(window->schedule, "always") == 0;
        if (forecast->windows.count == 1 && always) {
            return;
        }
        if (window->finish_ms == 0) {
            continue; /* not known */
        }
        struct buffer line = {0};
        buffer_count(&line, window->targets, "target");
        buffer_printf(&line, "%s%s: ", always ? " without a window" : ", ",
                      always ? "" : window->schedule);
        moment_span_append(&line, window->start_ms, window->finish_ms, now_ms);
        buffer_text_append(out, "  ");
        style_wrap(style, TONE_PLAIN, buffer_text(&line), 4, out);
        buffer_free(&line);
    }
}

static void forecast_never(const struct message_forecast *forecast, const struct style *style,
                           struct buffer *out)
{
    if (forecast->never == 0) {
        return;
    }
    struct buffer line = {0};
    char number[NUMBER_TEXT_BYTES];
    buffer_count(&line, forecast->never, "target");
    buffer_printf(&line, " %s no window: ", forecast->never == 1 ? "fits" : "fit");
    for (size_t i = 0; i < forecast->never_targets.count; i++) {
        buffer_printf(&line, "%s%s", i > 0 ? ", " : "", forecast->never_targets.items[i]);
    }
    if (forecast->never > forecast->never_targets.count) {
        buffer_printf(&line, " and %s more",
                      number_text(forecast->never - forecast->never_targets.count, number));
    }
    buffer_text_append(out, "  ");
    style_wrap(style, TONE_BAD, buffer_text(&line), 4, out);
    buffer_free(&line);
}

void forecast_render(const struct message_forecast *forecast, uint64_t now_ms,
                     const struct style *style, struct buffer *out)
{
    struct buffer line = {0};
    forecast_line(forecast, now_ms, &line);
    if (line.length > 0) {
        style_append(style, TONE_STRONG, "forecast: ", out);
        style_wrap(style, TONE_PLAIN, buffer_text(&line), 10, out);
    }
    buffer_free(&line);
    for (size_t i = 0; i < forecast->waves.count && forecast->waves.count > 1; i++) {
        const struct forecast_wave *wave = &forecast->waves.items[i];
        if (wave->finish_ms > 0) {
            buffer_printf(out, "  %s: ", wave->name);
            moment_span_append(out, wave->start_ms, wave->finish_ms, now_ms);
            buffer_text_append(out, "\n");
        }
    }
    forecast_windows(forecast, now_ms, style, out);
    forecast_never(forecast, style, out);
}
