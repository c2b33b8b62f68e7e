/* What is known. */
#include "cli/screen/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client/watch.h"
#include "cli/report/progress.h"

enum {
    OLD_TICKS = 20,          /* 2 s: then a question is asked again */
    FORECAST_OLD_TICKS = 50, /* which costs the coordinator more */
    WATCH_TICKS = 20,        /* whether another rollout has begun */
};

static void answers_free(struct answers *answers)
{
    arena_free(&answers->arena);
    log_lines_clear(&answers->log);
    *answers = (struct answers){0};
}

static const char *rollout_id(const struct known *known)
{
    return known->display.known ? known->display.progress.status.rollout : "";
}

bool known_any(const struct known *known)
{
    return rollout_id(known)[0] != '\0';
}

struct message_progress known_progress(const struct known *known)
{
    struct message_progress progress = display_now(&known->display);
    if (known->over && progress.status.finished_ms > 0) {
        progress.now_ms = progress.status.finished_ms;
    }
    return progress;
}

static void watch_send(struct known *known)
{
    struct message message = {.type = MESSAGE_WATCH, .watch = {known->rollout, true}};
    known->watch_ticks = 0;
    client_send(known->client, &message);
}

void known_init(struct known *known, struct invocation *invocation, struct client *client,
                const char *rollout)
{
    *known = (struct known){.invocation = invocation, .client = client, .rollout = rollout};
    display_init(&known->display, &invocation->output, true);
}

void known_begin(struct known *known)
{
    known->open = 0;
    known->log_open = known->outdated = false;
    known->log_wanted = true;
    answers_free(&known->coming);
    watch_send(known);
}

/* ---- questions ---- */

static void log_ask(struct known *known, const char *scope)
{
    struct message message = {.type = MESSAGE_LOG_WANTED};
    message.log_wanted = (struct message_log_wanted){
        .rollout = rollout_id(known), .where = scope, .limit = LOG_LINES_MAX};
    client_send(known->client, &message);
}

static void targets_ask(struct known *known, uint32_t after)
{
    struct message message = {.type = MESSAGE_TARGETS_WANTED};
    message.targets_wanted = (struct message_targets_wanted){
        .rollout = rollout_id(known), .after = after, .where = known->scope};
    client_send(known->client, &message);
}

static void question_ask(struct known *known, unsigned question)
{
    struct message message = {0};
    known->open = question;
    switch (question) {
    case QUESTION_TARGETS: targets_ask(known, 0); break;
    case QUESTION_LOG: log_ask(known, known->scope); break;
    case QUESTION_FAILURES:
        message.type = MESSAGE_FAILURES_WANTED;
        message.failures_wanted = (struct message_failures_wanted){rollout_id(known), known->scope};
        client_send(known->client, &message);
        break;
    default:
        message.type = MESSAGE_FORECAST_WANTED;
        message.forecast_wanted = (struct message_forecast_wanted){rollout_id(known)};
        client_send(known->client, &message);
        break;
    }
}

/* The first of the questions whose answers are not all there. */
static unsigned question_next(const struct known *known)
{
    unsigned left = known->wanted & ~known->coming.answered;
    return left & (~left + 1);
}

/* Asks what is next, when nothing is open; the last answer makes the answers whole. */
static void questions_go_on(struct known *known)
{
    if (known->open != 0 || !known_any(known)) {
        return;
    }
    known->outdated = false;
    if (known->log_wanted) {
        known->log_wanted = false;
        known->log_open = true;
        known->open = QUESTION_LOG;
        log_ask(known, "");
    } else if (question_next(known) != 0) {
        question_ask(known, question_next(known));
    } else if (known->coming.answered != 0) {
        answers_free(&known->answers);
        known->answers = known->coming;
        known->coming = (struct answers){0};
        known->ticks = 0;
    }
}

void known_want(struct known *known, unsigned questions, const char *scope)
{
    if (known->scope != NULL && known->wanted == questions && strcmp(known->scope, scope) == 0) {
        return;
    }
    free(known->scope);
    known->scope = memory_strdup(scope);
    known->wanted = questions;
    known->outdated = known->open != 0 && !known->log_open;
    answers_free(&known->answers);
    answers_free(&known->coming);
    known->ticks = OLD_TICKS;
    questions_go_on(known);
}

void known_tick(struct known *known)
{
    unsigned old = known->wanted == QUESTION_FORECAST ? FORECAST_OLD_TICKS : OLD_TICKS;
    bool waits = known->over || !known_any(known);
    known->watch_ticks = waits ? known->watch_ticks + 1 : 0;
    if (known->watch_ticks >= WATCH_TICKS) {
        watch_send(known);
    }
    if (known->open == 0 && ++known->ticks >= old) {
        questions_go_on(known);
    }
}

/* ---- answers ---- */

