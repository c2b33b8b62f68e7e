/* Destinations first, then the rows that are related to them, then one destination after the other.
 *
 * The related rows are found once, before the first destination, and all of them give way to the
 * first destination that lies above or below one of them: that is Alembic's order of statements.
 */
#include "common/revision/stamp.h"

#include <string.h>

#include "common/revision/question.h"
#include "common/revision/symbol.h"
#include "common/revision/versions.h"
#include "common/revision/walk.h"

struct stamp {
    struct question *question;
    struct index_list destinations; /* empty: base */
    uint64_t *named;                /* destinations, and the lines that were named */
    bool everything;                /* a bare `base` was among them: every row is related */
    uint64_t *related;              /* rows */
    struct versions versions;
};

static bool overlap(const struct graph *graph, size_t one, size_t other)
{
    return set_has(graph_ancestors(graph, one), other) ||
           set_has(graph_ancestors(graph, other), one);
}

/* A symbol that looks relative is told why it is none. */
static int symbol_fail(struct question *question, const char *spec)
{
    struct relative relative;
    if (question->plan->fault != PLAN_FAULT_NO_SUCH_REVISION ||
        !relative_parse(question->arena, spec, &relative)) {
        return -1;
    }
    (void)question_fail(question, PLAN_FAULT_NO_SUCH_REVISION,
                        "'%s' is relative, but a stamp needs revisions that are named", spec);
    return error_hint(question->error, "write an id, a label, 'head', 'heads' or 'base'");
}

/* Adds what one spec names. */
static int spec_read(struct stamp *stamp, const char *spec)
{
    struct question *question = stamp->question;
    struct index_list found = {0};
    const char *at = strchr(spec, '@');
    size_t line = INDEX_NOTHING;
    if (strchr(spec, ':') != NULL) {
        (void)question_fail(question, PLAN_FAULT_BAD_SPEC,
                            "'%s' is a range, but revisions are asked for", spec);
        return error_hint(question->error, "a database's own version rows say where it stands");
    }
    if (symbol_resolve(question, spec, &found) < 0) {
        return symbol_fail(question, spec);
    }
    if (at != NULL && at > spec) {
        char *name = arena_strndup(question->arena, spec, (size_t)(at - spec));
        if (symbol_resolve_line(question, name, &line) < 0) {
            return -1;
        }
        set_put(stamp->named, line);
    }
    stamp->everything = stamp->everything || (found.count == 0 && line == INDEX_NOTHING);
    for (size_t i = 0; i < found.count; i++) {
        set_put(stamp->named, found.items[i]);
        if (!index_list_has(&stamp->destinations, found.items[i])) {
            index_list_add(&stamp->destinations, found.items[i]);
        }
    }
    return 0;
}

/* Leaves out the destinations that another one includes. */
static void destinations_reduce(struct stamp *stamp)
{
    const struct graph *graph = stamp->question->versions.graph;
    struct index_list *list = &stamp->destinations;
    struct index_list kept = graph_list(graph, stamp->question->arena);
    for (size_t i = 0; i < list->count; i++) {
        bool included = false;
        for (size_t k = 0; k < list->count; k++) {
            included = included ||
                       (k != i && set_has(graph_ancestors(graph, list->items[k]), list->items[i]));
        }
        if (!included) {
            index_list_add(&kept, list->items[i]);
        }
    }
    *list = kept;
}

/* Whether the revision is at, above or below one that was named. */
static bool is_related(const struct stamp *stamp, size_t index)
{
    const struct graph *graph = stamp->question->versions.graph;
    bool related = stamp->everything;
    for (size_t k = 0; k < graph->count && !related; k++) {
        related = set_has(stamp->named, k) && overlap(graph, index, k);
    }
    return related;
}

static void related_find(struct stamp *stamp)
{
    for (size_t i = 0; i < stamp->versions.rows.count; i++) {
        size_t row = stamp->versions.rows.items[i];
        if (is_related(stamp, row)) {
            set_put(stamp->related, row);
        }
    }
}

/* Begins the plan's next step. */
static struct plan_step *step_begin(struct stamp *stamp, size_t index)
{
    struct plan *plan = stamp->question->plan;
    struct plan_step *step = &plan->steps[plan->step_count++];
    step->revision = stamp->question->versions.graph->revisions[index];
    step->direction = DIRECTION_STAMP;
    step->changes =
        arena_array(stamp->question->arena, stamp->versions.rows.count + 1, sizeof *step->changes);
    return step;
}

