/* The rule decides, not the statements Alembic arrives at; both agree where Alembic has no bug. */
#include "common/revision/versions.h"

#include <string.h>

struct texts versions_texts(const struct versions *versions, struct arena *arena)
{
    size_t count = versions->rows.count;
    const char **items = arena_array(arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = versions->graph->revisions[versions->rows.items[i]]->id;
    }
    texts_sort(items, count);
    return (struct texts){.items = items, .count = count};
}

static void row_remove(struct index_list *rows, size_t index)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i] != index) {
            rows->items[kept++] = rows->items[i];
        }
    }
    rows->count = kept;
}

static const char *id_of(const struct versions *versions, size_t index)
{
    return versions->graph->revisions[index]->id;
}

static void change_add(struct plan_step *step, enum version_change_kind kind, const char *from,
                       const char *to)
{
    step->changes[step->change_count++] =
        (struct version_change){.kind = kind, .from = from, .to = to};
}

/* The links that are rows give way to the revision. */
static void upgrade_step(struct versions *versions, size_t index, struct plan_step *step)
{
    const struct index_list *links = &versions->graph->nodes[index].links;
    const char *id = id_of(versions, index);
    size_t left = 0;
    for (size_t i = 0; i < links->count; i++) {
        left += index_list_has(&versions->rows, links->items[i]);
    }
    if (left == 0) {
        change_add(step, VERSION_INSERT, NULL, id);
    }
    for (size_t i = 0; i < links->count; i++) {
        if (!index_list_has(&versions->rows, links->items[i])) {
            continue;
        }
        const char *link = id_of(versions, links->items[i]);
        if (left > 1) {
            change_add(step, VERSION_DELETE, link, NULL);
        } else {
            change_add(step, VERSION_UPDATE, link, id);
        }
        row_remove(&versions->rows, links->items[i]);
        left--;
    }
    index_list_add(&versions->rows, index);
}

/* Whether some row, or another link that comes to light, has `link` as an ancestor. */
static bool is_implied(const struct versions *versions, const struct index_list *links, size_t link)
{
    for (size_t i = 0; i < versions->rows.count; i++) {
        if (set_has(graph_ancestors(versions->graph, versions->rows.items[i]), link)) {
            return true;
        }
    }
    for (size_t i = 0; i < links->count; i++) {
        if (links->items[i] != link &&
            set_has(graph_ancestors(versions->graph, links->items[i]), link)) {
            return true;
        }
    }
    return false;
}

/* The revision gives way to those of its links that nothing else implies. */
static void downgrade_step(struct versions *versions, size_t index, struct arena *arena,
                           struct plan_step *step)
{
    const struct index_list *links = &versions->graph->nodes[index].links;
    struct index_list bare = {.items = arena_array(arena, links->count, sizeof(size_t))};
    const char *id = id_of(versions, index);
    row_remove(&versions->rows, index);
    for (size_t i = 0; i < links->count; i++) {
        if (!is_implied(versions, links, links->items[i])) {
            index_list_add(&bare, links->items[i]);
        }
    }
    if (bare.count == 0) {
        change_add(step, VERSION_DELETE, id, NULL);
    }
    for (size_t i = 0; i < bare.count; i++) {
        const char *link = id_of(versions, bare.items[i]);
        if (i + 1 < bare.count) {
            change_add(step, VERSION_INSERT, NULL, link);
        } else {
            change_add(step, VERSION_UPDATE, id, link);
        }
        index_list_add(&versions->rows, bare.items[i]);
    }
}

void versions_step(struct versions *versions, size_t index, struct arena *arena,
                   struct plan_step *step)
{
    size_t room = versions->graph->nodes[index].links.count + 1;
    step->changes = arena_array(arena, room, sizeof *step->changes);
    step->change_count = 0;
    if (step->direction == DIRECTION_UP) {
        upgrade_step(versions, index, step);
    } else {
        downgrade_step(versions, index, arena, step);
    }
    step->rows_after = versions_texts(versions, arena);
}

size_t versions_id_characters(const char *id)
{
    size_t count = 0;
    for (; *id != '\0'; id++) {
        count += ((unsigned char)*id & 0xC0U) != 0x80U; /* a character's first byte */
    }
    return count;
}

unsigned versions_characters(const struct graph *graph)
{
    for (size_t i = 0; i < graph_size(graph); i++) {
        if (versions_id_characters(graph_at(graph, i)->id) > VERSION_CHARACTERS) {
            return REVISION_ID_BYTES_MAX;
        }
    }
    return VERSION_CHARACTERS;
}
