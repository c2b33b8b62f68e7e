/* A conversation: configuration, revisions, client; and the requests that several commands make. */
#include "cli/conversation.h"

#include <string.h>
#include <sys/resource.h>

#include "cli/project.h"
#include "cli/watch.h"

enum { WINDOW_MOST = 4096 };

void files_limit_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int conversation_open(struct conversation *conversation, struct invocation *invocation,
                      bool with_bundle, struct error *error)
{
    *conversation = (struct conversation){.invocation = invocation};
    conversation->config = project_config(invocation, error);
    if (conversation->config == NULL) {
        return -1;
    }
    invocation->folder = project_folder_of(invocation, conversation->config);
    if (!with_bundle) {
        return 0;
    }
    conversation->bundle = project_bundle(invocation, invocation->folder, PROJECT_SQL, error);
    return conversation->bundle == NULL ? -1 : 0;
}

int conversation_connect(struct conversation *conversation, enum client_place place, bool question,
                         struct error *error)
{
    const struct arguments *arguments = &conversation->invocation->arguments;
    const char *address = arguments_value(arguments, OPTION_COORDINATOR);
    struct client_options options = {.config = conversation->config,
                                     .bundle = conversation->bundle,
                                     .address = conversation->config->coordinator,
                                     .place = place,
                                     .question = question};
    if (address != NULL) {
        options.address = address;
        options.place = CLIENT_SERVICE;
    }
    uint32_t window = conversation->config->concurrency;
    window = window == 0 ? 1 : window > WINDOW_MOST ? WINDOW_MOST : window;
    if (arguments_number(arguments, OPTION_CONNECTIONS, WINDOW_MOST, window, &options.window,
                         error) != 0) {
        return -1;
    }
    files_limit_raise();
    conversation->client = client_open(&options, error);
    return conversation->client == NULL ? -1 : 0;
}

int conversation_start(struct conversation *conversation, const struct start_request *asked,
                       struct message_started *started, struct error *error)
{
    struct arena *arena = &conversation->invocation->arena;
    struct message request = {.type = MESSAGE_START};
    struct message answer;
    request.start.purpose = asked->purpose;
    request.start.direction = asked->direction;
    request.start.spec = asked->spec;
    request.start.purge = asked->purge;
    request.start.bundle = conversation->bundle == NULL ? "" : bundle_digest(conversation->bundle);
    request.start.actor = client_actor(arena);
    request.start.version_schema = conversation->invocation->version_schema;
    request.start.version_table = conversation->invocation->version_table;
    request.start.version_keyless = conversation->invocation->version_keyless;
    if (client_ask(conversation->client, &request, MESSAGE_STARTED, arena, &answer, error) != 0) {
        return -1;
    }
    *started = answer.started;
    return 0;
}

int conversation_targets(struct conversation *conversation, const char *rollout,
                         struct target_status_list *targets, struct error *error)
{
    struct arena *arena = &conversation->invocation->arena;
    struct message request = {.type = MESSAGE_TARGETS_WANTED};
    struct message answer;
    *targets = (struct target_status_list){0};
    request.targets_wanted.rollout = rollout;
    size_t capacity = 0;
    do {
        if (client_ask(conversation->client, &request, MESSAGE_TARGETS, arena, &answer, error) !=
            0) {
            return -1;
        }
        const struct target_status_list *page = &answer.targets.targets;
        if (targets->count + page->count > capacity) {
            capacity = (targets->count + page->count) * 2;
            struct target_status *grown = arena_array(arena, capacity, sizeof *grown);
            for (size_t i = 0; i < targets->count; i++) {
                grown[i] = targets->items[i];
            }
            targets->items = grown;
        }
        for (size_t i = 0; i < page->count; i++) {
            targets->items[targets->count++] = page->items[i];
        }
        request.targets_wanted.after = answer.targets.next;
    } while (answer.targets.next != 0);
    return 0;
}

int conversation_question(struct conversation *conversation, const char *purpose,
                          struct target_status_list *targets, struct message_finished *finished,
                          struct error *error)
{
    const struct start_request asked = {.purpose = purpose, .direction = "upgrade", .spec = ""};
    struct message_started started;
    if (conversation_connect(conversation, CLIENT_ANYWHERE, true, error) != 0) {
        return -1;
    }
    if (conversation_start(conversation, &asked, &started, error) != 0 ||
        watch_quietly(conversation->invocation, conversation->client, started.rollout, finished,
                      error) != 0) {
        return -1;
    }
    return conversation_targets(conversation, started.rollout, targets, error);
}

void conversation_close(struct conversation *conversation)
{
    client_close(conversation->client);
    bundle_free(conversation->bundle);
    config_free(conversation->config);
    *conversation = (struct conversation){0};
}
