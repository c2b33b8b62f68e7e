/* Answers with nobody running: the journal is replayed and answered from, and left as it was. */
#include "coordinator/shell/archive.h"

#include <stdlib.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/journal/bundles.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/messages.h"

struct archive {
    struct core *core;
    struct wall_clock clock;
    struct bundles bundles;
};

static void archive_apply(const struct event *event, void *context)
{
    core_apply(context, event);
}

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    struct archive *archive = context;
    return bundles_lend(&archive->bundles, NULL, bundle, error);
}

/* The revisions of failures are told by the bundle; without it they stay unnamed. */
static void bundle_hold(struct archive *archive, struct journal *journal)
{
    struct error ignored;
    const struct rollout *rollout = core_rollout(archive->core);
    if (rollout->policy.request.bundle[0] != '\0') {
        (void)bundles_find(&archive->bundles, journal, rollout->policy.request.bundle, &ignored);
    }
}

struct archive *archive_open(struct journal *journal, struct error *error)
{
    struct archive *archive = memory_alloc(sizeof *archive);
    archive->core = core_create(&(struct core_ports){.context = archive, .graph = graph});
    if (journal_replay(journal, archive_apply, archive->core, error) != 0) {
        archive_close(archive);
        return NULL;
    }
    bundle_hold(archive, journal);
    return archive;
}

void archive_ask(struct archive *archive, const struct message *request, coordinator_answer *answer,
                 void *context)
{
    answer_inquiry(archive->core, request, clock_now_ms(&archive->clock), answer, context);
}

void archive_close(struct archive *archive)
{
    if (archive != NULL) {
        core_free(archive->core);
        bundles_free(&archive->bundles);
        free(archive);
    }
}
