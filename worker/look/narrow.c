/* The widest id against the column (narrow.h). */
#include "worker/look/narrow.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/versions.h"

static bool is_applied(const struct inspect *inspect, const struct revision *revision)
{
    for (size_t i = 0; i < inspect->applied.count; i++) {
        if (inspect->applied.items[i] == revision) {
            return true;
        }
    }
    return false;
}

/* Whether it may change the column: it names it, or what it does is not known. */
static bool may_widen(const struct revision *revision)
{
    if (revision->up.alembic != NULL) {
        return true;
    }
    for (size_t i = 0; i < revision->up.statement_count; i++) {
        if (strstr(revision->up.statements[i].sql, "version_num") != NULL) {
            return true;
        }
    }
    return false;
}

bool narrow_refuse(struct inspect *inspect)
{
    struct task *task = inspect->look.task;
    struct arena *arena = &task->arena;
    const struct fact_table *table = inspect_table(inspect, 0);
    if (table->characters == 0 || task->job.direction != DIRECTION_UP) {
        return false;
    }
    const struct graph *graph = bundle_graph(task->bundle);
    const struct revision *longest = NULL;
    for (size_t i = 0; i < graph_size(graph); i++) {
        const struct revision *revision = graph_at(graph, i);
        if (is_applied(inspect, revision)) {
            continue;
        }
        if (may_widen(revision)) {
            return false;
        }
        if (longest == NULL ||
            versions_id_characters(revision->id) > versions_id_characters(longest->id)) {
            longest = revision;
        }
    }
    if (longest == NULL || versions_id_characters(longest->id) <= table->characters) {
        return false;
    }
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_VERSION_TABLE,
            .message = arena_printf(
                arena, "revision id %s has %zu characters, and %s.version_num takes %u",
                longest->id, versions_id_characters(longest->id), inspect->tables.version,
                table->characters),
            .hint = arena_printf(
                arena, "widen the column: ALTER TABLE %s ALTER COLUMN version_num TYPE varchar(%d)",
                inspect->tables.version, REVISION_ID_BYTES_MAX),
            .location = longest->path,
        });
}
