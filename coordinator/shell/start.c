/* START: the bundle is fetched first, then the core decides in the pump whether this begins a
 * rollout, goes on with the one under way, or is refused because another one is. */
#include "coordinator/shell/start.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/selector.h"
#include "common/wire/bundle_parts.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/inputs.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"
#include "coordinator/shell/survey_queue.h"

/* ---- arrival ---- */

static int start_check(const struct message_start *start, struct error *error)
{
    bool plans =
        start->request.purpose == PURPOSE_VALIDATE || start->request.purpose == PURPOSE_DEPLOY;
    struct arena scratch = {0};
    const struct selector *where = NULL;
    int parsed = selector_parse(&scratch, start->request.where, &where, error);
    arena_free(&scratch);
    if (parsed < 0) {
        return -1;
    }
    if (plans && start->request.bundle[0] == '\0') {
        return error_set(error, ERROR_USAGE, "a rollout needs a bundle");
    }
    return 0;
}

/* What is wanted may also be a rollback by the ways down of a bundle. */
static const char *bundle_of(const struct message *message)
{
    return message->type == MESSAGE_CONTROL ? message->control.bundle
                                            : message->start.request.bundle;
}

static struct pump *start_pump(struct coordinator *coordinator, const struct message *message)
{
    enum purpose purpose = message->start.request.purpose;
    bool survey =
        message->type == MESSAGE_START && (purpose == PURPOSE_LIST || purpose == PURPOSE_SURVEY);
    return survey ? &coordinator->surveys : &coordinator->rollouts;
}

static void refusal_send(struct session *session, const struct error *error)
{
    struct message refused = answer_refused(error->code, error->message, error->hint);
    stream_send(session->stream, &refused);
}

/* The next part. */
static void bundle_want(struct session *session)
{
    const struct message wanted = {.type = MESSAGE_BUNDLE_WANTED,
                                   .bundle_wanted = {.digest = bundle_of(session->start),
                                                     .offset = session->start_bundle.length}};
    stream_send(session->stream, &wanted);
}

