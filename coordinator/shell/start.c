/* START: the bundle is fetched first, then the core decides in the pump whether this begins a
 * rollout, goes on with the one under way, or is refused because another one is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coordinator/shell/messages.h"
#include "coordinator/shell/shell.h"

/* ---- arrival ---- */

static int start_check(const struct message_start *start, struct error *error)
{
    bool plans = start->purpose == PURPOSE_VALIDATE || start->purpose == PURPOSE_DEPLOY;
    struct arena scratch = {0};
    const struct selector *where = NULL;
    int parsed = selector_parse(&scratch, start->where, &where, error);
    arena_free(&scratch);
    if (parsed < 0) {
        return -1;
    }
    if (plans && start->bundle[0] == '\0') {
        return error_set(error, ERROR_USAGE, "a rollout needs a bundle");
    }
    return 0;
}

static struct pump *start_pump(struct coordinator *coordinator, const struct message_start *start)
{
    bool question = start->purpose == PURPOSE_LIST || start->purpose == PURPOSE_SURVEY;
    return question ? &coordinator->questions : &coordinator->rollouts;
}

static void refusal_send(struct session *session, const struct error *error)
{
    struct message refused = answer_refused(error->code, error->message, error->hint);
    stream_send(session->stream, &refused);
}

void start_receive(struct session *session, const struct message *message)
{
    struct pump *pump = start_pump(session->coordinator, &message->start);
    const char *digest = message->start.bundle;
    struct error error = {0};
    question_let_go(session);
    session->start = NULL;
    session->ticket = 0;
    arena_free(&session->start_arena);
    if (start_check(&message->start, &error) != 0) {
        refusal_send(session, &error);
        return;
    }
    if (digest[0] == '\0' || pump_bundle_find(pump, digest, &error) != NULL) {
        pump_push(pump, ITEM_MESSAGE, session, message);
        return;
    }
    if (error.code != ERROR_NONE) {
        refusal_send(session, &error);
        return;
    }
    session->start = arena_alloc(&session->start_arena, sizeof *session->start);
    *session->start = message_copy(message, &session->start_arena);
    struct message wanted = {.type = MESSAGE_BUNDLE_WANTED, .bundle_wanted = {.digest = digest}};
    stream_send(session->stream, &wanted);
}

void start_bundle_receive(struct session *session, const struct message *message)
{
    const struct message_bundle *sent = &message->bundle;
    struct error error = {0};
    if (session->start == NULL || session->ticket != 0 ||
        strcmp(session->start->start.bundle, sent->digest) != 0) {
        session_refuse(session, ERROR_PROTOCOL, "nobody asked for this bundle", "");
        return;
    }
    struct pump *pump = start_pump(session->coordinator, &session->start->start);
    if (bundles_take(&pump->bundles, pump->journal, sent->digest, sent->content, &error) == NULL) {
        refusal_send(session, &error);
    } else {
        pump_push(pump, ITEM_MESSAGE, session, session->start);
    }
    session->start = NULL;
    arena_free(&session->start_arena);
}

/* ---- its turn ---- */

static void started_answer(struct pump *pump, const struct item *item, bool resumed)
{
    struct core_rollout_view view;
    core_rollout_view(pump->core, &view);
    struct answer answer = {
        .session = item->session,
        .message = {.type = MESSAGE_STARTED,
                    .started = {.rollout = arena_strdup(&pump->batch.arena, view.rollout),
                                .resumed = resumed}}};
    pump_answer(pump, &answer);
}

/* The same START again: goes on with what is under way. A paused rollout gets its failed targets
 * back and is resumed; nothing to retry is no fault. */
