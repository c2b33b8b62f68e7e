/* The core's views as PROGRESS, FINISHED, TARGETS and ROLLOUTS. */
#include "coordinator/shell/messages.h"

#include <inttypes.h>
#include <string.h>

#include "coordinator/core/facts/orphan.h"
#include "coordinator/core/facts/policy.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/view/reason.h"
#include "coordinator/core/view/view.h"
#include "coordinator/forecast/window_openings.h"
#include "coordinator/shell/failure_groups.h"
#include "coordinator/shell/remark_groups.h"
#include "coordinator/shell/standing.h"

struct message answer_refused(enum error_code code, const char *message, const char *hint)
{
    return (struct message){
        .type = MESSAGE_REFUSED,
        .refused = {.code = error_word(code), .message = message, .hint = hint}};
}

/* ---- PROGRESS ---- */

static struct wave_status_list waves_list(const struct core *core, struct arena *arena)
{
    size_t count = core_rollout(core)->wave_count;
    struct wave_status_list list = {arena_array(arena, count, sizeof *list.items), count};
    for (size_t i = 0; i < count; i++) {
        list.items[i] = core_wave_status(core, i, arena);
    }
    return list;
}

static struct hold_status_list holds_list(const struct core *core, struct arena *arena)
{
    size_t count = core_rollout(core)->hold_count;
    struct hold_status_list list = {arena_array(arena, count, sizeof *list.items), count};
    for (size_t i = 0; i < count; i++) {
        list.items[i] = core_rollout(core)->holds[i].status;
    }
    return list;
}

static struct override_status_list overrides_list(const struct core *core, struct arena *arena)
{
    size_t count = core_rollout(core)->override_count;
    struct override_status_list list = {arena_array(arena, count, sizeof *list.items), count};
    for (size_t i = 0; i < count; i++) {
        list.items[i] = core_rollout(core)->overrides[i].status;
    }
    return list;
}

static struct window_status_list windows_list(const struct core *core, uint64_t now_ms,
                                              struct arena *arena)
{
    size_t count = core_rollout(core)->window_count;
    struct window_status_list list = {arena_array(arena, count, sizeof *list.items), count};
    for (size_t i = 0; i < count; i++) {
        const struct window *window = &core_rollout(core)->windows[i];
        bool active = window->opening.opens_ms <= now_ms && now_ms < window->opening.closes_ms;
        uint64_t until = active ? window->opening.closes_ms : window->opening.opens_ms;
        list.items[i] =
            (struct window_status){.kind = window->definition.deny ? "deny" : "allow",
                                   .schedule = window_sentence(&window->definition, arena),
                                   .select = window->definition.select,
                                   .active = active,
                                   .until_ms = until == UINT64_MAX ? 0 : until};
    }
    return list;
}

/* Those that are throttled, or were and have a lower cap yet. */
static struct server_status_list servers_list(const struct core *core, struct arena *arena)
{
    const struct servers *servers = &core_rollout(core)->servers;
    struct server_status_list list = {
        arena_array(arena, servers->identity_count, sizeof *list.items), 0};
    for (size_t i = 0; i < servers->identity_count; i++) {
        if (servers->loads[i].verdict.over || servers->loads[i].verdict.cap > 0) {
            list.items[list.count++] = core_server_status(core, i);
        }
    }
    return list;
}

static struct worker_status_list workers_list(const struct core *core, bool connected,
                                              struct arena *arena)
{
    struct worker_status_list list = {arena_array(arena, core->worker_count, sizeof *list.items),
                                      0};
    for (size_t i = 0; i < core->worker_count; i++) {
        const struct worker *worker = &core->workers[i];
        if (worker_is_connected(worker) == connected) {
            list.items[list.count++] = (struct worker_status){
                worker->name, worker->credit, worker->running, connected ? 0 : worker->lost_ms};
        }
    }
    return list;
}

struct message answer_progress(const struct live *live, struct arena *arena)
{
    const struct core *core = live->core;
    const struct rollout *rollout = core_rollout(core);
    return (struct message){.type = MESSAGE_PROGRESS,
                            .progress = {.status = rollout_status(rollout),
                                         .wait = core_rollout_reason(core, arena),
                                         .counts = rollout_counts(rollout),
                                         .now_ms = live->at_ms,
                                         .waves = waves_list(core, arena),
                                         .workers = workers_list(core, true, arena),
                                         .holds = holds_list(core, arena),
                                         .windows = windows_list(core, live->at_ms, arena),
                                         .servers = servers_list(core, arena),
                                         .pause = rollout->pause,
                                         .orphans = orphans_status(core, arena),
                                         .outages = core_outages(core, arena),
                                         .half_done = rollout_half_done(rollout, arena),
                                         .overrides = overrides_list(core, arena),
                                         .running_list = live_running(live, arena),
                                         .waiting_list = live_waiting(live, arena),
                                         .blockages = live_blockages(live, arena),
                                         .lost_workers = workers_list(core, false, arena),
                                         .last_progress_ms = rollout->progressed_ms}};
}

/* ---- FINISHED ---- */

