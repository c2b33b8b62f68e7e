/* A conversation: what most commands begin with: the configuration, the revisions if they are
 * needed, and a client of the coordinator.
 */
#ifndef DROVER_CLIENT_CONVERSATION_H
#define DROVER_CLIENT_CONVERSATION_H

#include "cli/client/client.h"
#include "cli/line/invocation.h"

struct python_options;

struct conversation {
    struct invocation *invocation; /* borrowed */
    const struct config *config;   /* borrowed from the invocation */
    struct bundle *bundle;         /* NULL unless asked for */
    struct client *client;         /* NULL until conversation_connect */
};

/* How a worker of ours runs what only Alembic can run; NULL: invocation->alembic is none. In the invocation's
 * arena. */
const struct python_options *client_python(struct invocation *invocation);

/* Reads the configuration and, `with_bundle`, the revisions. */
int conversation_open(struct conversation *conversation, struct invocation *invocation,
                      bool with_bundle, struct error *error) MUST_CHECK;

/* Reads the revisions of a conversation without, and offers them to the coordinator. */
int conversation_offer(struct conversation *conversation, struct error *error) MUST_CHECK;

/* Connects by --coordinator, or as `place` says. */
int conversation_connect(struct conversation *conversation, enum client_place place, bool question,
                         struct error *error) MUST_CHECK;

/* START for `purpose`, otherwise as wanted, with the bundle if there is one and who asks; *started is
 * filled. */
int conversation_start(struct conversation *conversation, enum purpose purpose,
                       const struct rollout_request *wanted, struct message_started *started,
                       struct error *error) MUST_CHECK;

/* All pages of targets of a rollout in `scope` ("" for all), in the invocation's arena. */
int conversation_targets(struct conversation *conversation, const char *rollout, const char *scope,
                         struct target_status_list *targets, struct error *error) MUST_CHECK;

/* The same from whoever answers TARGETS_WANTED by `ask`: 0, 1 when there is nothing, or -1. */
typedef int page_ask(void *context, const struct message *request, struct message *answer,
                     struct error *error);
int conversation_pages(page_ask *ask, void *context, const char *rollout, const char *scope,
                       struct arena *arena, struct target_status_list *targets,
                       struct error *error) MUST_CHECK;

/* When a rollout ("" for the current one) will be over, in the invocation's arena; NULL when nobody
 * can say: a forecast is a service, and nothing is worse for lacking it. */
const struct message_forecast *conversation_forecast(struct conversation *conversation,
                                                     const char *rollout);

/* A question over the whole fleet (LIST, SURVEY): asks a running coordinator, also while
 * a rollout keeps it busy, or inspects from this process when none runs. Neither leaves a trace. */
int conversation_question(struct conversation *conversation, enum purpose purpose,
                          struct target_status_list *targets, struct message_finished *finished,
                          struct error *error) MUST_CHECK;

void conversation_close(struct conversation *conversation);

/* As many open files as the system allows: a worker holds hundreds of connections. */
void files_limit_raise(void);

#endif
