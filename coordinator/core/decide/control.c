/* CONTROL: people steer the rollout. What concerns a part of it names its targets by a scope. */
#include "coordinator/core/decide/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/end.h"
#include "coordinator/core/decide/override.h"
#include "coordinator/core/decide/pause.h"
#include "coordinator/core/decide/question.h"
#include "coordinator/core/decide/rollback_asked.h"
#include "coordinator/core/decide/skip.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/orphan.h"
#include "coordinator/core/facts/plan_digest.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"

void control_answer(struct step *step, uint32_t concerned, const char *sentence)
{
    step->output->sentence = sentence;
    step->output->concerned = concerned;
}

static bool scope_is_whole(const char *scope)
{
    return scope == NULL || scope[0] == '\0';
}

void control_answer_with_loose(struct step *step, uint32_t concerned, const char *sentence)
{
    struct arena *arena = &step->output->arena;
    const char *loose = orphans_sentence(step->core, arena);
    control_answer(
        step, concerned,
        arena_printf(arena, "%s%s%s", sentence, loose[0] != '\0' ? ", but " : "", loose));
}

/* ---- retry ---- */

static int retry_asked(struct step *step, const struct message_control *control,
                       const struct selector *scope, struct error *error)
{
    const struct core *core = step->core;
    const struct rollout *rollout = &core->rollout;
    bool whole = scope_is_whole(control->scope);
    bool paused = rollout->state == ROLLOUT_PAUSED && !rollout->pause.until_resumed;
    uint32_t retried = 0;
    if (question_check(step, control, scope, error) < 0) {
        return -1;
    }
    for (uint32_t i = 0; rollout->counts[TARGET_FAILED] > 0 && i < rollout->target_count; i++) {
        if (rollout->targets[i].state == TARGET_FAILED && scope_matches(core, i, scope)) {
            if (control->answer.answered != 0 &&
                question_is_open(&rollout->intern, &rollout->targets[i])) {
                question_answer(step, i, control->answer, &control->who);
            }
            emit(step,
                 (struct event){.type = EVENT_TARGET_RETRIED, .target_retried = {i, control->who}});
            retried++;
        }
    }
    if (retried == 0 && (!paused || !whole)) {
        return error_set(error, ERROR_FAILED, "no target %sof rollout %s has failed",
                         whole ? "" : "in this scope ", rollout->policy.rollout);
    }
    if (paused) {
        rollout_resume(step, control);
    }
    control_answer(step, retried,
                   arena_printf(&step->output->arena, "%" PRIu32 " target%s tried again%s", retried,
                                plural(retried),
                                rollout->state == ROLLOUT_PAUSED ? " once it is resumed" : ""));
    return 0;
}

/* ---- approve ---- */

/* The wave that waits for an approval, else the next that will. */
static uint32_t wave_to_approve(const struct rollout *rollout)
{
    for (uint32_t i = rollout->waves_started; i < rollout->wave_count; i++) {
        if (rollout->waves[i].definition.approve && !rollout->waves[i].approved) {
            return i;
        }
    }
    return UINT32_MAX;
}

static int approve_asked(struct step *step, const struct message_control *control,
                         struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    const char *digest = text_or_empty(control->digest);
    uint32_t wave = wave_to_approve(rollout);
    if (rollout->digest[0] == '\0') {
        return error_set(error, ERROR_FAILED, "rollout %s has no plan yet, it is %s",
                         rollout->policy.rollout, rollout_state_word(rollout->state));
    }
    if (wave == UINT32_MAX) {
        return error_set(error, ERROR_FAILED, "no wave of rollout %s waits for an approval",
                         rollout->policy.rollout);
    }
    if (strlen(digest) < CORE_DIGEST_PREFIX ||
        strncmp(rollout->digest, digest, strlen(digest)) != 0) {
        (void)error_set(error, ERROR_FAILED, "the plan is %.12s, not %s", rollout->digest,
                        digest[0] != '\0' ? digest : "named");
        return error_hint(error,
                          "look at it with `drover status`, then approve it by --digest %.12s "
                          "(%d digits at least)",
                          rollout->digest, CORE_DIGEST_PREFIX);
    }
    emit(step, (struct event){.type = EVENT_WAVE_APPROVED,
                              .wave_approved = {
                                  .wave = wave, .digest = rollout->digest, .who = control->who}});
    control_answer(step, rollout->waves[wave].counts.targets,
                   arena_printf(&step->output->arena, "wave %s is approved",
                                rollout->waves[wave].definition.name));
    return 0;
}

/* ---- limits ---- */

static void limits_set(struct step *step, const struct message_control *control,
                       struct buffer *sentence)
{
    const struct event_rollout_started *policy = &step->core->rollout.policy;
    struct limits limits = policy->limits;
    struct timeouts timeouts = policy->timeouts;
    limits_change(&limits, &timeouts, &control->limits);
    bool budget = control->limits.failures.count != LIMIT_KEPT;
    emit(step, (struct event){
                   .type = EVENT_LIMITS_SET,
                   .limits_set = {.who = control->who, .limits = limits_now(&limits, &timeouts)}});
    if (budget && step->core->rollout.digest[0] != '\0') {
        char digest[DIGEST_TEXT_BYTES];
        plan_digest(&step->core->rollout, digest);
        emit(step, (struct event){.type = EVENT_PLAN_CHANGED, .plan_changed = {digest}});
    }
    struct limit_changes now = limits_now(&limits, &timeouts);
    buffer_text_append(sentence, sentence->length > 0 ? "; " : "");
    limits_append(&now, sentence);
}