bool answer_is_over(const struct core *core)
{
    const struct rollout *rollout = core_rollout(core);
    return !rollout_is_active(rollout) ||
           (rollout->state == ROLLOUT_PAUSED && rollout_counts(rollout).running == 0);
}

void answer_unrecorded(const struct rollout *rollout, struct buffer *out)
{
    if (rollout->target_count > 1) {
        buffer_text_append(out, "on ");
        buffer_count(out, rollout->unrecorded, "target");
        buffer_text_append(out, " ");
    }
    unrecorded_append(out, rollout->seen, rollout->gone);
}

static const char *finished_sentence(const struct core *core, const struct rollout *rollout,
                                     struct arena *arena)
{
    if (rollout->policy.rollout[0] == '\0') {
        return "there was no rollout yet";
    }
    struct buffer text = {0};
    const struct counts counts = rollout_counts(rollout);
    buffer_printf(&text, "%s %s", rollout_verb(rollout), rollout_state_word(rollout->state));
    if (rollout->policy.request.purpose == PURPOSE_DEPLOY) {
        buffer_printf(&text, ": %" PRIu32 " %s, %" PRIu32 " unchanged, %" PRIu32 " failed",
                      counts.deployed,
                      rollout->policy.request.direction == DIRECTION_STAMP ? "stamped" : "deployed",
                      counts.unchanged, counts.failed);
    } else {
        buffer_text_append(&text, ": ");
        buffer_count(&text, counts.targets, "target");
    }
    if (counts.skipped > 0) {
        buffer_printf(&text, ", %" PRIu32 " skipped", counts.skipped);
    }
    if (counts.gone > 0) {
        buffer_printf(&text, ", %" PRIu32 " gone", counts.gone);
    }
    if (counts.refused > 0) {
        buffer_printf(&text, ", %" PRIu32 " refused", counts.refused);
    }
    if (rollout->policy.request.purpose == PURPOSE_VALIDATE && rollout->unrecorded > 0) {
        buffer_text_append(&text, "; ");
        answer_unrecorded(rollout, &text);
    }
    const char *reason = rollout->state == ROLLOUT_PAUSED || counts.targets == 0
                             ? core_rollout_reason(core, arena).reason
                             : "";
    if (reason[0] != '\0') {
        buffer_printf(&text, "; %s", reason);
    }
    const char *half_done = rollout_half_done(rollout, arena);
    if (half_done[0] != '\0' && rollout->policy.request.purpose == PURPOSE_DEPLOY) {
        buffer_printf(&text, "; %s", half_done);
    }
    const char *sentence = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return sentence;
}

struct message answer_finished(const struct core *core, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    return (struct message){.type = MESSAGE_FINISHED,
                            .finished = {.status = rollout_status(rollout),
                                         .exit_code = (uint32_t)rollout_exit_code(rollout),
                                         .sentence = finished_sentence(core, rollout, arena),
                                         .failures = answer_failures(core, NULL, arena),
                                         .remarks = answer_remarks(core, NULL, arena)}};
}

/* ---- TARGETS ---- */

static size_t target_bytes(const struct target_status *target)
{
    return texts_bytes(target->labels) + texts_bytes(target->heads) +
           texts_bytes(target->unfinished) + strlen(text_or_empty(target->failure.message)) +
           strlen(text_or_empty(target->failure.detail)) +
           strlen(text_or_empty(target->failure.hint));
}

/* One page from position `after`; `next` is where the one after it begins. */
static struct message targets_page(const struct live *live, uint32_t after,
                                   const struct selector *scope, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(live->core);
    struct target_status_list list = {arena_array(arena, ANSWER_TARGETS_MAX, sizeof *list.items),
                                      0};
    size_t at = after;
    size_t bytes = 0;
    for (;
         at < rollout->target_count && list.count < ANSWER_TARGETS_MAX && bytes < ANSWER_PAGE_BYTES;
         at++) {
        if (core_target_in_scope(live->core, at, scope)) {
            struct target_status *target = &list.items[list.count++];
            *target = live_target(live, at, arena);
            bytes += target_bytes(target);
        }
    }
    return (struct message){.type = MESSAGE_TARGETS,
                            .targets = {.rollout = rollout->policy.rollout,
                                        .next = at < rollout->target_count ? (uint32_t)at : 0,
                                        .targets = list}};
}

/* ---- FAILURES ---- */

/* Without a scope the sources are told as well: they are no targets. */
static struct message failures_message(const struct core *core, const struct selector *scope,
                                       struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    bool all = selector_key_count(scope) == 0;
    return (struct message){
        .type = MESSAGE_FAILURES,
        .failures = {.rollout = rollout->policy.rollout,
                     .failures = answer_failures(core, all ? NULL : scope, arena),
                     .remarks = answer_remarks(core, all ? NULL : scope, arena)}};
}

/* ---- PLAN ---- */

static size_t path_bytes(const struct plan_path *path)
{
    return texts_bytes(path->from) + texts_bytes(path->to) + texts_bytes(path->steps);
}

