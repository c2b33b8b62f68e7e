/* Surveys and lists: they run in a pump of their own, over the same workers, so that
 * they neither disturb a rollout nor leave a trace.
 *
 * One is under way at a time. The sessions that began it, or attached to it, keep it until they
 * have read the last page of its targets, or left; a different one waits for that in its session,
 * in order of arrival. The targets then stay until the next survey begins.
 */
#include "coordinator/shell/survey_queue.h"

#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/inputs.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"

/* How long the targets of a finished survey are kept from the next one for those who asked. */
enum { READING_MS_MAX = 10000 };

struct pump *survey_pump_of_job(struct coordinator *coordinator, uint64_t job)
{
    return (job & SURVEY_JOB) != 0 ? &coordinator->surveys : &coordinator->rollouts;
}

struct pump *survey_pump_of_rollout(struct coordinator *coordinator, const char *rollout)
{
    const char *survey = core_rollout(coordinator->surveys.core)->policy.rollout;
    bool is_survey = rollout[0] != '\0' && strcmp(rollout, survey) == 0;
    return is_survey ? &coordinator->surveys : &coordinator->rollouts;
}

static bool is_asked(const struct coordinator *coordinator)
{
    const struct session *session = coordinator->sessions;
    while (session != NULL && !session->asks) {
        session = session->next;
    }
    return session != NULL;
}

/* Whether nothing hinders the next one. */
static bool is_free(struct pump *surveys)
{
    struct coordinator *coordinator = surveys->coordinator;
    const struct rollout *rollout = core_rollout(surveys->core);
    return !rollout_is_active(rollout) &&
           (!is_asked(coordinator) ||
            clock_now_ms(&surveys->clock) >= rollout->finished_ms + READING_MS_MAX);
}

static bool is_cancelling(const struct pump *surveys)
{
    const struct rollout *rollout = core_rollout(surveys->core);
    return rollout->state == ROLLOUT_CANCELLING;
}

/* ---- waiting ---- */

static void survey_wait(struct session *session, const struct item *item)
{
    struct coordinator *coordinator = session->coordinator;
    arena_free(&session->start_arena);
    session->start = arena_alloc(&session->start_arena, sizeof *session->start);
    *session->start = message_copy(&item->message, &session->start_arena);
    session->ticket = ++coordinator->next_ticket;
    session_sweep_begin(coordinator); /* calls survey_next when the time to read is over */
}

static struct session *session_waiting(const struct coordinator *coordinator)
{
    struct session *first = NULL;
    for (struct session *session = coordinator->sessions; session != NULL;
         session = session->next) {
        if (session->ticket != 0 && (first == NULL || session->ticket < first->ticket)) {
            first = session;
        }
    }
    return first;
}

bool survey_waits(const struct coordinator *coordinator)
{
    return session_waiting(coordinator) != NULL;
}

void survey_next(struct pump *surveys)
{
    struct session *session = session_waiting(surveys->coordinator);
    if (session == NULL || !is_free(surveys)) {
        return;
    }
    pump_push(surveys, ITEM_MESSAGE, session, session->start);
    session->ticket = 0;
    session->start = NULL;
    arena_free(&session->start_arena);
}

/* ---- asking ---- */

/* Those who had the time to read the last one. */
static void asks_forget(struct coordinator *coordinator)
{
    for (struct session *session = coordinator->sessions; session != NULL;
         session = session->next) {
        session->asks = false;
    }
}

bool survey_enter(struct pump *surveys, const struct item *item, bool same)
{
    struct session *session = session_find(surveys->coordinator, item->session);
    if (session == NULL) {
        return false; /* nobody is left to be answered */
    }
    if (same ? is_cancelling(surveys) : !is_free(surveys)) {
        survey_wait(session, item);
        return false;
    }
    if (!same) {
        asks_forget(surveys->coordinator);
    }
    session->asks = true;
    return true;
}

void survey_let_go(struct session *session)
{
    if (session != NULL && session->asks) {
        session->asks = false;
        pump_push(&session->coordinator->surveys, ITEM_SURVEY_LEFT, NULL, NULL);
    }
}

void survey_answered(struct session *session, const struct message *message)
{
    struct pump *surveys = &session->coordinator->surveys;
    const struct rollout *rollout = core_rollout(surveys->core);
    if (message->type == MESSAGE_TARGETS && message->targets.next == 0 &&
        !rollout_is_active(rollout) &&
        strcmp(message->targets.rollout, rollout->policy.rollout) == 0) {
        survey_let_go(session);
    }
}

void survey_abandon(struct pump *surveys)
{
    const struct rollout *rollout = core_rollout(surveys->core);
    if (!rollout_is_active(rollout) || is_cancelling(surveys) || is_asked(surveys->coordinator)) {
        return;
    }
    /* it is active, so that it can be cancelled */
    input_fact(surveys,
               (struct input){.type = INPUT_CONTROL,
                              .control = {.verb = CONTROL_CANCEL,
                                          .who = {"the coordinator",
                                                  "nobody waits for the answer any more"}}});
}