/* The rows of `leaving` give way to `arriving`, which may be INDEX_NOTHING. */
static void step_finish(struct stamp *stamp, struct plan_step *step, size_t arriving,
                        const struct index_list *leaving)
{
    const struct graph *graph = stamp->question->versions.graph;
    const char *to = arriving == INDEX_NOTHING ? NULL : graph->revisions[arriving]->id;
    for (size_t i = 0; i < leaving->count; i++) {
        bool last = to != NULL && i + 1 == leaving->count;
        step->changes[step->change_count++] = (struct version_change){
            .kind = last ? VERSION_UPDATE : VERSION_DELETE,
            .from = graph->revisions[leaving->items[i]]->id,
            .to = last ? to : NULL,
        };
    }
    if (to != NULL && leaving->count == 0) {
        step->changes[step->change_count++] =
            (struct version_change){.kind = VERSION_INSERT, .to = to};
    }
    struct index_list rows = graph_list(graph, stamp->question->arena);
    for (size_t i = 0; i < stamp->versions.rows.count; i++) {
        if (!index_list_has(leaving, stamp->versions.rows.items[i])) {
            index_list_add(&rows, stamp->versions.rows.items[i]);
        }
    }
    if (to != NULL) {
        index_list_add(&rows, arriving);
    }
    stamp->versions.rows = rows;
    step->rows_after = versions_texts(&stamp->versions, stamp->question->arena);
    stamp->question->plan->to = step->rows_after;
}

static void base_apply(struct stamp *stamp)
{
    struct index_list rows = stamp->versions.rows;
    for (size_t i = 0; i < rows.count; i++) {
        if (set_has(stamp->related, rows.items[i])) {
            struct index_list one = {.items = &rows.items[i], .count = 1};
            struct plan_step *step = step_begin(stamp, rows.items[i]);
            step_finish(stamp, step, INDEX_NOTHING, &one);
        }
    }
}

/* The destination is a row. Rows that overlap with it go. */
static void row_mend(struct stamp *stamp, size_t destination)
{
    const struct graph *graph = stamp->question->versions.graph;
    struct index_list leaving = graph_list(graph, stamp->question->arena);
    for (size_t i = 0; i < stamp->versions.rows.count; i++) {
        size_t row = stamp->versions.rows.items[i];
        if (row != destination && overlap(graph, row, destination)) {
            index_list_add(&leaving, row);
        }
    }
    if (leaving.count > 0) {
        struct plan_step *step = step_begin(stamp, destination);
        step_finish(stamp, step, INDEX_NOTHING, &leaving);
    }
}

static int destination_fail(struct question *question, size_t destination)
{
    const char *id = question->versions.graph->revisions[destination]->id;
    (void)question_fail(question, PLAN_FAULT_BAD_SPEC,
                        "the rows above '%s' have already given way to another destination", id);
    return error_hint(question->error,
                      "--purge deletes all rows first, so that each destination gets a row");
}

static int destination_apply(struct stamp *stamp, size_t destination)
{
    const struct graph *graph = stamp->question->versions.graph;
    const struct index_list *rows = &stamp->versions.rows;
    struct index_list leaving = graph_list(graph, stamp->question->arena);
    bool above = false; /* of a related row */
    bool below = false;
    if (index_list_has(rows, destination)) {
        row_mend(stamp, destination);
        return 0;
    }
    for (size_t i = 0; i < graph->count; i++) {
        bool related = set_has(stamp->related, i);
        above = above || (related && set_has(graph_ancestors(graph, destination), i));
        below = below || (related && set_has(graph_ancestors(graph, i), destination));
    }
    for (size_t i = 0; i < rows->count && (above || below); i++) {
        if (set_has(stamp->related, rows->items[i]) &&
            !index_list_has(&stamp->destinations, rows->items[i])) {
            index_list_add(&leaving, rows->items[i]);
        }
    }
    if (below && !above && leaving.count == 0) {
        return destination_fail(stamp->question, destination);
    }
    struct plan_step *step = step_begin(stamp, destination);
    step_finish(stamp, step, destination, &leaving);
    return 0;
}

