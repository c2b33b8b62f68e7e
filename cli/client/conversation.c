/* A conversation: configuration, revisions, client; and the requests that several commands make. */
#include "cli/client/conversation.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/alembic/alembic.h"
#include "cli/client/watch.h"
#include "cli/line/scope.h"
#include "cli/project/project.h"
#include "common/config/config_digest.h"
#include "worker/python/python.h"

enum { CREDIT_MOST = 4096, CONFIGURATION_SHOWN = 12 /* of a digest */ };

void files_limit_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

const struct python_options *client_python(struct invocation *invocation)
{
    const struct alembic_place *place = invocation->alembic;
    if (place == NULL) {
        return NULL;
    }
    struct arena *arena = &invocation->arena;
    struct python_options *options = arena_alloc(arena, sizeof *options);
    options->interpreters = alembic_pythons(place, arena);
    options->arguments = alembic_arguments(place, arena);
    return options;
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

int conversation_offer(struct conversation *conversation, struct error *error)
{
    struct invocation *invocation = conversation->invocation;
    conversation->bundle = project_bundle(invocation, invocation->folder, PROJECT_SQL, error);
    if (conversation->bundle == NULL) {
        return -1;
    }
    client_offer(conversation->client, conversation->bundle);
    return 0;
}

int conversation_connect(struct conversation *conversation, enum client_place place, bool question,
                         struct error *error)
{
    const struct arguments *arguments = &conversation->invocation->arguments;
    const char *address = arguments_value(arguments, OPTION_COORDINATOR);
    struct client_options options = {.embedded = {.config = conversation->config,
                                                  .question = question,
                                                  .known = conversation->bundle},
                                     .bundle = conversation->bundle,
                                     .address = conversation->config->coordinator,
                                     .place = place,
                                     .clean = !conversation->invocation->json};
    if (address != NULL) {
        options.address = address;
        options.place = CLIENT_SERVICE;
    }
    uint32_t credit = conversation->config->limits.concurrency;
    credit = credit == 0 ? 1 : credit > CREDIT_MOST ? CREDIT_MOST : credit;
    if (arguments_number(arguments, OPTION_CONNECTIONS, CREDIT_MOST, credit,
                         &options.embedded.credit, error) != 0) {
        return -1;
    }
    options.embedded.python = client_python(conversation->invocation);
    files_limit_raise();
    conversation->client = client_open(&options, error);
    return conversation->client == NULL ? -1 : 0;
}

/* Who starts something by an edited file would wonder what was done. */
static void configuration_compare(const struct conversation *conversation)
{
    const struct config *config = conversation->config;
    const char *theirs = client_configuration(conversation->client);
    char ours[DIGEST_TEXT_BYTES];
    if (client_is_embedded(conversation->client) || theirs[0] == '\0' ||
        config->fleet.sources.count == 0) {
        return;
    }
    config_digest(config, ours);
    if (strcmp(ours, theirs) != 0) {
        (void)fprintf(stderr,
                      "drover: warning: the coordinator goes by another configuration than %s "
                      "(%.*s there, %.*s here): its targets and limits hold\n"
                      "  hint: `drover reload` has it read its own file again\n",
                      config->path[0] != '\0' ? config->path : "the URL", CONFIGURATION_SHOWN,
                      theirs, CONFIGURATION_SHOWN, ours);
    }
}

int conversation_start(struct conversation *conversation, enum purpose purpose,
                       const struct rollout_request *wanted, struct message_started *started,
                       struct error *error)
{
    struct arena *arena = &conversation->invocation->arena;
    struct message request = {.type = MESSAGE_START, .start = {.request = *wanted}};
    struct message answer;
    request.start.request.purpose = purpose;
    request.start.request.bundle =
        conversation->bundle == NULL ? "" : bundle_digest(conversation->bundle);
    request.start.request.actor = client_actor(arena);
    request.start.request.transaction = conversation->invocation->transaction;
    request.start.version = conversation->invocation->version;
    configuration_compare(conversation);
    if (client_ask(conversation->client, &request, MESSAGE_STARTED, arena, &answer, error) != 0) {
        return -1;
    }
    *started = answer.started;
    return 0;
}

int conversation_pages(page_ask *ask, void *context, const char *rollout, const char *scope,
                       struct arena *arena, struct target_status_list *targets, struct error *error)
{
    struct message request = {.type = MESSAGE_TARGETS_WANTED};
    struct message answer;
    *targets = (struct target_status_list){0};
    request.targets_wanted.rollout = rollout;
    request.targets_wanted.where = scope;
    size_t capacity = 0;
    do {
        int result = ask(context, &request, &answer, error);
        if (result != 0) {
            return result;
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

static int client_page(void *context, const struct message *request, struct message *answer,
                       struct error *error)
{
    struct conversation *conversation = context;
    return client_ask(conversation->client, request, MESSAGE_TARGETS,
                      &conversation->invocation->arena, answer, error);
}

int conversation_targets(struct conversation *conversation, const char *rollout, const char *scope,
                         struct target_status_list *targets, struct error *error)
{
    return conversation_pages(client_page, conversation, rollout, scope,
                              &conversation->invocation->arena, targets, error);
}

const struct message_forecast *conversation_forecast(struct conversation *conversation,
                                                     const char *rollout)
{
    struct arena *arena = &conversation->invocation->arena;
    struct message request = {.type = MESSAGE_FORECAST_WANTED, .forecast_wanted = {rollout}};
    struct message *answer = arena_alloc(arena, sizeof *answer);
    struct error ignored = {0};
    bool known =
        client_ask(conversation->client, &request, MESSAGE_FORECAST, arena, answer, &ignored) == 0;
    return known ? &answer->forecast : NULL;
}

int conversation_question(struct conversation *conversation, enum purpose purpose,
                          struct target_status_list *targets, struct message_finished *finished,
                          struct error *error)
{
    struct message_started started;
    struct rollout_request request = {.spec = ""};
    struct quiet_end end = {0};
    if (scope_of_fleet(conversation->invocation, &request.where, error) != 0 ||
        conversation_connect(conversation, CLIENT_ANYWHERE, true, error) != 0 ||
        conversation_start(conversation, purpose, &request, &started, error) != 0 ||
        watch_quietly(conversation->invocation, conversation->client, started.rollout, false, &end,
                      error) != 0) {
        return -1;
    }
    *finished = end.finished;
    return conversation_targets(conversation, started.rollout, "", targets, error);
}

void conversation_close(struct conversation *conversation)
{
    client_close(conversation->client);
    bundle_free(conversation->bundle);
    *conversation = (struct conversation){0};
}
