/* Reading the log. */
#include "cli/client/log_reading.h"

#include <errno.h>
#include <unistd.h>

#include "cli/client/conversation.h"
#include "cli/text/message_clean.h"
#include "coordinator/journal/journal.h"
#include "coordinator/shell/story.h"

struct reading {
    struct invocation *invocation;
    log_reader *read;
    void *context;
};

/* ---- without a coordinator ---- */

static void part_take(const struct message *message, void *context)
{
    struct reading *reading = context;
    struct arena arena = {0};
    struct message part = message_copy(message, &arena);
    if (!reading->invocation->json) {
        message_clean(&part, &arena);
    }
    reading->read(&part.log, reading->context);
    arena_free(&arena);
}

static int journal_tell(struct reading *reading, const char *path,
                        const struct message_log_wanted *wanted, struct error *error)
{
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        return 1;
    }
    struct journal *journal = journal_sqlite_read(path, error);
    int result = journal == NULL ? -1 : story_tell(journal, wanted, part_take, reading, error);
    journal_close(journal);
    return result;
}

/* ---- with one ---- */

/* 1: over; 0: go on. Notices that come before the story's end are in it, or come again. */
static int message_take(const struct reading *reading, struct message *message, bool follows,
                        bool *told, struct error *error)
{
    if (message->type == MESSAGE_REFUSED) {
        return client_refused(&message->refused, error);
    }
    if (message->type == MESSAGE_LOG) {
        reading->read(&message->log, reading->context);
        *told = *told || message->log.last;
    } else if (message->type == MESSAGE_NOTICE && *told) {
        const struct message_log log = {.entries = {&message->notice.entry, 1}};
        reading->read(&log, reading->context);
    } else if (message->type == MESSAGE_FINISHED && *told) {
        return 1;
    }
    return *told && !follows ? 1 : 0;
}

static int coordinator_tell(const struct reading *reading, struct client *client,
                            const struct message_log_wanted *wanted, bool follows,
                            struct error *error)
{
    struct message request = {.type = MESSAGE_LOG_WANTED, .log_wanted = *wanted};
    struct message watch = {.type = MESSAGE_WATCH, .watch = {.rollout = "", .stays = true}};
    bool told = false;
    bool watching = false;
    int result = 0;
    client_send(client, &request);
    while (result == 0) {
        struct arena arena = {0};
        struct message message;
        int event = client_next(client, &arena, &message, error);
        if (event == CLIENT_MESSAGE) {
            result = message_take(reading, &message, follows, &told, error);
        } else if (event != CLIENT_TICK) {
            result = event == CLIENT_INTERRUPTED ? 1 : -1;
        }
        if (told && follows && !watching) {
            client_send(client, &watch);
            watching = true;
        }
        arena_free(&arena);
    }
    return result < 0 ? -1 : 0;
}

int log_read(struct invocation *invocation, const struct message_log_wanted *wanted, bool follows,
             log_reader *read, void *context, struct error *error)
{
    struct conversation conversation;
    struct reading reading = {invocation, read, context};
    int result = conversation_open(&conversation, invocation, false, error);
    if (result == 0) {
        result = conversation_connect(&conversation, CLIENT_SERVICE, false, error);
        if (result == 0) {
            result = coordinator_tell(&reading, conversation.client, wanted, follows, error);
        } else if (!arguments_given(&invocation->arguments, OPTION_COORDINATOR)) {
            *error = (struct error){0};
            result = journal_tell(&reading, conversation.config->journal, wanted, error);
        }
    }
    conversation_close(&conversation);
    return result;
}
