/* See named.h. */
#include "coordinator/core/fold/named.h"

#include "common/base/impossible.h"
#include "coordinator/core/facts/worker.h"

struct target *target_at(struct core *core, uint32_t number)
{
    INVARIANT_THAT(number < core->rollout.target_count, "target %u of %u", number,
                   core->rollout.target_count);
    return &core->rollout.targets[number];
}

struct source *source_at(struct core *core, uint32_t number)
{
    INVARIANT_THAT(number < core->rollout.source_count, "source %u of %u", number,
                   core->rollout.source_count);
    return &core->rollout.sources[number];
}

struct wave *wave_at(struct core *core, uint32_t number)
{
    INVARIANT_THAT(number < core->rollout.wave_count, "wave %u of %u", number,
                   core->rollout.wave_count);
    return &core->rollout.waves[number];
}

struct load *load_at(struct core *core, uint32_t identity)
{
    INVARIANT_THAT(identity < core->rollout.servers.identity_count, "server %u of %u", identity,
                   core->rollout.servers.identity_count);
    return &core->rollout.servers.loads[identity];
}

const struct selector *selector_of(struct intern *intern, const char *text)
{
    const struct selector *selector = NULL;
    struct error error = {0};
    int result = selector_parse(&intern->arena, text, &selector, &error);
    INVARIANT_THAT(result == 0, "the selector \"%s\" was not checked: %s", text, error.message);
    return selector;
}

struct worker *worker_at(struct core *core, uint64_t instance)
{
    const struct worker *worker = worker_find(core, instance);
    return worker != NULL ? &core->workers[worker - core->workers] : NULL;
}

struct worker *worker_known(struct core *core, uint64_t instance)
{
    struct worker *worker = worker_at(core, instance);
    INVARIANT_THAT(worker != NULL, "worker %llu is not known", (unsigned long long)instance);
    return worker;
}
