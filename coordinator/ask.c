/* Questions with nobody running: the journal is replayed and answered from, and left as it was. */
#include "coordinator/answers.h"
#include "coordinator/clock.h"

static void ask_apply(const struct event *event, void *context)
{
    core_apply(context, event);
}

int coordinator_ask_journal(struct journal *journal, const struct message *request,
                            coordinator_answer *answer, void *context, struct error *error)
{
    struct core *core = core_create();
    struct wall_clock clock = {0};
    int result = journal_replay(journal, ask_apply, core, error);
    if (result == 0) {
        answer_question(core, request, clock_now_ms(&clock), answer, context);
    }
    core_free(core);
    return result;
}