static bool has_step(const struct plan *plan, const struct revision *revision)
{
    bool has = false;
    for (size_t i = 0; i < plan->step_count; i++) {
        has = has || plan->steps[i].revision == revision;
    }
    return has;
}

static void half_done_settle(struct stamp *stamp, struct texts half_done)
{
    const struct graph *graph = stamp->question->versions.graph;
    const struct index_list none = {0};
    for (size_t i = 0; i < half_done.count; i++) {
        size_t index = graph_id_index(graph, half_done.items[i]);
        if (index != INDEX_NOTHING && is_related(stamp, index) &&
            !has_step(stamp->question->plan, graph->revisions[index])) {
            step_finish(stamp, step_begin(stamp, index), INDEX_NOTHING, &none);
        }
    }
}

/* The rows that a purge deletes, as they are. */
static struct texts rows_sort(struct texts rows, struct arena *arena)
{
    const char **items = arena_array(arena, rows.count, sizeof *items);
    for (size_t i = 0; i < rows.count; i++) {
        items[i] = arena_strdup(arena, rows.items[i]);
    }
    texts_sort(items, rows.count);
    rows.items = items;
    return rows;
}

int stamp_make(const struct graph *graph, struct texts specs, bool purge, struct texts half_done,
               struct texts rows, struct arena *arena, struct plan *plan, struct error *error)
{
    struct question question = {
        .versions.graph = graph, .arena = arena, .plan = plan, .error = error};
    struct stamp stamp = {.question = &question,
                          .destinations = graph_list(graph, arena),
                          .named = graph_set(graph, arena),
                          .related = graph_set(graph, arena)};
    *plan = (struct plan){0};
    if (question_rows(&question, purge ? (struct texts){0} : rows) < 0) {
        return -1;
    }
    if (purge) {
        plan->from = rows_sort(rows, arena);
    }
    stamp.versions = question.versions;
    for (size_t i = 0; i < specs.count; i++) {
        if (spec_read(&stamp, specs.items[i]) < 0) {
            return -1;
        }
    }
    destinations_reduce(&stamp);
    related_find(&stamp);
    plan->steps = arena_array(
        arena, stamp.destinations.count + question.versions.rows.count + half_done.count,
        sizeof *plan->steps);
    if (stamp.destinations.count == 0) {
        base_apply(&stamp);
    }
    for (size_t i = 0; i < stamp.destinations.count; i++) {
        if (destination_apply(&stamp, stamp.destinations.items[i]) < 0) {
            return -1;
        }
    }
    half_done_settle(&stamp, purge ? (struct texts){0} : half_done);
    plan->purge = purge; /* also where no row stands: a revision may be half done there */
    return 0;
}

struct texts stamp_specs(const char *text, struct arena *arena)
{
    const char **specs = arena_array(arena, strlen(text) / 2 + 1, sizeof *specs);
    size_t count = 0;
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t length = strcspn(text, " ");
        specs[count++] = arena_strndup(arena, text, length);
        text += length;
    }
    return (struct texts){.items = specs, .count = count};
}

int stamp_replay(const struct graph *graph, struct texts from, struct texts to, struct texts names,
                 struct arena *arena, struct plan *plan, struct error *error)
{
    static const struct revision nothing = {
        .id = "", .path = "", .message = "", .up = {.transactional = true}};
    struct question question = {
        .versions.graph = graph, .arena = arena, .plan = plan, .error = error};
    *plan = (struct plan){0};
    if (question_rows(&question, to) < 0) {
        return -1;
    }
    plan->from = rows_sort(from, arena);
    plan->to = rows_sort(to, arena);
    plan->steps = arena_array(arena, names.count, sizeof *plan->steps);
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.items[i];
        bool purge = i == 0 && strcmp(name, "=") == 0;
        const struct revision *revision = purge            ? &nothing
                                          : name[0] == '=' ? graph_find(graph, name + 1)
                                                           : NULL;
        if (revision == NULL) {
            return question_fail(&question, PLAN_FAULT_NO_SUCH_REVISION,
                                 "step '%s' of the stamp names no revision of the bundle", name);
        }
        plan->purge = plan->purge || purge;
        plan->steps[plan->step_count++] = (struct plan_step){
            .revision = revision, .direction = DIRECTION_STAMP, .rows_after = plan->to};
    }
    return 0;
}
