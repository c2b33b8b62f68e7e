/* The core's views as PROGRESS, FINISHED, TARGETS and ROLLOUTS. */
#include "coordinator/answers.h"

#include <inttypes.h>
#include <string.h>

struct message answer_refused(enum error_code code, const char *message, const char *hint)
{
    return (struct message){
        .type = MESSAGE_REFUSED,
        .refused = {.code = error_word(code), .message = message, .hint = hint}};
}

/* "upgrade", "downgrade", or what else is done. */
static const char *rollout_verb(const struct core_rollout_view *view)
{
    if (view->rollout[0] == '\0') {
        return "";
    }
    switch (view->purpose) {
    case PURPOSE_LIST: return "list";
    case PURPOSE_SURVEY: return "survey";
    case PURPOSE_VALIDATE: return "validate";
    case PURPOSE_DEPLOY: break;
    }
    return view->direction == DIRECTION_UP ? "upgrade" : "downgrade";
}

/* ---- PROGRESS ---- */

static struct wave_status_list waves_list(const struct core *core, size_t count,
                                          struct arena *arena)
{
    struct wave_status_list list = {arena_array(arena, count, sizeof *list.items), count};
    for (size_t i = 0; i < count; i++) {
        struct core_wave_view view;
        core_wave_view(core, i, &view);
        list.items[i] = (struct wave_status){.name = view.name,
                                             .state = view.state,
                                             .targets = view.targets,
                                             .deployed = view.deployed,
                                             .unchanged = view.unchanged,
                                             .failed = view.failed};
    }
    return list;
}

static struct worker_status_list workers_list(const struct core *core, struct arena *arena)
{
    size_t count = core_worker_count(core);
    struct worker_status_list list = {arena_array(arena, count, sizeof *list.items), 0};
    for (size_t i = 0; i < count; i++) {
        struct worker_status *status = &list.items[list.count];
        bool connected;
        core_worker_view(core, i, &status->name, &status->window, &status->running, &connected);
        if (connected) {
            list.count++;
        }
    }
    return list;
}

struct message answer_progress(const struct core *core, uint64_t now_ms, struct arena *arena)
{
    struct core_rollout_view view;
    core_rollout_view(core, &view);
    const struct core_counts *counts = &view.counts;
    return (struct message){.type = MESSAGE_PROGRESS,
                            .progress = {.rollout = view.rollout,
                                         .verb = rollout_verb(&view),
                                         .spec = view.spec,
                                         .state = view.state,
                                         .reason = view.reason,
                                         .targets = counts->targets,
                                         .validated = counts->validated,
                                         .refused = counts->refused,
                                         .unchanged = counts->unchanged,
                                         .pending = counts->pending,
                                         .running = counts->running,
                                         .waiting = counts->waiting,
                                         .deployed = counts->deployed,
                                         .failed = counts->failed,
                                         .started_ms = view.started_ms,
                                         .now_ms = now_ms,
                                         .waves = waves_list(core, view.wave_count, arena),
                                         .workers = workers_list(core, arena)}};
}

/* ---- FINISHED ---- */

bool answer_is_over(const struct core *core)
{
    struct core_rollout_view view;
    core_rollout_view(core, &view);
    return !view.active || (view.paused && view.counts.running == 0);
}

static const char *finished_sentence(const struct core_rollout_view *view, struct arena *arena)
{
    if (view->rollout[0] == '\0') {
        return "there was no rollout yet";
    }
    struct buffer text = {0};
    const struct core_counts *counts = &view->counts;
    buffer_printf(&text, "%s %s", rollout_verb(view), view->paused ? "paused" : view->state);
    if (view->purpose == PURPOSE_DEPLOY) {
        buffer_printf(&text, ": %" PRIu32 " deployed, %" PRIu32 " unchanged, %" PRIu32 " failed",
                      counts->deployed, counts->unchanged, counts->failed);
    } else {
        buffer_text_append(&text, ": ");
        buffer_count(&text, counts->targets, "target");
    }
    if (counts->refused > 0) {
        buffer_printf(&text, ", %" PRIu32 " refused", counts->refused);
    }
    if (view->paused && view->reason[0] != '\0') {
        buffer_printf(&text, "; %s", view->reason);
    }
    const char *sentence = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return sentence;
}

struct message answer_finished(const struct core *core, struct arena *arena)
{
    struct core_rollout_view view;
    core_rollout_view(core, &view);
    const char *state = view.rollout[0] == '\0' ? "none" : view.state;
    return (struct message){.type = MESSAGE_FINISHED,
                            .finished = {.rollout = view.rollout,
                                         .state = view.active && view.paused ? "paused" : state,
                                         .exit_code = (uint32_t)view.exit_code,
                                         .sentence = finished_sentence(&view, arena),
                                         .digest = view.digest,
                                         .failures = answer_failures(core, arena)}};
}

/* ---- TARGETS ---- */

