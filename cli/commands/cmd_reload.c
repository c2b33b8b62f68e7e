/* `reload`: the coordinator reads its configuration again. */
#include <stdio.h>
#include <string.h>

#include "cli/client/client.h"
#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/base/diagnostic.h"

enum { DIGEST_SHOWN = 12 };

/* --coordinator, or as configured. */
static const char *address_of(struct invocation *invocation, struct error *error)
{
    const char *address = arguments_value(&invocation->arguments, OPTION_COORDINATOR);
    if (address != NULL) {
        return address;
    }
    const struct config *config = project_config(invocation, error);
    if (config == NULL) {
        (void)error_hint(error, "a coordinator that runs goes on with what it has read; "
                                "--coordinator ADDRESS asks it without a configuration of ours");
        return NULL;
    }
    return config->coordinator;
}

static int reload_ask(struct invocation *invocation, const char *address,
                      struct message_reloaded *reloaded, struct error *error)
{
    const char *reason = arguments_value(&invocation->arguments, OPTION_REASON);
    struct config none = {0};
    struct client_options options = {.embedded = {.config = &none, .question = true},
                                     .address = address,
                                     .place = CLIENT_SERVICE,
                                     .clean = !invocation->json};
    struct client *client = client_open(&options, error);
    if (client == NULL) {
        return -1;
    }
    struct message request = {
        .type = MESSAGE_RELOAD,
        .reload = {.who = {client_actor(&invocation->arena), reason == NULL ? "" : reason}}};
    struct message answer;
    int result = client_ask(client, &request, MESSAGE_RELOADED, &invocation->arena, &answer, error);
    client_close(client);
    *reloaded = answer.reloaded;
    return result;
}

static void keys_append(struct buffer *out, struct texts keys)
{
    for (size_t i = 0; i < keys.count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", keys.items[i]);
    }
}

static void reloaded_render(const struct message_reloaded *reloaded, const struct style *style,
                            struct buffer *out)
{
    struct buffer line = {0};
    if (reloaded->reloaded) {
        buffer_printf(&line, "%s is read again: ", reloaded->file);
        keys_append(&line, reloaded->changed);
        buffer_printf(&line, " changed. Configuration %.*s is in force", DIGEST_SHOWN,
                      reloaded->digest);
        buffer_text_append(&line,
                           reloaded->rollout[0] == '\0' ? " from the next rollout on." : ".");
    } else {
        buffer_printf(&line, "Nothing has changed: configuration %.*s of %s stays in force.",
                      DIGEST_SHOWN, reloaded->digest, reloaded->file);
    }
    style_wrap(style, TONE_PLAIN, buffer_text(&line), 0, out);
    if (reloaded->reloaded && reloaded->rollout[0] != '\0') {
        buffer_clear(&line);
        buffer_printf(&line,
                      "Rollout %s goes on with what it was planned with, and the next rollout "
                      "begins with what changed; `drover set` changes the limits of this one, and "
                      "overrides its "
                      "windows and throttles.",
                      reloaded->rollout);
        style_wrap(style, TONE_PLAIN, buffer_text(&line), 0, out);
    }
    if (reloaded->at_start.count > 0) {
        buffer_clear(&line);
        buffer_text_append(&line, "Read only when a coordinator begins, so restart it for them: ");
        keys_append(&line, reloaded->at_start);
        buffer_text_append(&line, ".");
        style_wrap(style, TONE_PLAIN, buffer_text(&line), 0, out);
    }
    buffer_free(&line);
}

static int mistakes_tell(const struct message_reloaded *reloaded, struct error *error)
{
    struct diagnostics diagnostics = {0};
    struct buffer text = {0};
    for (size_t i = 0; i < reloaded->mistakes.count; i++) {
        const struct mistake *mistake = &reloaded->mistakes.items[i];
        struct diagnostic *item = diagnostic_add(&diagnostics, mistake->file, mistake->line,
                                                 mistake->column, "%s", mistake->message);
        if (mistake->hint[0] != '\0') {
            diagnostic_hint(&diagnostics, item, "%s", mistake->hint);
        }
    }
    diagnostics_print(&diagnostics, &text);
    (void)fputs(buffer_text(&text), stderr);
    buffer_free(&text);
    diagnostics_free(&diagnostics);
    (void)error_set(error, ERROR_CONFIG, "%s cannot be used: %zu %s, shown above", reloaded->file,
                    reloaded->mistakes.count, reloaded->mistakes.count == 1 ? "error" : "errors");
    return error_hint(error, "nothing has changed: configuration %.*s stays in force", DIGEST_SHOWN,
                      reloaded->digest);
}

int command_reload(struct invocation *invocation, struct error *error)
{
    struct message_reloaded reloaded;
    const char *address = address_of(invocation, error);
    if (address == NULL || reload_ask(invocation, address, &reloaded, error) != 0) {
        return -1;
    }
    if (invocation->json) {
        json_t *page = json_body(MESSAGE_RELOADED, &reloaded);
        (void)json_object_del(page, "event");
        json_page(page);
        return reloaded.mistakes.count > 0 ? error_exit_code(ERROR_CONFIG) : 0;
    }
    if (reloaded.mistakes.count > 0) {
        return mistakes_tell(&reloaded, error);
    }
    struct buffer text = {0};
    reloaded_render(&reloaded, &invocation->output, &text);
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
    return 0;
}
