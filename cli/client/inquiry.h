/* An inquiry: questions about a rollout, answered by a running
 * coordinator, or else from the journal.
 */
#ifndef DROVER_CLIENT_INQUIRY_H
#define DROVER_CLIENT_INQUIRY_H

#include "cli/client/conversation.h"

struct archive;

struct inquiry {
    struct conversation conversation;
    struct archive *archive; /* NULL: a coordinator answers, or nothing was ever started */
    bool from_journal;       /* nobody is at work */
    const char *rollout;     /* that the questions are about; "": the current or last one */
};

/* Reads the configuration and finds who answers. `rollout` is the id of one, or its beginning; "" for
 * the current or else the last one. Close it in any case. */
int inquiry_open(struct inquiry *inquiry, struct invocation *invocation, const char *rollout,
                 struct error *error) MUST_CHECK;

/* The answer of type `wanted`, in the invocation's arena. 1: there is none, as nothing was ever
 * started; -1: refused, or the coordinator is gone. */
int inquiry_ask(struct inquiry *inquiry, const struct message *request, enum message_type wanted,
                struct message *answer, struct error *error) MUST_CHECK;

/* The rollout, in the invocation's arena. `*over`: *finished is filled as well. 1
 * and -1 as above. */
int inquiry_rollout(struct inquiry *inquiry, struct message_progress *progress, bool *over,
                    struct message_finished *finished, struct error *error) MUST_CHECK;

/* All targets of the rollout in `scope`. None when nothing was ever started. */
int inquiry_targets(struct inquiry *inquiry, const char *scope, struct target_status_list *targets,
                    struct error *error) MUST_CHECK;

void inquiry_close(struct inquiry *inquiry);

#endif
