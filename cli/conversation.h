/* A conversation: what most commands begin with: the configuration, the revisions if they are
 * needed, and a client of the coordinator.
 */
#ifndef DROVER_CLI_CONVERSATION_H
#define DROVER_CLI_CONVERSATION_H

#include "cli/client.h"
#include "cli/invocation.h"

struct conversation {
    struct invocation *invocation; /* borrowed */
    struct config *config;
    struct bundle *bundle; /* NULL unless asked for */
    struct client *client; /* NULL until conversation_connect */
};

/* Reads the configuration and, `with_bundle`, the revisions. */
int conversation_open(struct conversation *conversation, struct invocation *invocation,
                      bool with_bundle, struct error *error) MUST_CHECK;

/* Connects by --coordinator, or as `place` says. */
int conversation_connect(struct conversation *conversation, enum client_place place, bool question,
                         struct error *error) MUST_CHECK;

struct start_request {
    const char *purpose;   /* "list", "survey", "validate", "deploy" */
    const char *direction; /* "upgrade", "downgrade", "stamp" */
    const char *spec;
    bool purge; /* of a stamp */
};

/* START with the bundle if there is one; *started is filled. */
int conversation_start(struct conversation *conversation, const struct start_request *asked,
                       struct message_started *started, struct error *error) MUST_CHECK;

/* All pages of targets of a rollout, in the invocation's arena. */
int conversation_targets(struct conversation *conversation, const char *rollout,
                         struct target_status_list *targets, struct error *error) MUST_CHECK;

/* A question over the whole fleet ("list", "survey"): asks a running coordinator, also while
 * a rollout keeps it busy, or inspects from this process when none runs. Neither leaves a trace. */
int conversation_question(struct conversation *conversation, const char *purpose,
                          struct target_status_list *targets, struct message_finished *finished,
                          struct error *error) MUST_CHECK;

void conversation_close(struct conversation *conversation);

/* As many open files as the system allows: a worker holds hundreds of connections. */
void files_limit_raise(void);

#endif