static int set_asked(struct step *step, const struct message_control *control,
                     const struct selector *scope, struct error *error)
{
    struct buffer sentence = {0};
    bool kept = limits_are_kept(&control->limits);
    if (kept && control->safeguards.windows == SAFEGUARD_KEPT &&
        control->safeguards.throttles == SAFEGUARD_KEPT) {
        return error_set(error, ERROR_USAGE, "nothing to set");
    }
    if (!kept && !scope_is_whole(control->scope)) {
        return error_set(error, ERROR_USAGE, "limits concern the whole rollout, not a part of it");
    }
    if (safeguards_set(step, control, scope, &sentence, error) < 0) {
        return -1;
    }
    if (!kept) {
        limits_set(step, control, &sentence);
    }
    control_answer(step, 0, arena_strdup(&step->output->arena, buffer_text(&sentence)));
    buffer_free(&sentence);
    return 0;
}

/* ---- the end ---- */

static void cancel_asked(struct step *step, const struct message_control *control)
{
    if (step->core->rollout.state != ROLLOUT_CANCELLING) {
        rollout_cancel(step, control->who.actor, control->who.reason);
    }
    uint32_t running = step->core->jobs.live;
    uint32_t told = running - jobs_loose(step->core);
    struct arena *arena = &step->output->arena;
    const char *half_done = rollout_half_done(&step->core->rollout, arena);
    control_answer_with_loose(
        step, running,
        arena_printf(arena, "cancelled, %" PRIu32 " running job%s told to stop%s%s", told,
                     plural(told), half_done[0] != '\0' ? "; " : "", half_done));
}

/* ---- dispatch ---- */

/* The last rollout is over: what failed is taken up by the command that it was, or, all of it, by a
 * RETRY that the shell makes a START of. */
static int over_refuse(const struct rollout *rollout, enum control_verb verb, struct error *error)
{
    const struct rollout_request *request = &rollout->policy.request;
    uint32_t failed = rollout->counts[TARGET_FAILED] + rollout->counts[TARGET_REFUSED];
    if (verb != CONTROL_RETRY || !rollout_left_work(rollout)) {
        (void)error_set(error, ERROR_FAILED, "no rollout is running");
        return error_hint(error, "`drover rollouts` lists those that were");
    }
    (void)error_set(error, ERROR_FAILED, "rollout %s is over, it %s with %" PRIu32 " target%s left",
                    rollout->policy.rollout, rollout_state_word(rollout->state), failed,
                    plural(failed));
    const char *quote = request->where[0] != '\0' ? "\"" : "";
    return error_hint(error, "`drover %s %s%s%s%s%s` tries again: what is done is left alone",
                      request_verb(request), request->spec, quote[0] != '\0' ? " --where " : "",
                      quote, request->where, quote);
}

/* Whether the rollout meant is the one at hand. */
static int rollout_check(const struct rollout *rollout, const struct message_control *control,
                         struct error *error)
{
    const char *wanted = text_or_empty(control->rollout);
    if (control->verb == CONTROL_ROLLBACK) {
        return 0; /* concerns others too */
    }
    if (!rollout_is_active(rollout)) {
        return over_refuse(rollout, control->verb, error);
    }
    if (strncmp(rollout->policy.rollout, wanted, strlen(wanted)) != 0) {
        (void)error_set(error, ERROR_FAILED, "rollout %s is neither under way nor the last one",
                        wanted);
        return error_hint(error, "that is %s", rollout->policy.rollout);
    }
    if (rollout->state == ROLLOUT_CANCELLING && control->verb != CONTROL_CANCEL) {
        return error_set(error, ERROR_BUSY, "rollout %s is being cancelled",
                         rollout->policy.rollout);
    }
    return 0;
}

static int scope_check(struct step *step, const struct message_control *control,
                       const struct selector **scope, struct error *error)
{
    const char *text = text_or_empty(control->scope);
    bool takes = control->verb == CONTROL_PAUSE || control->verb == CONTROL_RESUME ||
                 control->verb == CONTROL_RETRY || control->verb == CONTROL_SKIP ||
                 control->verb == CONTROL_UNSKIP || control->verb == CONTROL_SET;
    if (!takes && text[0] != '\0') {
        return error_set(error, ERROR_USAGE, "%s concerns the whole rollout, not a part of it",
                         control_verb_word(control->verb));
    }
    if (core_scope_parse(step->core, &step->output->arena, text, scope, error) < 0) {
        return -1;
    }
    if (text[0] != '\0' && control->verb != CONTROL_RESUME &&
        scope_count(step->core, *scope) == 0) {
        (void)error_set(error, ERROR_FAILED, "no target is in this scope: %s", text);
        return error_hint(error, "`drover status --targets --where ...` shows what is");
    }
    return 0;
}

int step_control(struct step *step, const struct message_control *control, struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct selector *scope = NULL;
    bool whole = scope_is_whole(control->scope);
    if (rollout_check(rollout, control, error) < 0 ||
        scope_check(step, control, &scope, error) < 0) {
        return -1;
    }
    switch (control->verb) {
    case CONTROL_PAUSE: pause_asked(step, control, whole ? NULL : scope); return 0;
    case CONTROL_RESUME: return resume_asked(step, control, whole ? NULL : scope, error);
    case CONTROL_RETRY: return retry_asked(step, control, scope, error);
    case CONTROL_SKIP: return skip_asked(step, control, scope, error);
    case CONTROL_UNSKIP: return unskip_asked(step, control, scope, error);
    case CONTROL_APPROVE: return approve_asked(step, control, error);
    case CONTROL_SET: return set_asked(step, control, scope, error);
    case CONTROL_ROLLBACK: return rollback_asked(step, control, error);
    case CONTROL_CANCEL: cancel_asked(step, control); return 0;
    }
    return error_set(error, ERROR_PROTOCOL, "unknown control verb %d", (int)control->verb);
}
