/* `health`: asks the coordinator for something small, for health checks of containers and probes.
 *
 * The answer comes from the pump, so that a coordinator that accepts connections and does nothing
 * else is not healthy. Whatever hangs, the kernel's alarm ends the question in time.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "cli/client/client.h"
#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/project/project.h"
#include "cli/text/json.h"

enum { ANSWER_SECONDS = 5, UNHEALTHY = 1 };

/* Only what POSIX allows in a handler. */
static void on_alarm(int number)
{
    (void)number;
    static const char text[] = "unhealthy: the coordinator has not answered for 5 s\n";
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(UNHEALTHY);
}

static int ask(const char *address, struct arena *arena, struct error *error)
{
    struct config none = {0};
    struct client_options options = {.embedded = {.config = &none, .question = true},
                                     .address = address,
                                     .place = CLIENT_SERVICE};
    struct client *client = client_open(&options, error);
    if (client == NULL) {
        return -1;
    }
    struct message request = {.type = MESSAGE_ROLLOUTS_WANTED, .rollouts_wanted = {.limit = 1}};
    struct message answer;
    int result = client_ask(client, &request, MESSAGE_ROLLOUTS, arena, &answer, error);
    client_close(client);
    return result;
}

static void health_show(const struct invocation *invocation, const char *address, double ms,
                        const struct error *error)
{
    bool healthy = error == NULL;
    if (invocation->json) {
        json_line(json_pack("{s:b, s:o, s:f, s:o}", "healthy", healthy, "coordinator",
                            json_text(address), "elapsed_ms", ms, "reason",
                            healthy ? json_null() : json_text(error->message)));
    } else if (healthy) {
        (void)printf("healthy: the coordinator at %s answered in %.1f ms\n", address, ms);
    } else {
        (void)printf("unhealthy: %s\n", error->message);
    }
}

int command_health(struct invocation *invocation, struct error *error)
{
    const char *address = arguments_value(&invocation->arguments, OPTION_COORDINATOR);
    const struct config *config = NULL;
    if (address == NULL) {
        config = project_config(invocation, error);
        if (config == NULL) {
            return error_hint(error, "--coordinator ADDRESS works without a configuration");
        }
        address = config->coordinator;
    }
    (void)signal(SIGALRM, on_alarm);
    (void)alarm(ANSWER_SECONDS);
    uint64_t began = uv_hrtime();
    struct error reason = {0};
    int result = ask(address, &invocation->arena, &reason);
    (void)alarm(0);
    health_show(invocation, address, (double)(uv_hrtime() - began) / 1e6,
                result == 0 ? NULL : &reason);
    return result == 0 ? 0 : UNHEALTHY;
}
