/* Jobs that were given up, and what became of them. */
#include "coordinator/core/fold/apply_orphan.h"

#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/orphan.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/named.h"

void orphan_add(struct core *core, const struct job *job)
{
    struct rollout *rollout = &core->rollout;
    const struct worker *worker = worker_known(core, job->lease.worker);
    rollout->orphans = array_room(rollout->orphans, rollout->orphan_count,
                                  &rollout->orphan_capacity, sizeof *rollout->orphans);
    rollout->orphans[rollout->orphan_count++] =
        (struct orphan){job_key_of(job), worker->instance, worker->lost_ms,
                        intern_text(&rollout->intern, worker->name), job->lease.subject};
}

static void orphan_remove(struct rollout *rollout, uint32_t at)
{
    rollout->orphan_count--;
    memmove(&rollout->orphans[at], &rollout->orphans[at + 1],
            (rollout->orphan_count - at) * sizeof *rollout->orphans);
}

void orphans_end(struct rollout *rollout, uint32_t target)
{
    for (uint32_t i = rollout->orphan_count; i > 0; i--) {
        if (rollout->orphans[i - 1].target == target) {
            orphan_remove(rollout, i - 1);
        }
    }
}

void apply_job_settled(struct core *core, const struct event *event)
{
    const struct event_job_settled *settled = &event->job_settled;
    uint32_t at = orphan_find(core, settled->key);
    INVARIANT_THAT(at != NUMBER_NONE, "job %llu is no orphan",
                   (unsigned long long)settled->key.job);
    orphan_remove(&core->rollout, at);
}
