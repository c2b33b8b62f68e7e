/* The status of a rollout for people and for machines. The text is pure: rendered into a buffer. */
#ifndef DROVER_REPORT_STATUS_TEXT_H
#define DROVER_REPORT_STATUS_TEXT_H

#include <jansson.h>

#include "cli/text/style.h"
#include "cli/text/table.h"
#include "common/wire/message.h"

struct status {
    struct message_progress progress;
    bool over;                               /* `finished` is filled */
    struct message_finished finished;        /* its remarks in scope, also when it is not over */
    bool from_journal;                       /* nobody is at work */
    struct failure_group_list failures;      /* in scope */
    const struct message_forecast *forecast; /* or NULL */
    const struct message_reloaded *configuration; /* in force, or NULL */
    const char *scope;                            /* "" for all */
    const char *group_by;                         /* or NULL */
    bool lists_targets;
    struct target_status_list targets; /* in scope; with a scope, a grouping or a list */
};

/* Whether the targets are needed. */
bool status_asks_targets(const struct status *status);

/* `every`: all failures and names. */
void status_render(const struct status *status, bool every, const struct style *style,
                   struct buffer *out);

/* Parts of it, each under its heading; nothing where there is nothing to say. What parts of the rollout
 * are held by, and what may still go wrong: */
void status_holds_render(const struct message_progress *progress, const struct style *style,
                         struct buffer *out);
/* Throttled servers, those that are not reached, and the workers: */
void status_servers_render(const struct message_progress *progress, const struct style *style,
                           struct buffer *out);

/* A row for each target, in `arena`: what --targets lists. */
struct table status_target_table(const struct target_status_list *targets,
                                 const struct message_progress *progress, struct arena *arena);

/* One flat object: the fields of PROGRESS, those of FINISHED once it is over, and what was asked
 * for besides: failures, forecast, "matching", "groups", "target_list". The caller owns it. */
json_t *status_json(const struct status *status);

#endif