static void targets_take(struct known *known, const struct message_targets *page)
{
    struct answers *answers = &known->coming;
    struct target_status_list *targets = &answers->targets;
    for (size_t i = 0; i < page->targets.count && targets->count < KNOWN_TARGETS_MAX; i++) {
        if (targets->items == NULL) {
            targets->items =
                arena_array(&answers->arena, KNOWN_TARGETS_MAX, sizeof *targets->items);
        }
        targets->items[targets->count++] = page->targets.items[i];
    }
    answers->cut = page->next != 0;
    if (page->next != 0 && targets->count < KNOWN_TARGETS_MAX) {
        targets_ask(known, page->next);
        return;
    }
    answers->answered |= QUESTION_TARGETS;
    known->open = 0;
}

static void log_take(struct known *known, const struct message_log *part)
{
    struct log_lines *log = known->log_open ? &known->log : &known->coming.log;
    if (!known->outdated) {
        for (size_t i = 0; i < part->entries.count; i++) {
            log_lines_add(log, &part->entries.items[i]);
        }
    }
    if (!part->last) {
        return;
    }
    known->open = 0;
    if (known->log_open) {
        known->log_open = false;
        for (size_t i = 0; i < log_lines_kept(&known->held); i++) {
            log_lines_add(&known->log, log_lines_at(&known->held, i));
        }
        log_lines_clear(&known->held);
    } else {
        known->coming.answered |= QUESTION_LOG;
    }
}

static void refusal_take(struct known *known, const struct message_refused *refused)
{
    struct answers *coming = &known->coming;
    if (!known->log_open) {
        (void)snprintf(coming->refusal, sizeof coming->refusal, "%s%s%s", refused->message,
                       refused->hint[0] == '\0' ? "" : "; ", refused->hint);
        coming->answered |= known->open;
    }
    known->open = 0;
    known->log_open = false;
}

/* Takes an answer. False: this is none to the question that is open. */
static bool answer_take(struct known *known, const struct message *kept)
{
    struct answers *coming = &known->coming;
    switch (kept->type) {
    case MESSAGE_TARGETS: targets_take(known, &kept->targets); return true;
    case MESSAGE_FAILURES:
        coming->failures = kept->failures.failures;
        coming->remarks = kept->failures.remarks;
        failures_locate(known->invocation, &coming->failures);
        remarks_locate(known->invocation, &coming->remarks);
        coming->answered |= QUESTION_FAILURES;
        break;
    case MESSAGE_FORECAST:
        coming->ahead = *kept;
        coming->answered |= QUESTION_FORECAST;
        break;
    default: return false;
    }
    known->open = 0;
    return true;
}

static bool is_answer(enum message_type type)
{
    return type == MESSAGE_TARGETS || type == MESSAGE_FAILURES || type == MESSAGE_FORECAST ||
           type == MESSAGE_LOG || type == MESSAGE_REFUSED;
}

/* An answer that is not wanted any more only ends its question. */
static void answer_or_drop(struct known *known, const struct message *message)
{
    bool ends = message->type != MESSAGE_LOG || message->log.last;
    if (message->type == MESSAGE_LOG) {
        log_take(known, &message->log);
    } else if (known->outdated) {
        known->open = ends ? 0 : known->open;
    } else if (message->type == MESSAGE_REFUSED) {
        refusal_take(known, &message->refused);
    } else {
        struct message kept = message_copy(message, &known->coming.arena);
        (void)answer_take(known, &kept);
    }
    if (known->outdated && known->open == 0) {
        answers_free(&known->coming);
    }
    questions_go_on(known);
}

static void progress_take(struct known *known, const struct message *message)
{
    bool another = strcmp(rollout_id(known), message->progress.status.rollout) != 0;
    display_progress(&known->display, message);
    if (another) {
        known->over = false;
        known->display.speed = (struct speed){0};
        log_lines_clear(&known->log);
        log_lines_clear(&known->held);
        answers_free(&known->answers);
        answers_free(&known->coming);
        known->outdated = known->open != 0;
        known->log_wanted = true;
    }
    questions_go_on(known);
}

int known_take(struct known *known, const struct message *message, struct error *error)
{
    if (message->type == MESSAGE_PROGRESS) {
        progress_take(known, message);
    } else if (message->type == MESSAGE_NOTICE) {
        bool held = known->log_wanted || known->log_open;
        log_lines_add(held ? &known->held : &known->log, &message->notice.entry);
    } else if (message->type == MESSAGE_FINISHED) {
        arena_free(&known->finished_arena);
        known->finished = message_copy(message, &known->finished_arena).finished;
        failures_locate(known->invocation, &known->finished.failures);
        remarks_locate(known->invocation, &known->finished.remarks);
        known->over = true;
    } else if (message->type == MESSAGE_REFUSED && known->open == 0) {
        return client_refused(&message->refused, error);
    } else if (is_answer(message->type) && known->open != 0) {
        answer_or_drop(known, message);
    }
    return 0;
}

void known_free(struct known *known)
{
    answers_free(&known->answers);
    answers_free(&known->coming);
    log_lines_clear(&known->log);
    log_lines_clear(&known->held);
    free(known->scope);
    arena_free(&known->finished_arena);
    display_free(&known->display);
}