void start_receive(struct session *session, const struct message *message)
{
    struct pump *pump = start_pump(session->coordinator, message);
    const char *digest = bundle_of(message);
    struct error error = {0};
    survey_let_go(session);
    session->start = NULL;
    session->ticket = 0;
    buffer_free(&session->start_bundle);
    arena_free(&session->start_arena);
    if (message->type == MESSAGE_START && start_check(&message->start, &error) != 0) {
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
    bundle_want(session);
}

void start_bundle_receive(struct session *session, const struct message *message)
{
    const struct message_bundle *sent = &message->bundle;
    struct error error = {0};
    if (session->start == NULL || session->ticket != 0 ||
        strcmp(bundle_of(session->start), sent->digest) != 0) {
        session_refuse(session, ERROR_PROTOCOL, "nobody asked for this bundle", "");
        return;
    }
    struct pump *pump = start_pump(session->coordinator, session->start);
    int whole = bundle_part_take(&session->start_bundle, sent, &error);
    if (whole == 0) {
        bundle_want(session);
        return;
    }
    if (whole < 0 || bundles_take(&pump->bundles, pump->journal, sent->digest,
                                  &session->start_bundle, &error) == NULL) {
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
    const struct rollout *rollout = core_rollout(pump->core);
    struct message started = {
        .type = MESSAGE_STARTED,
        .started = {.rollout = arena_strdup(&pump->batch.arena, rollout->policy.rollout),
                    .resumed = resumed}};
    pump_answer(pump, item, &started);
}

/* Who paused it, since when, and why. */
static const char *pause_text(struct pump *pump, const struct rollout *rollout)
{
    time_t seconds = (time_t)(rollout->pause.paused_ms / 1000);
    struct tm utc;
    char since[32];
    gmtime_r(&seconds, &utc);
    (void)strftime(since, sizeof since, "%Y-%m-%d %H:%M UTC", &utc);
    return arena_printf(&pump->batch.arena, "paused by %s since %s%s%s", rollout->pause.paused_by,
                        since, rollout->reason[0] != '\0' ? ": " : "", rollout->reason);
}

/* What a person stopped, a pipeline that tries again does not start. */
static void start_stopped(struct pump *pump, const struct item *item, const struct rollout *rollout)
{
    struct error error;
    error_set(&error, ERROR_STOPPED, "rollout %s is %s", rollout->policy.rollout,
              pause_text(pump, rollout));
    error_hint(&error, "`drover resume` lifts the pause, `drover cancel` ends the rollout");
    input_refuse(pump, item, &error);
}

/* The same START again: goes on with what is under way. A paused rollout gets its failed targets
 * back and is resumed; nothing to retry is no fault. */
static void start_resume(struct pump *pump, const struct item *item, const struct rollout *rollout)
{
    struct error error = {0};
    if (rollout->pause.until_resumed) {
        start_stopped(pump, item, rollout);
        return;
    }
    uint32_t limit = item->message.start.request.until_wave;
    bool done = rollout->state == ROLLOUT_PAUSED && rollout->paused_at_limit && limit > 0 &&
                limit <= rollout->waves_started;
    if (rollout->state == ROLLOUT_PAUSED && !done) {
        struct input input = {
            .type = INPUT_CONTROL,
            .control = {.verb = CONTROL_RETRY,
                        .who = {item->message.start.request.actor, "started again"},
                        .until_wave = limit}};
        if (input_decide(pump, &input, &error) != 0) {
            error = (struct error){0};
        }
        input.control.verb = CONTROL_RESUME;
        if (rollout->state == ROLLOUT_PAUSED && input_decide(pump, &input, &error) != 0) {
            input_refuse(pump, item, &error);
            return;
        }
    }
    started_answer(pump, item, true);
}

/* The transactions of a rollout stay what they were when it began. */
static enum transaction_scope transactions_of(const struct rollout *rollout)
{
    return transaction_scope_choose(TRANSACTION_UNSET, rollout->policy.request.transaction);
}

static void start_busy(struct pump *pump, const struct item *item, const struct rollout *rollout,
                       const struct rollout_request *asked)
{
    struct error error;
    const struct rollout_request *request = &rollout->policy.request;
    error_set(&error, ERROR_BUSY, "another rollout is under way: %s %s (%s), %s",
              request_verb(request), request->spec, rollout->policy.rollout,
              rollout->pause.until_resumed ? pause_text(pump, rollout)
                                           : rollout_state_word(rollout->state));
    if (asked->transaction == transactions_of(rollout)) {
        error_hint(&error, "see `drover status`; let it finish, or end it with `drover cancel`");
    } else {
        error_hint(&error,
                   "it began with `rollout.transaction: %s`: after `drover cancel` this command "
                   "begins one with `%s`",
                   transaction_scope_word(transactions_of(rollout)),
                   transaction_scope_word(asked->transaction));
    }
    input_refuse(pump, item, &error);
}

/* "20261123-031502-a1b2" */
const char *rollout_draw(struct pump *pump)
{
    time_t seconds = (time_t)(clock_now_ms(&pump->clock) / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char stamp[32];
    (void)strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
    return arena_printf(&pump->batch.arena, "%s-%04x", stamp, (unsigned)(chance_draw() & 0xffff));
}

/* Where the version rows are: the project that brings the bundle knows best. */
static struct version_place version_of(const struct pump *pump, const struct message_start *start)
{
    struct version_place place = start->version;
    const struct version_place *ours = &pump->coordinator->config->version;
    if (place.version_schema[0] == '\0') {
        place.version_schema = ours->version_schema;
    }
    if (place.version_table[0] == '\0') {
        place.version_table = ours->version_table;
    }
    if (strcmp(place.version_table, "alembic_version") == 0) {
        place.version_table = "";
    }
    return place;
}

/* What is asked for; the configuration has the last word on transactions. */
static struct rollout_request request_of(const struct pump *pump, const struct message_start *start)
{
    struct rollout_request request = start->request;
    request.transaction =
        transaction_scope_choose(pump->coordinator->config->transaction, request.transaction);
    return request;
}

static int start_begin(struct pump *pump, const struct rollout_request *request,
                       struct version_place version, const char *reason, struct error *error)
{
    const struct config *config = pump->coordinator->config;
    struct input input = {.type = INPUT_START,
                          .start = {.policy = {.rollout = rollout_draw(pump),
                                               .request = *request,
                                               .version = version,
                                               .limits = config->limits,
                                               .timeouts = config->timeouts,
                                               .rediscover_ms = config->rediscover_ms,
                                               .reverts = "",
                                               .reason = reason},
                                    .fleet = config->fleet}};
    return input_decide(pump, &input, error);
}

void start_step(struct pump *pump, const struct item *item)
{
    const struct message_start *start = &item->message.start;
    const struct rollout_request asked = request_of(pump, start);
    struct error error = {0};
    const struct rollout *rollout = core_rollout(pump->core);
    const struct rollout_request *known = &rollout->policy.request;
    struct version_place version = version_of(pump, start);
    bool same = rollout_is_active(rollout) && known->purpose == asked.purpose &&
                known->direction == asked.direction && strcmp(known->spec, asked.spec) == 0 &&
                strcmp(known->bundle, asked.bundle) == 0 &&
                strcmp(known->where, asked.where) == 0 && rollout->policy.reverts[0] == '\0' &&
                known->purge == asked.purge && known->answer.answered == asked.answer.answered &&
                strcmp(known->tool, asked.tool) == 0 &&
                strcmp(known->tool_table, asked.tool_table) == 0 &&
                asked.transaction == transactions_of(rollout) &&
                strcmp(rollout->policy.version.version_schema, version.version_schema) == 0 &&
                strcmp(rollout->policy.version.version_table, version.version_table) == 0;
    bool survey = pump == &pump->coordinator->surveys;
    if (survey && !survey_enter(pump, item, same)) {
        return;
    }
    if (same) {
        start_resume(pump, item, rollout);
    } else if (rollout_is_active(rollout)) {
        start_busy(pump, item, rollout, &asked);
    } else if (start_begin(pump, &asked, version, "", &error) == 0) {
        started_answer(pump, item, false);
    } else {
        input_refuse(pump, item, &error);
        if (survey) {
            survey_let_go(session_find(pump->coordinator, item->session));
        }
    }
}

/* The plan that was looked at is done in part, so that the request goes without it. */
bool start_again(struct pump *pump, const struct item *item)
{
    const struct message_control *control = &item->message.control;
    const struct rollout *rollout = core_rollout(pump->core);
    struct arena *arena = &pump->batch.arena;
    struct error error = {0};
    if (control->verb != CONTROL_RETRY || control->scope[0] != '\0' ||
        !rollout_left_work(rollout) ||
        strncmp(rollout->policy.rollout, control->rollout, strlen(control->rollout)) != 0) {
        return false;
    }
    const char *over = arena_strdup(arena, rollout->policy.rollout);
    uint32_t left = rollout->counts[TARGET_FAILED] + rollout->counts[TARGET_REFUSED];
    struct message start = {.type = MESSAGE_START,
                            .start = {rollout->policy.request, rollout->policy.version}};
    start.start.request.plan = "";
    start.start.request.actor = control->who.actor;
    start = message_copy(&start, arena);
    const struct rollout_request *request = &start.start.request;
    if (start_begin(pump, request, start.start.version, control->who.reason, &error) != 0) {
        input_refuse(pump, item, &error);
        return true;
    }
    struct message controlled = {
        .type = MESSAGE_CONTROLLED,
        .controlled = {arena_strdup(arena, rollout->policy.rollout), rollout->state, left,
                       arena_printf(arena,
                                    "rollout %s begins over the %" PRIu32 " target%s that %s left: "
                                    "%s %s%s%s",
                                    rollout->policy.rollout, left, plural(left), over,
                                    request_verb(request), request->spec,
                                    request->where[0] != '\0' ? " for " : "", request->where)}};
    pump_answer(pump, item, &controlled);
    return true;
}