static void start_resume(struct pump *pump, const struct item *item,
                         const struct core_rollout_view *before)
{
    struct error error = {0};
    uint32_t limit = item->message.start.until_wave;
    bool done = before->at_limit && limit > 0 && limit <= before->waves_started;
    if (before->paused && !done) {
        struct input input = {.type = INPUT_CONTROL,
                              .control = {.verb = CONTROL_RETRY,
                                          .actor = item->message.start.actor,
                                          .reason = "started again",
                                          .until_wave = limit}};
        if (step_input(pump, &input, &error) != 0) {
            error = (struct error){0};
        }
        struct core_rollout_view view;
        core_rollout_view(pump->core, &view);
        input.control.verb = CONTROL_RESUME;
        if (view.paused && step_input(pump, &input, &error) != 0) {
            step_refuse(pump, item, &error);
            return;
        }
    }
    started_answer(pump, item, true);
}

static void start_busy(struct pump *pump, const struct item *item,
                       const struct core_rollout_view *view)
{
    struct error error;
    bool deploy = view->purpose == PURPOSE_DEPLOY;
    error_set(&error, ERROR_BUSY, "another rollout is under way: %s %s (%s), %s",
              deploy ? direction_word(view->direction) : purpose_word(view->purpose), view->spec,
              view->rollout, rollout_state_word(view->state));
    error_hint(&error, "see `drover status`; let it finish, or end it with `drover cancel`");
    step_refuse(pump, item, &error);
}