/* The paths from `from` on, as many as fit a part; `from` 0: all of them. */
static struct message plan_message(const struct core *core, uint32_t from, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    struct plan_path_list list = {arena_array(arena, rollout->path_count, sizeof *list.items), 0};
    size_t at = from > 0 ? from - 1 : 0;
    for (size_t bytes = 0; at < rollout->path_count && (from == 0 || bytes < ANSWER_PLAN_BYTES);
         at++) {
        list.items[list.count] = core_plan_path(core, at);
        bytes += path_bytes(&list.items[list.count++]);
    }
    return (struct message){.type = MESSAGE_PLAN,
                            .plan = {.rollout = rollout->policy.rollout,
                                     .digest = rollout->digest,
                                     .bundle = rollout->policy.request.bundle,
                                     .policy = core_plan_policy(core, arena),
                                     .paths = list,
                                     .next = at < rollout->path_count ? (uint32_t)at + 1 : 0}};
}

/* ---- ROLLOUTS ---- */

/* Newest first: the active one, then the finished ones. */
static struct message rollouts_list(const struct core *core, uint32_t limit, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    size_t finished = core->summary_count;
    struct rollout_summary_list list = {arena_array(arena, finished + 1, sizeof *list.items), 0};
    if (rollout_is_active(rollout)) {
        list.items[list.count++] = rollout_summary(rollout);
    }
    while (finished > 0 && (limit == 0 || list.count < limit)) {
        list.items[list.count++] = core->summaries[--finished];
    }
    return (struct message){.type = MESSAGE_ROLLOUTS, .rollouts = {.rollouts = list}};
}

/* ---- inquiries ---- */

const char *answer_rollout_wanted(const struct message *request)
{
    switch (request->type) {
    case MESSAGE_WATCH: return request->watch.rollout;
    case MESSAGE_TARGETS_WANTED: return request->targets_wanted.rollout;
    case MESSAGE_FAILURES_WANTED: return request->failures_wanted.rollout;
    case MESSAGE_PLAN_WANTED: return request->plan_wanted.rollout;
    default: return "";
    }
}

bool answer_rollout_is_shown(const struct core *core, const char *rollout)
{
    return strncmp(core_rollout(core)->policy.rollout, rollout, strlen(rollout)) == 0;
}

bool answer_rollout_is_kept(const struct core *core, const char *wanted, struct arena *arena,
                            coordinator_answer *answer, void *context)
{
    if (answer_rollout_is_shown(core, wanted)) {
        return true;
    }
    struct message refused = answer_refused(
        ERROR_USAGE,
        arena_printf(arena, "rollout %s is neither under way nor the last one", wanted),
        "`drover rollouts` lists them; only the last one's targets are kept");
    answer(&refused, context);
    return false;
}

/* Compiles the scope of an inquiry; if it is none, answers so. */
static const struct selector *scope_of(const struct core *core, const char *text,
                                       struct arena *arena, coordinator_answer *answer,
                                       void *context)
{
    const struct selector *scope = NULL;
    struct error error = {0};
    if (core_scope_parse(core, arena, text, &scope, &error) == 0) {
        return scope;
    }
    struct message refused = answer_refused(error.code, error.message, error.hint);
    answer(&refused, context);
    return NULL;
}

static void watch_answer(const struct live *live, struct arena *arena, coordinator_answer *answer,
                         void *context)
{
    struct message message = answer_progress(live, arena);
    answer(&message, context);
    if (answer_is_over(live->core)) {
        message = answer_finished(live->core, arena);
        answer(&message, context);
    }
}

void answer_inquiry(const struct live *live, const struct message *inquiry,
                    coordinator_answer *answer, void *context)
{
    const struct core *core = live->core;
    struct arena arena = {0};
    struct message message;
    const struct selector *scope;
    if (!answer_rollout_is_kept(core, answer_rollout_wanted(inquiry), &arena, answer, context)) {
        arena_free(&arena);
        return;
    }
    switch (inquiry->type) {
    case MESSAGE_WATCH: watch_answer(live, &arena, answer, context); break;
    case MESSAGE_TARGETS_WANTED:
        scope = scope_of(core, inquiry->targets_wanted.where, &arena, answer, context);
        if (scope != NULL) {
            message = targets_page(live, inquiry->targets_wanted.after, scope, &arena);
            answer(&message, context);
        }
        break;
    case MESSAGE_FAILURES_WANTED:
        scope = scope_of(core, inquiry->failures_wanted.where, &arena, answer, context);
        if (scope != NULL) {
            message = failures_message(core, scope, &arena);
            answer(&message, context);
        }
        break;
    case MESSAGE_PLAN_WANTED:
        message = plan_message(core, inquiry->plan_wanted.from, &arena);
        answer(&message, context);
        break;
    case MESSAGE_ROLLOUTS_WANTED:
        message = rollouts_list(core, inquiry->rollouts_wanted.limit, &arena);
        answer(&message, context);
        break;
    case MESSAGE_STANDING_WANTED:
        message = standing_message(core, &inquiry->standing_wanted, &arena);
        answer(&message, context);
        break;
    default:
        message = answer_refused(ERROR_FAILED, "this question cannot be answered", "");
        answer(&message, context);
        break;
    }
    arena_free(&arena);
}
