/* Non-transactional revisions that were left half done: may a rollout go on with them? */
#include <string.h>

#include "common/revision/graph.h"
#include "common/revision/plan.h"
#include "common/revision/statement.h"
#include "worker/look/inspect.h"

static bool same_revision(const struct unfinished *one, const struct unfinished *other)
{
    return strcmp(one->revision, other->revision) == 0 &&
           strcmp(one->direction, other->direction) == 0;
}

/* How many statements the script of the revision has; 0: not known. */
static size_t statements_of(const struct inspect *inspect, const struct unfinished *unfinished)
{
    const struct bundle *bundle = inspect->look.task->bundle;
    const struct revision *revision =
        bundle != NULL ? graph_find(bundle_graph(bundle), unfinished->revision) : NULL;
    size_t count = 0;
    if (revision != NULL) {
        const struct script *script =
            strcmp(unfinished->direction, "upgrade") == 0 ? &revision->up : &revision->down;
        for (size_t i = 0; i < script->statement_count; i++) {
            count += !statement_is_setting(&script->statements[i]);
        }
    }
    return count;
}

void unfinished_tell(struct inspect *inspect)
{
    struct arena *arena = &inspect->look.task->arena;
    size_t most = inspect->unfinished_count + inspect->invalid.count;
    const char **sentences = arena_array(arena, most, sizeof *sentences);
    const char **revisions = arena_array(arena, inspect->unfinished_count, sizeof *revisions);
    size_t told = 0;
    for (size_t i = 0, next = 0; i < inspect->unfinished_count; i = next) {
        const struct unfinished *first = &inspect->unfinished[i];
        struct half_applied_count count = {.all = statements_of(inspect, first)};
        for (; next < inspect->unfinished_count && same_revision(first, &inspect->unfinished[next]);
             next++) {
            const struct half_applied_row *row = &inspect->unfinished[next].row;
            count.done += row->number > 0 && row->done;
            count.interrupted += row->number > 0 && !row->done;
        }
        if (count.done + count.interrupted > 0) {
            revisions[told] = first->revision;
            sentences[told++] = half_applied_told(first->revision, first->direction, count, arena);
        }
    }
    inspect->look.task->result.half_done = (struct texts){.items = revisions, .count = told};
    for (size_t i = 0; i < inspect->invalid.count; i++) {
        sentences[told++] = arena_printf(arena, "index %s is invalid", inspect->invalid.items[i]);
    }
    inspect->look.task->result.rows.unfinished = (struct texts){.items = sentences, .count = told};
}

static bool is_applied(const struct revision_list *applied, const struct revision *revision)
{
    for (size_t i = 0; i < applied->count; i++) {
        if (applied->items[i] == revision) {
            return true;
        }
    }
    return false;
}

/* Why the revision cannot be gone on with; NULL when it can. */
static const char *unfinished_obstacle(struct inspect *inspect, const struct unfinished *unfinished,
                                       const struct revision *revision, struct failure *edited)
{
    struct task *task = inspect->look.task;
    bool upgrade = strcmp(unfinished->direction, "upgrade") == 0;
    if (revision == NULL) {
        return "the bundle does not know it";
    }
    if (is_applied(&inspect->applied, revision) == upgrade) { /* by another tool, meanwhile */
        return upgrade ? "something else has moved the version rows past it meanwhile"
                       : "something else has moved the version rows below it meanwhile";
    }
    if (strcmp(unfinished->direction, direction_word(task->job.direction)) != 0) {
        return task->job.survey ? "the version rows name it, but part of it is undone"
                                : "this rollout goes the other way";
    }
    const struct script *script = upgrade ? &revision->up : &revision->down;
    if (script->alembic != NULL) {
        return "Alembic had committed part of it: look at what is done";
    }
    if (script->transactional) {
        return "its file does not say '-- Transaction: none' any more";
    }
    if (unfinished->row.done && !half_applied_fits(&unfinished->row, revision, script)) {
        *edited = half_applied_edited(&unfinished->row, revision, script, &task->arena);
        return edited->message;
    }
    return NULL;
}

/* The rows that the target would have without the revision; false when it does not stand at it. */
static bool rows_below(struct inspect *inspect, const struct revision *revision,
                       struct texts *below)
{
    struct task *task = inspect->look.task;
    const char *step = arena_printf(&task->arena, "-%s", revision->id);
    const struct texts steps = {.items = &step, .count = 1};
    struct plan plan;
    struct error ignored;
    bool stands = plan_replay(bundle_graph(task->bundle), task->result.rows.heads, steps,
                              &task->arena, &plan, &ignored) == 0;
    *below = plan.to;
    return stands;
}

static bool refuse_half_applied(struct inspect *inspect, const struct unfinished *unfinished,
                                const struct revision *revision, const char *why,
                                const struct failure *edited)
{
    struct task *task = inspect->look.task;
    struct texts below;
    const char *ways =
        half_applied_ways(unfinished->revision, strcmp(unfinished->direction, "upgrade") == 0,
                          revision != NULL && rows_below(inspect, revision, &below) ? &below : NULL,
                          task->result.rows.heads, task->job.place.name, &task->arena);
    struct failure failure = *edited;
    failure.cause = FAILURE_CAUSE_HALF_APPLIED;
    failure.message = arena_printf(&task->arena, "the %s of revision %s was left half done",
                                   unfinished->direction, unfinished->revision);
    failure.detail = why;
    failure.hint = edited->hint == NULL
                       ? ways
                       : arena_printf(&task->arena, "%s; otherwise, %s", edited->hint, ways);
    task_fail(task, &failure);
    return true;
}

bool unfinished_refuse(struct inspect *inspect)
{
    if (inspect->look.task->job.direction == DIRECTION_STAMP) {
        return false; /* it says what a half-applied revision shall count as */
    }
    const struct graph *graph = bundle_graph(inspect->look.task->bundle);
    for (size_t i = 0; i < inspect->unfinished_count; i++) {
        const struct unfinished *unfinished = &inspect->unfinished[i];
        if (unfinished->row.number == 0) {
            continue;
        }
        const struct revision *revision = graph_find(graph, unfinished->revision);
        struct failure edited = {0};
        const char *why = unfinished_obstacle(inspect, unfinished, revision, &edited);
        if (why != NULL) {
            return refuse_half_applied(inspect, unfinished, revision, why, &edited);
        }
    }
    return false;
}
