/* Questions with nobody running: the journal is replayed and answered from, and left as it was. */
#include <stdlib.h>

#include "coordinator/answers.h"
#include "coordinator/clock.h"

struct archive {
    struct core *core;
    struct wall_clock clock;
};

static void archive_apply(const struct event *event, void *context)
{
    core_apply(context, event);
}

struct archive *archive_open(struct journal *journal, struct error *error)
{
    struct archive *archive = memory_alloc(sizeof *archive);
    archive->core = core_create();
    if (journal_replay(journal, archive_apply, archive->core, error) != 0) {
        archive_close(archive);
        return NULL;
    }
    return archive;
}

void archive_ask(struct archive *archive, const struct message *request, coordinator_answer *answer,
                 void *context)
{
    answer_question(archive->core, request, clock_now_ms(&archive->clock), answer, context);
}

void archive_close(struct archive *archive)
{
    if (archive != NULL) {
        core_free(archive->core);
        free(archive);
    }
}
