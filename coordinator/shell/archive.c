/* Answers with nobody running: the journal is replayed and answered from, and left as it was. */
#include "coordinator/shell/archive.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/journal/bundles.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/recall.h"

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

/* The newest rollout of those that are over whose id begins so; "" when there is none. */
static const char *rollout_named(const struct core *core, const char *beginning)
{
    for (size_t i = core->summary_count; i > 0; i--) {
        const char *rollout = core->summaries[i - 1].status.rollout;
        if (strncmp(rollout, beginning, strlen(beginning)) == 0) {
            return rollout;
        }
    }
    return "";
}

/* The archive as it was when an earlier rollout ended. */
static int archive_go_back(struct archive *archive, struct journal *journal, const char *beginning,
                           struct error *error)
{
    struct core *whole = archive->core;
    const char *rollout = rollout_named(whole, beginning);
    bool over = false;
    if (rollout[0] == '\0') {
        (void)error_set(error, ERROR_USAGE, "the journal knows no rollout %s", beginning);
        return error_hint(error, "`drover rollouts` lists them");
    }
    archive->core = core_create(&(struct core_ports){.context = archive, .graph = graph});
    int result = rollout_recall(journal, archive->core, rollout, &over, error);
    core_free(whole);
    return result;
}

struct archive *archive_open(struct journal *journal, const char *rollout, struct error *error)
{
    struct archive *archive = memory_alloc(sizeof *archive);
    archive->core = core_create(&(struct core_ports){.context = archive, .graph = graph});
    int result = journal_replay(journal, archive_apply, archive->core, error);
    if (result == 0 && !answer_rollout_is_shown(archive->core, rollout)) {
        result = archive_go_back(archive, journal, rollout, error);
    }
    if (result != 0) {
        archive_close(archive);
        return NULL;
    }
    bundle_hold(archive, journal);
    return archive;
}

void archive_ask(struct archive *archive, const struct message *request, coordinator_answer *answer,
                 void *context)
{
    const struct live live = {archive->core, NULL, NULL, clock_now_ms(&archive->clock)};
    answer_inquiry(&live, request, answer, context);
}

void archive_close(struct archive *archive)
{
    if (archive != NULL) {
        core_free(archive->core);
        bundles_free(&archive->bundles);
        free(archive);
    }
}
