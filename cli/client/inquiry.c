/* An inquiry. */
#include "cli/client/inquiry.h"

#include <errno.h>
#include <unistd.h>

#include "cli/report/progress.h"
#include "cli/text/message_clean.h"
#include "coordinator/journal/journal.h"
#include "coordinator/shell/archive.h"

/* After PROGRESS that says it is over, FINISHED follows at once or never. */
enum { FINISHED_TICKS = 20 };

static int journal_take(struct inquiry *inquiry, struct error *error)
{
    const char *path = inquiry->conversation.config->journal;
    inquiry->from_journal = true;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        return 0;
    }
    struct journal *journal = journal_sqlite_read(path, error);
    if (journal == NULL) {
        return -1;
    }
    inquiry->archive = archive_open(journal, inquiry->rollout, error);
    journal_close(journal);
    return inquiry->archive == NULL ? -1 : 0;
}

int inquiry_open(struct inquiry *inquiry, struct invocation *invocation, const char *rollout,
                 struct error *error)
{
    *inquiry = (struct inquiry){.rollout = rollout};
    if (conversation_open(&inquiry->conversation, invocation, false, error) != 0) {
        return -1;
    }
    if (conversation_connect(&inquiry->conversation, CLIENT_SERVICE, false, error) == 0) {
        return 0;
    }
    bool alive = error->code == ERROR_BUSY; /* the journal would say that nobody is at work */
    if (alive || arguments_given(&invocation->arguments, OPTION_COORDINATOR)) {
        return -1;
    }
    *error = (struct error){0};
    return journal_take(inquiry, error);
}

/* What an archive answered. */
struct answers {
    const struct invocation *invocation;
    struct arena *arena;
    enum message_type wanted;
    struct message message; /* of the wanted type, or a refusal */
    bool found;
    struct message finished;
    bool over;
};

static void answer_keep(const struct message *message, void *context)
{
    struct answers *answers = context;
    if (message->type == answers->wanted || message->type == MESSAGE_REFUSED) {
        answers->message = message_copy(message, answers->arena);
        answers->found = true;
    } else if (message->type == MESSAGE_FINISHED) {
        answers->finished = message_copy(message, answers->arena);
        answers->over = true;
    }
}

static int archive_answers(struct inquiry *inquiry, const struct message *request,
                           enum message_type wanted, struct answers *answers, struct error *error)
{
    struct invocation *invocation = inquiry->conversation.invocation;
    *answers = (struct answers){.arena = &invocation->arena, .wanted = wanted};
    if (inquiry->archive == NULL) {
        return 1;
    }
    archive_ask(inquiry->archive, request, answer_keep, answers);
    if (!answers->found) {
        return error_set(error, ERROR_JOURNAL, "the journal does not answer this question");
    }
    if (answers->message.type == MESSAGE_REFUSED) {
        return client_refused(&answers->message.refused, error);
    }
    if (!invocation->json) {
        message_clean(&answers->message, &invocation->arena);
        message_clean(&answers->finished, &invocation->arena);
    }
    return 0;
}

int inquiry_ask(struct inquiry *inquiry, const struct message *request, enum message_type wanted,
                struct message *answer, struct error *error)
{
    struct conversation *conversation = &inquiry->conversation;
    if (!inquiry->from_journal) {
        return client_ask(conversation->client, request, wanted, &conversation->invocation->arena,
                          answer, error);
    }
    struct answers answers;
    int result = archive_answers(inquiry, request, wanted, &answers, error);
    *answer = answers.message;
    return result;
}

/* A rollout that is over is told so in a second message. */
static int service_rollout(struct inquiry *inquiry, const struct message *request,
                           struct message_progress *progress, bool *over,
                           struct message_finished *finished, struct error *error)
{
    struct conversation *conversation = &inquiry->conversation;
    struct arena *arena = &conversation->invocation->arena;
    struct message message;
    unsigned ticks = 0;
    if (client_ask(conversation->client, request, MESSAGE_PROGRESS, arena, &message, error) != 0) {
        return -1;
    }
    *progress = message.progress;
    while (progress_over(progress) && !*over && ticks < FINISHED_TICKS) {
        int event = client_next(conversation->client, arena, &message, error);
        if (event < 0) {
            return -1;
        }
        if (event == CLIENT_INTERRUPTED) {
            return error_set(error, ERROR_STOPPED, "interrupted");
        }
        ticks += event == CLIENT_TICK ? 1 : 0;
        if (event == CLIENT_MESSAGE && message.type == MESSAGE_FINISHED) {
            *finished = message.finished;
            *over = true;
        }
    }
    return 0;
}

int inquiry_rollout(struct inquiry *inquiry, struct message_progress *progress, bool *over,
                    struct message_finished *finished, struct error *error)
{
    struct message request = {.type = MESSAGE_WATCH, .watch = {inquiry->rollout, false}};
    *over = false;
    if (!inquiry->from_journal) {
        return service_rollout(inquiry, &request, progress, over, finished, error);
    }
    struct answers answers;
    int result = archive_answers(inquiry, &request, MESSAGE_PROGRESS, &answers, error);
    if (result == 0) {
        *progress = answers.message.progress;
        *over = answers.over;
        *finished = answers.finished.finished;
    }
    return result;
}

static int inquiry_page(void *context, const struct message *request, struct message *answer,
                        struct error *error)
{
    return inquiry_ask(context, request, MESSAGE_TARGETS, answer, error);
}

int inquiry_targets(struct inquiry *inquiry, const char *scope, struct target_status_list *targets,
                    struct error *error)
{
    return conversation_pages(inquiry_page, inquiry, inquiry->rollout, scope,
                              &inquiry->conversation.invocation->arena, targets, error);
}

void inquiry_close(struct inquiry *inquiry)
{
    archive_close(inquiry->archive);
    conversation_close(&inquiry->conversation);
    *inquiry = (struct inquiry){0};
}
