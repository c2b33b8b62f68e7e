/* A migration: what `upgrade`, `downgrade`, `stamp`, `validate` and `plan` are asked for on the
 * command line.
 */
#ifndef DROVER_COMMANDS_MIGRATION_H
#define DROVER_COMMANDS_MIGRATION_H

#include "cli/client/conversation.h"
#include "cli/plan/plan_document.h"

struct migration {
    struct rollout_request request;
    struct texts specs;        /* as given: several only of a stamp */
    const char *path;          /* of --plan, or NULL */
    struct plan_document plan; /* with a path: what stands there */
};

/* From arguments and options; the plan's file is read. `plan` and `validate` take `head` without a
 * REVISION, and go down for --downgrade, `base` and -N. Texts in the invocation's arena. */
int migration_from_arguments(struct invocation *invocation, enum direction direction,
                             struct migration *migration, struct error *error) MUST_CHECK;

/* Refuses before any target is contacted: a revision that no target could make sense of, a plan
 * that other migrations were made for (its differences are shown). The conversation has the bundle.
 */
int migration_check(const struct conversation *conversation, const struct migration *migration,
                    struct error *error) MUST_CHECK;

/* Fills the document with the plan of a rollout whose gate named one. */
int migration_plan(struct conversation *conversation, const char *rollout,
                   struct plan_document *document, struct error *error) MUST_CHECK;

/* After the gate refused: when that was because the plan is another one, shows how it differs. */
void migration_differences(struct conversation *conversation, const struct migration *migration,
                           const char *rollout);

#endif
