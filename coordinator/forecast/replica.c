/* The fold of a journal, with changes to events that keep it consistent. */
#include "coordinator/forecast/replica.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/core/facts/rollout.h"

/* The rollout before is over, and known for its durations only. */
static void rollout_begin(struct replica *replica, struct event *event)
{
    struct event_rollout_started *started = &event->rollout_started;
    if (replica->end_withheld) {
        core_apply(replica->core, &replica->end);
        replica->end_withheld = false;
    }
    durations_take(&replica->durations, replica->core);
    if (replica->throttled_count > 0) {
        memset(replica->throttled, 0, replica->throttled_count * sizeof(bool));
    }
    replica->validation = started->request.purpose == PURPOSE_VALIDATE;
    if (replica->validation) {
        started->request.purpose = PURPOSE_DEPLOY;
    }
    started->rediscover_ms = 0;
    started->request.plan = ""; /* the plan's name covers what is left out here */
}

/* The end of a validation is withheld: its core stands at the open gate. */
static bool end_withhold(struct replica *replica, const struct event *event)
{
    if (!replica->validation || event->rollout_finished.state != ROLLOUT_SUCCEEDED) {
        return false;
    }
    replica->end = *event;
    replica->end_withheld = true;
    return true;
}

/* Jobs go on in the core, which would wait for probes; that they do not is told besides. */
static void probe_take(struct replica *replica, struct event_server_probed *probed)
{
    if (probed->identity >= replica->throttled_count) {
        size_t count = (size_t)probed->identity + 16;
        replica->throttled = memory_resize(replica->throttled, count * sizeof(bool));
        memset(replica->throttled + replica->throttled_count, 0,
               (count - replica->throttled_count) * sizeof(bool));
        replica->throttled_count = count;
    }
    replica->throttled[probed->identity] = probed->verdict.over;
    probed->verdict.over = false;
}

bool replica_is_throttled(const struct replica *replica, uint32_t identity)
{
    return identity < replica->throttled_count && replica->throttled[identity];
}

static void replica_apply(const struct event *original, void *context)
{
    struct replica *replica = context;
    struct event event = *original;
    replica->last_ms = event.at_ms;
    switch (event.type) {
    case EVENT_ROLLOUT_STARTED: rollout_begin(replica, &event); break;
    case EVENT_ROLLOUT_FINISHED:
        if (end_withhold(replica, &event)) {
            return;
        }
        break;
    case EVENT_THROTTLE_DEFINED: return;
    case EVENT_SERVER_PROBED: probe_take(replica, &event.server_probed); break;
    default: break;
    }
    timeline_note(&replica->timeline, &event);
    core_apply(replica->core, &event);
}

/* What is to be inspected yet asks for its way through the graph. */
static int bundle_check(struct replica *replica, struct error *error)
{
    const struct rollout *rollout = core_rollout(replica->core);
    if (!rollout_is_active(rollout) || rollout->policy.request.bundle[0] == '\0' ||
        rollout->digest[0] != '\0' ||
        bundles_find(&replica->bundles, replica->journal, rollout->policy.request.bundle, error) !=
            NULL) {
        return 0;
    }
    return error->code != ERROR_NONE
               ? -1
               : error_set(error, ERROR_JOURNAL, "the bundle is not in the journal");
}

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    struct replica *replica = context;
    return bundles_lend(&replica->bundles, replica->journal, bundle, error);
}

static void opening(void *context, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms)
{
    const struct replica *replica = context;
    openings_next(replica->openings, window, at_ms, opens_ms, closes_ms);
}

/* A rollback is another rollout, of which nothing is foretold. */
static const char *rollout_id(void *context)
{
    (void)context;
    return NULL;
}

int replica_read(struct replica *replica, struct journal *journal, struct error *error)
{
    const struct core_ports ports = {
        .context = replica, .graph = graph, .opening = opening, .rollout_id = rollout_id};
    *replica = (struct replica){.core = core_create(&ports), .journal = journal};
    if (journal_replay(journal, replica_apply, replica, error) != 0) {
        return -1;
    }
    return bundle_check(replica, error);
}

void replica_free(struct replica *replica)
{
    core_free(replica->core);
    bundles_free(&replica->bundles);
    timeline_free(&replica->timeline);
    free(replica->throttled);
    durations_free(&replica->durations);
    *replica = (struct replica){0};
}