static struct target_status target_status(const struct core *core, size_t target)
{
    struct core_target_view view;
    core_target_view(core, target, &view);
    const struct core_failure *failure = view.failure;
    return (struct target_status){.name = view.name,
                                  .state = view.state,
                                  .server = view.server,
                                  .schema = view.schema,
                                  .labels = view.labels,
                                  .heads = view.heads,
                                  .wave = view.wave,
                                  .cause =
                                      failure != NULL ? failure_cause_word(failure->cause) : "",
                                  .sqlstate = failure != NULL ? failure->sqlstate : "",
                                  .message = failure != NULL ? failure->message : "",
                                  .inspected = view.heads_known};
}

static struct message targets_page(const struct core *core, uint32_t after, struct arena *arena)
{
    struct core_rollout_view view;
    core_rollout_view(core, &view);
    size_t begin = after < view.target_count ? after : view.target_count;
    size_t count = view.target_count - begin;
    count = count < ANSWER_TARGETS_MAX ? count : ANSWER_TARGETS_MAX;
    struct target_status_list list = {arena_array(arena, count, sizeof *list.items), count};
    for (size_t i = 0; i < count; i++) {
        list.items[i] = target_status(core, begin + i);
    }
    bool more = begin + count < view.target_count;
    return (struct message){.type = MESSAGE_TARGETS,
                            .targets = {.rollout = view.rollout,
                                        .next = more ? (uint32_t)(begin + count) : 0,
                                        .targets = list}};
}

/* ---- ROLLOUTS ---- */

static struct rollout_summary summary_active(const struct core_rollout_view *view)
{
    return (struct rollout_summary){.rollout = view->rollout,
                                    .verb = rollout_verb(view),
                                    .spec = view->spec,
                                    .state = view->state,
                                    .actor = view->actor,
                                    .started_ms = view->started_ms,
                                    .targets = view->counts.targets,
                                    .deployed = view->counts.deployed,
                                    .unchanged = view->counts.unchanged,
                                    .failed = view->counts.failed};
}

static struct rollout_summary summary_finished(const struct core *core, size_t index)
{
    struct core_summary summary;
    core_summary_view(core, index, &summary);
    return (struct rollout_summary){.rollout = summary.rollout,
                                    .verb = summary.verb,
                                    .spec = summary.spec,
                                    .state = summary.state,
                                    .actor = summary.actor,
                                    .started_ms = summary.started_ms,
                                    .finished_ms = summary.finished_ms,
                                    .targets = summary.counts.targets,
                                    .deployed = summary.counts.deployed,
                                    .unchanged = summary.counts.unchanged,
                                    .failed = summary.counts.failed};
}

/* Newest first: the active one, then the finished ones. */
static struct message rollouts_list(const struct core *core, uint32_t limit, struct arena *arena)
{
    struct core_rollout_view view;
    core_rollout_view(core, &view);
    size_t finished = core_summary_count(core);
    struct rollout_summary_list list = {arena_array(arena, finished + 1, sizeof *list.items), 0};
    if (view.active) {
        list.items[list.count++] = summary_active(&view);
    }
    while (finished > 0 && (limit == 0 || list.count < limit)) {
        list.items[list.count++] = summary_finished(core, --finished);
    }
    return (struct message){.type = MESSAGE_ROLLOUTS, .rollouts = {.rollouts = list}};
}

/* ---- questions ---- */

/* Whether the rollout named can be shown; if not, answers so. */
static bool rollout_is_kept(const struct core *core, const char *rollout, struct arena *arena,
                            coordinator_answer *answer, void *context)
{
    struct core_rollout_view view;
    core_rollout_view(core, &view);
    if (rollout[0] == '\0' || strcmp(rollout, view.rollout) == 0) {
        return true;
    }
    struct message refused = answer_refused(
        ERROR_USAGE,
        arena_printf(arena, "rollout %s is neither under way nor the last one", rollout),
        "`drover rollouts` lists them; only the last one's targets are kept");
    answer(&refused, context);
    return false;
}

void answer_question(const struct core *core, const struct message *question, uint64_t now_ms,
                     coordinator_answer *answer, void *context)
{
    struct arena arena = {0};
    struct message message;
    switch (question->type) {
    case MESSAGE_WATCH:
        if (rollout_is_kept(core, question->watch.rollout, &arena, answer, context)) {
            message = answer_progress(core, now_ms, &arena);
            answer(&message, context);
            if (answer_is_over(core)) {
                message = answer_finished(core, &arena);
                answer(&message, context);
            }
        }
        break;
    case MESSAGE_TARGETS_WANTED:
        if (rollout_is_kept(core, question->targets_wanted.rollout, &arena, answer, context)) {
            message = targets_page(core, question->targets_wanted.after, &arena);
            answer(&message, context);
        }
        break;
    case MESSAGE_ROLLOUTS_WANTED:
        message = rollouts_list(core, question->rollouts_wanted.limit, &arena);
        answer(&message, context);
        break;
    default: break;
    }
    arena_free(&arena);
}
