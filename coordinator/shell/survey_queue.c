/* Questions: surveys and lists. They run in a pump of their own, over the same workers, so that
 * they neither disturb a rollout nor leave a trace.
 *
 * One is under way at a time. The sessions that began it, or attached to it, keep it until they
 * have read the last page of its targets, or left; a different one waits for that in its session,
 * in order of arrival. The targets then stay until the next question begins.
 */
#include "coordinator/shell/survey_queue.h"

#include <string.h>

#include "coordinator/core/view/view.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/inputs.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"

/* How long the targets of a finished question are kept from the next one for those who asked. */
enum { READING_MS_MAX = 10000 };

struct pump *question_pump_of_job(struct coordinator *coordinator, uint64_t job)
{
    return (job & QUESTION_JOB) != 0 ? &coordinator->questions : &coordinator->rollouts;
}

struct pump *question_pump_of_rollout(struct coordinator *coordinator, const char *rollout)
{
    struct core_rollout_view view;
    core_rollout_view(coordinator->questions.core, &view);
    bool question = rollout[0] != '\0' && strcmp(rollout, view.rollout) == 0;
    return question ? &coordinator->questions : &coordinator->rollouts;
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
static bool is_free(struct pump *questions)
{
    struct coordinator *coordinator = questions->coordinator;
    struct core_rollout_view view;
    core_rollout_view(questions->core, &view);
    return !view.active && (!is_asked(coordinator) ||
                            clock_now_ms(&coordinator->clock) >= view.finished_ms + READING_MS_MAX);
}

static bool is_cancelling(const struct pump *questions)
{
    struct core_rollout_view view;
    core_rollout_view(questions->core, &view);
    return view.state == ROLLOUT_CANCELLING;
}

/* ---- waiting ---- */

static void question_wait(struct session *session, const struct item *item)
{
    struct coordinator *coordinator = session->coordinator;
    arena_free(&session->start_arena);
    session->start = arena_alloc(&session->start_arena, sizeof *session->start);
    *session->start = message_copy(&item->message, &session->start_arena);
    session->ticket = ++coordinator->next_ticket;
    session_sweep_begin(coordinator); /* calls question_next when the time to read is over */
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

bool question_waits(const struct coordinator *coordinator)
{
    return session_waiting(coordinator) != NULL;
}

void question_next(struct pump *questions)
{
    struct session *session = session_waiting(questions->coordinator);
    if (session == NULL || !is_free(questions)) {
        return;
    }
    pump_push(questions, ITEM_MESSAGE, session, session->start);
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

bool question_enter(struct pump *questions, const struct item *item, bool same)
{
    struct session *session = session_find(questions->coordinator, item->session);
    if (session == NULL) {
        return false; /* nobody is left to be answered */
    }
    if (same ? is_cancelling(questions) : !is_free(questions)) {
        question_wait(session, item);
        return false;
    }
    if (!same) {
        asks_forget(questions->coordinator);
    }
    session->asks = true;
    return true;
}

void question_let_go(struct session *session)
{
    if (session != NULL && session->asks) {
        session->asks = false;
        pump_push(&session->coordinator->questions, ITEM_QUESTION_LEFT, NULL, NULL);
    }
}

void question_answered(struct session *session, const struct message *message)
{
    struct pump *questions = &session->coordinator->questions;
    struct core_rollout_view view;
    core_rollout_view(questions->core, &view);
    if (message->type == MESSAGE_TARGETS && message->targets.next == 0 && !view.active &&
        strcmp(message->targets.rollout, view.rollout) == 0) {
        question_let_go(session);
    }
}

void question_abandon(struct pump *questions)
{
    struct core_rollout_view view;
    core_rollout_view(questions->core, &view);
    if (!view.active || is_cancelling(questions) || is_asked(questions->coordinator)) {
        return;
    }
    /* it is active, so that it can be cancelled */
    step_fact(questions,
              (struct input){
                  .type = INPUT_CONTROL,
                  .control = {.verb = CONTROL_CANCEL,
                              .who = {"the coordinator", "nobody waits for the answer any more"}}});
}