/* "20261123-031502-a1b2" */
const char *rollout_draw(struct pump *pump)
{
    time_t seconds = (time_t)(clock_now_ms(&pump->coordinator->clock) / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char stamp[32];
    (void)strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
    return arena_printf(&pump->batch.arena, "%s-%04x", stamp, (unsigned)(chance_draw() & 0xffff));
}

static const struct core_source *sources_make(const struct config *config, struct arena *arena)
{
    struct core_source *sources = arena_array(arena, config->target_count, sizeof *sources);
    for (size_t i = 0; i < config->target_count; i++) {
        const struct config_target *target = &config->targets[i];
        const char *origin = config->path[0] != '\0' ? arena_printf(arena, "%s:%u:%u", config->path,
                                                                    target->line, target->column)
                                                     : "--url";
        sources[i] = (struct core_source){.name = target->name,
                                          .url = target->url,
                                          .schema = target->schema,
                                          .password = target->password,
                                          .labels = target->labels,
                                          .databases = target->databases,
                                          .schemas = target->schemas,
                                          .query = target->query,
                                          .origin = origin};
    }
    return sources;
}

static const struct core_wave *waves_make(const struct config *config, struct arena *arena)
{
    struct core_wave *waves = arena_array(arena, config->wave_count, sizeof *waves);
    for (size_t i = 0; i < config->wave_count; i++) {
        const struct config_wave *wave = &config->waves[i];
        waves[i] = (struct core_wave){.name = wave->name,
                                      .select = wave->select,
                                      .count = wave->count,
                                      .percent = wave->percent,
                                      .canary = wave->canary_per_cohort,
                                      .ramp = wave->ramp,
                                      .soak_ms = wave->soak_ms,
                                      .checks = wave->checks,
                                      .sample_count = wave->check_sample.count,
                                      .sample_percent = wave->check_sample.percent,
                                      .approve = wave->approve,
                                      .budget = wave->has_max_failures,
                                      .failures_count = wave->max_failures.count,
                                      .failures_percent = wave->max_failures.percent};
    }
    return waves;
}

static const struct core_throttle *throttles_make(const struct config *config, struct arena *arena)
{
    struct core_throttle *throttles = arena_array(arena, config->throttle_count, sizeof *throttles);
    for (size_t i = 0; i < config->throttle_count; i++) {
        const struct config_throttle *throttle = &config->throttles[i];
        throttles[i] =
            (struct core_throttle){.name = throttle->name,
                                   .query = throttle->query,
                                   .threshold = arena_printf(arena, "%.15g", throttle->threshold),
                                   .every_ms = throttle->every_ms};
    }
    return throttles;
}

static const struct core_window *windows_make(const struct config *config, struct arena *arena)
{
    struct core_window *windows = arena_array(arena, config->window_count, sizeof *windows);
    for (size_t i = 0; i < config->window_count; i++) {
        const struct config_window *window = &config->windows[i];
        windows[i] = (struct core_window){.deny = window->kind == WINDOW_DENY,
                                          .schedule = window->schedule,
                                          .duration_ms = window->duration_ms,
                                          .time_zone = window->time_zone,
                                          .select = window->select,
                                          .sync_overrun = window->sync_overrun};
    }
    return windows;
}

/* Where the version rows are: the project that brings the bundle knows best. */
static const char *version_schema_of(const struct pump *pump, const struct message_start *start)
{
    return start->version_schema[0] != '\0' ? start->version_schema
                                            : pump->coordinator->config->version_schema;
}

/* "" for alembic_version. */
static const char *version_table_of(const struct pump *pump, const struct message_start *start)
{
    const char *table = start->version_table[0] != '\0' ? start->version_table
                                                        : pump->coordinator->config->version_table;
    return strcmp(table, "alembic_version") == 0 ? "" : table;
}

static struct core_start core_start_make(struct pump *pump, const struct message_start *start)
{
    const struct config *config = pump->coordinator->config;
    struct arena *arena = &pump->batch.arena;
    return (struct core_start){.rollout = rollout_draw(pump),
                               .purpose = start->purpose,
                               .direction = start->direction,
                               .spec = start->spec,
                               .bundle = start->bundle,
                               .actor = start->actor,
                               .version_schema = version_schema_of(pump, start),
                               .version_table = version_table_of(pump, start),
                               .version_keyless = start->version_keyless,
                               .purge = start->purge,
                               .sources = sources_make(config, arena),
                               .source_count = config->target_count,
                               .waves = waves_make(config, arena),
                               .wave_count = config->wave_count,
                               .concurrency = config->concurrency,
                               .per_server = config->per_server,
                               .validate_failures_count = config->validate_max_failures.count,
                               .validate_failures_percent = config->validate_max_failures.percent,
                               .failures_count = config->max_failures.count,
                               .failures_percent = config->max_failures.percent,
                               .on_failure = config->on_failure,
                               .retry_attempts = config->retry_attempts,
                               .retry_backoff_min_ms = config->retry_backoff_min_ms,
                               .retry_backoff_max_ms = config->retry_backoff_max_ms,
                               .lock_timeout_ms = config->lock_timeout_ms,
                               .statement_timeout_ms = config->statement_timeout_ms,
                               .connect_timeout_ms = config->connect_timeout_ms,
                               .where = start->where,
                               .until_wave = start->until_wave,
                               .plan = start->plan,
                               .windows = windows_make(config, arena),
                               .window_count = config->window_count,
                               .throttles = throttles_make(config, arena),
                               .throttle_count = config->throttle_count,
                               .rediscover_ms = config->rediscover_ms};
}

static int start_begin(struct pump *pump, const struct message_start *start, struct error *error)
{
    struct input input = {.type = INPUT_START, .start = core_start_make(pump, start)};
    return step_input(pump, &input, error);
}

void start_step(struct pump *pump, const struct item *item)
{
    const struct message_start *start = &item->message.start;
    struct core_rollout_view view;
    struct error error = {0};
    core_rollout_view(pump->core, &view);
    bool same = view.active && view.purpose == start->purpose &&
                view.direction == start->direction && strcmp(view.spec, start->spec) == 0 &&
                strcmp(view.bundle, start->bundle) == 0 && strcmp(view.where, start->where) == 0 &&
                view.reverts[0] == '\0' && view.purge == start->purge &&
                strcmp(view.version_schema, version_schema_of(pump, start)) == 0 &&
                strcmp(view.version_table, version_table_of(pump, start)) == 0;
    bool question = pump == &pump->coordinator->questions;
    if (question && !question_enter(pump, item, same)) {
        return;
    }
    if (same) {
        start_resume(pump, item, &view);
    } else if (view.active) {
        start_busy(pump, item, &view);
    } else if (start_begin(pump, start, &error) == 0) {
        started_answer(pump, item, false);
    } else {
        step_refuse(pump, item, &error);
        if (question) {
            question_let_go(session_find(pump->coordinator, item->session));
        }
    }
}
