/* A request and the answer to it, over client_next (client.h). */
#include <stdio.h>
#include <string.h>

#include "cli/client/client.h"

int client_refused(const struct message_refused *refused, struct error *error)
{
    enum error_code code = ERROR_FAILED;
#define REFUSED_CODE(name, word, exit_code)                                                        \
    if (strcmp(refused->code, word) == 0) {                                                        \
        code = ERROR_##name;                                                                       \
    }
    ERROR_LIST(REFUSED_CODE)
#undef REFUSED_CODE
    (void)error_set(error, code, "%s", refused->message);
    return refused->hint[0] == '\0' ? -1 : error_hint(error, "%s", refused->hint);
}

const char *client_silence(int event)
{
    return event == CLIENT_SILENT ? "The coordinator has not answered for 5 s; waiting for it"
                                  : "The coordinator answers again";
}

/* `waits`: also for one that is silent, which is then told. */
static int ask(struct client *client, const struct message *request, enum message_type wanted,
               bool waits, struct arena *arena, struct message *answer, struct error *error)
{
    *answer = (struct message){0};
    client_send(client, request);
    for (;;) {
        int event = client_next(client, arena, answer, error);
        if (event < 0) {
            return -1;
        }
        if (event == CLIENT_INTERRUPTED) {
            return error_set(error, ERROR_STOPPED, "interrupted");
        }
        if (event == CLIENT_SILENT && !waits) {
            (void)error_set(error, ERROR_BUSY,
                            "the coordinator at %s took the connection and does not answer",
                            client_address(client));
            return error_hint(error, "it is stopped, or its machine is: look at the process");
        }
        if (event == CLIENT_SILENT || event == CLIENT_HEARD) {
            (void)fprintf(stderr, "%s\n", client_silence(event));
        }
        if (event == CLIENT_MESSAGE && answer->type == MESSAGE_REFUSED) {
            return client_refused(&answer->refused, error);
        }
        if (event == CLIENT_MESSAGE && answer->type == wanted) {
            return 0;
        }
    }
}

int client_ask(struct client *client, const struct message *request, enum message_type wanted,
               struct arena *arena, struct message *answer, struct error *error)
{
    return ask(client, request, wanted, true, arena, answer, error);
}

int client_ask_now(struct client *client, const struct message *request, enum message_type wanted,
                   struct arena *arena, struct message *answer, struct error *error)
{
    return ask(client, request, wanted, false, arena, answer, error);
}
