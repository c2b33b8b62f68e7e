/* What was deployed stays what it is; how it is undone may be written later. A graph is lent until the next one is
 * asked for, so that what is compared is copied.
 */
#include "coordinator/core/decide/rollback_bundle.h"

#include <string.h>

#include "common/revision/graph.h"
#include "common/revision/plan.h"
#include "coordinator/core/decide/rollback.h"
#include "coordinator/core/facts/rollback.h"
#include "coordinator/core/facts/rollout.h"

/* A revision that is taken back, and what its way up was. */
struct taken {
    const char *id;
    const char *checksum;
};

struct ways {
    struct event_path_planned *items;
    size_t count;
};

static struct ways ways_find(const struct rollout *rollout, struct arena *arena)
{
    const struct intern *intern = &rollout->intern;
    bool *seen = arena_array(arena, rollout->path_count, sizeof *seen);
    struct ways ways = {arena_array(arena, rollout->path_count, sizeof *ways.items), 0};
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        if (!target_goes_back(rollout, target) || seen[target->path]) {
            continue;
        }
        const struct path *path = &rollout->paths[target->path];
        seen[target->path] = true;
        ways.items[ways.count++] = (struct event_path_planned){
            .from = intern_set_texts(intern, path->to),
            .steps = steps_reversed(arena, intern_set_texts(intern, path->steps))};
    }
    return ways;
}

/* Whether the bundle leads along all of them. */
static int ways_check(const struct graph *graph, const struct ways *ways, struct arena *arena,
                      struct error *error)
{
    for (size_t i = 0; i < ways->count; i++) {
        struct plan plan;
        if (plan_replay(graph, ways->items[i].from, ways->items[i].steps, arena, &plan, error) <
            0) {
            error->code = ERROR_REFUSED; /* as the gate would say it */
            return -1;
        }
    }
    return 0;
}

/* Of all ways; `count`: so many. */
static struct taken *taken_copy(const struct graph *graph, const struct ways *ways, size_t *count,
                                struct arena *arena)
{
    size_t most = 0;
    for (size_t i = 0; i < ways->count; i++) {
        most += ways->items[i].steps.count;
    }
    struct taken *taken = arena_array(arena, most, sizeof *taken);
    *count = 0;
    for (size_t i = 0; i < ways->count; i++) {
        struct texts steps = ways->items[i].steps;
        for (size_t k = 0; k < steps.count; k++) {
            const struct revision *revision = graph_find(graph, steps.items[k] + 1);
            taken[(*count)++] = (struct taken){
                steps.items[k] + 1,
                revision == NULL ? "" : arena_strdup(arena, revision->checksum_statements)};
        }
    }
    return taken;
}

static int taken_check(const struct graph *graph, const struct taken *taken, size_t count,
                       struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct revision *revision = graph_find(graph, taken[i].id);
        if (revision == NULL || strcmp(revision->checksum_statements, taken[i].checksum) != 0) {
            (void)error_set(error, ERROR_REFUSED, "revision '%s' is %s", taken[i].id,
                            revision == NULL ? "not among the files"
                                             : "not what was deployed: its way up was edited");
            return error_hint(error, "restore it as it was; the way down may be written later");
        }
    }
    return 0;
}

const char *rollback_bundle(const struct core *core, const struct rollout *rollout,
                            const char *offered, struct arena *arena, struct error *error)
{
    const struct graph *graph = rollout_graph(core, rollout, error);
    if (graph == NULL) {
        return NULL;
    }
    struct ways ways = ways_find(rollout, arena);
    if (ways_check(graph, &ways, arena, error) == 0) {
        return arena_strdup(arena, rollout->policy.request.bundle);
    }
    if (offered[0] == '\0') {
        return NULL;
    }
    size_t count = 0;
    struct taken *taken = taken_copy(graph, &ways, &count, arena);
    *error = (struct error){0};
    graph = core->ports.graph(core->ports.context, offered, error);
    if (graph == NULL || taken_check(graph, taken, count, error) < 0) {
        return NULL;
    }
    return ways_check(graph, &ways, arena, error) < 0 ? NULL : offered;
}
