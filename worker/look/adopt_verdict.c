/* The verdict on an adoption (adopt.h): the rows must be a beginning of what the bundle holds. */
#include <stdlib.h>
#include <string.h>

#include "common/revision/graph.h"
#include "common/vocabulary/tool.h"
#include "worker/look/adopt.h"
#include "worker/look/placement.h"

enum { SHOWN_MAX = 5 };

static struct arena *arena_of(struct inspect *inspect)
{
    return &inspect->look.task->arena;
}

static bool refuse(struct inspect *inspect, const char *message, const char *hint)
{
    return inspect_refuse(
        inspect,
        &(struct failure){.cause = FAILURE_CAUSE_ADOPTION, .message = message, .hint = hint});
}

/* ---- the table ---- */

static bool refuse_table(struct inspect *inspect)
{
    const struct adoption *adoption = &inspect->adoption;
    struct arena *arena = arena_of(inspect);
    const char *word = adoption->tool->word;
    const char *lacking = NULL;
    if (adoption->place == NULL) {
        return refuse(inspect,
                      arena_printf(arena, "there is no %s, in which %s keeps its versions",
                                   adoption->table, word),
                      "--table SCHEMA.NAME names another table; a target where the tool has never "
                      "been is left out by --where");
    }
    if (!adoption->ordinary) {
        return refuse(
            inspect,
            arena_printf(arena, "%s is not a table but a view or the like", adoption->shown),
            "--table SCHEMA.NAME names another table");
    }
    if (!adoption->readable) {
        return refuse(inspect,
                      arena_printf(arena, "role \"%s\" may not read %s", inspect->facts.role,
                                   adoption->shown),
                      arena_printf(arena, "GRANT SELECT ON %s TO \"%s\"", adoption->place,
                                   inspect->facts.role));
    }
    lacking = adopt_lacking(adoption, arena);
    if (lacking != NULL) {
        return refuse(inspect,
                      arena_printf(arena, "%s is not %s's: it has no column %s", adoption->shown,
                                   word, lacking),
                      "several tools call their table so: is it another one's? --table SCHEMA.NAME "
                      "names another table");
    }
    if (adoption->count > ADOPTION_ROWS_MAX) {
        return refuse(
            inspect,
            arena_printf(arena, "%s has more than %d rows", adoption->shown, ADOPTION_ROWS_MAX),
            "is it the version table?");
    }
    return false;
}

/* ---- its rows ---- */

/* A revision of the bundle, and what the rows say of it. */
struct place {
    const struct revision *revision;
    bool applied;
    bool followed; /* by an applied one */
};

struct places {
    struct place *items; /* sorted by id */
    size_t count;
};

static int id_compare(const void *left, const void *right)
{
    return strcmp(((const struct place *)left)->revision->id,
                  ((const struct place *)right)->revision->id);
}

static int known_compare(const void *left, const void *right)
{
    return strcmp((*(const struct place *const *)left)->revision->known_as,
                  (*(const struct place *const *)right)->revision->known_as);
}

static struct place *place_find(const struct places *places, const char *id)
{
    const struct revision revision = {.id = id};
    const struct place key = {.revision = &revision};
    return places->count == 0 ? NULL
                              : bsearch(&key, places->items, places->count, sizeof key, id_compare);
}

static struct places places_make(struct inspect *inspect)
{
    const struct graph *graph = bundle_graph(inspect->look.task->bundle);
    struct places places = {.count = graph_size(graph)};
    places.items = arena_array(arena_of(inspect), places.count, sizeof *places.items);
    for (size_t i = 0; i < places.count; i++) {
        places.items[i].revision = graph_at(graph, i);
    }
    if (places.count > 1) {
        qsort(places.items, places.count, sizeof *places.items, id_compare);
    }
    return places;
}

/* The places by what the tool calls them. */
static struct place **places_known(struct inspect *inspect, const struct places *places)
{
    struct place **known = arena_array(arena_of(inspect), places->count, sizeof(void *));
    for (size_t i = 0; i < places->count; i++) {
        known[i] = &places->items[i];
    }
    if (places->count > 1) {
        qsort((void *)known, places->count, sizeof(void *), known_compare);
    }
    return known;
}

static bool refuse_fault(struct inspect *inspect, const struct adopted *row)
{
    const struct adoption *adoption = &inspect->adoption;
    struct arena *arena = arena_of(inspect);
    return row->fault[0] != '\0' &&
           refuse(
               inspect,
               arena_printf(arena, "version %s is %s in %s", row->version, row->fault,
                            adoption->shown),
               arena_printf(arena, "put it right with %s, then adopt again", adoption->tool->word));
}

static bool refuse_unknown(struct inspect *inspect, const struct adopted *row)
{
    return refuse(inspect,
                  arena_printf(arena_of(inspect),
                               "%s has applied version %s, which is not among the revisions",
                               inspect->adoption.tool->word, row->version),
                  "import the migrations that were run here, too");
}

/* The revision and all below it. */
static void implied_mark(struct inspect *inspect, const struct places *places,
                         const struct revision *revision)
{
    struct revision_list below = {0};
    struct error ignored; /* it is one of the graph's */
    bool known = graph_applied(bundle_graph(inspect->look.task->bundle), &revision->id, 1,
                               arena_of(inspect), &below, &ignored) == 0;
    for (size_t i = 0; known && i < below.count; i++) {
        place_find(places, below.items[i]->id)->applied = true;
    }
}

static const struct place *known_find(const struct places *places, struct place **known,
                                      const char *version)
{
    const struct revision revision = {.known_as = version};
    struct place wanted = {.revision = &revision};
    struct place *key = &wanted;
    struct place **found = places->count == 0
                               ? NULL
                               : bsearch((const void *)&key, (const void *)known, places->count,
                                         sizeof(void *), known_compare);
    return found == NULL ? NULL : *found;
}

/* The last migration that is not above this version; NULL: none. */
static const struct place *baseline_find(const struct places *places, const char *version)
{
    const struct place *last = NULL;
    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->items[i];
        const char *name = place->revision->known_as;
        if (tool_version_compare(name, version) <= 0 &&
            (last == NULL || tool_version_compare(name, last->revision->known_as) > 0)) {
            last = place;
        }
    }
    return last;
}

/* Whether a revision is of the project that stands before ":" in the version. */
static bool is_of_project(const struct places *places, const char *version)
{
    size_t length = strcspn(version, ":") + 1;
    for (size_t i = 0; i < places->count; i++) {
        if (strncmp(places->items[i].revision->known_as, version, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Marks what a row says is applied. */
static bool refuse_row(struct inspect *inspect, const struct places *places, struct place **known,
                       const struct adopted *row)
{
    bool baseline = strcmp(row->implies, "baseline") == 0;
    const struct place *found = known_find(places, known, row->version);
    if (found == NULL && strcmp(row->implies, "project") == 0 &&
        !is_of_project(places, row->version)) {
        return false;
    }
    if (refuse_fault(inspect, row)) {
        return true;
    }
    bool numbers = strspn(row->version, "0123456789.") == strlen(row->version);
    if (found == NULL && numbers) {
        found = baseline_find(places, row->version);
        bool same =
            found != NULL && tool_version_compare(found->revision->known_as, row->version) == 0;
        found = same || baseline ? found : NULL; /* "01" is "1" */
    }
    if (found == NULL && !baseline) {
        return refuse_unknown(inspect, row);
    }
    if (found != NULL && (baseline || strcmp(row->implies, "below") == 0)) {
        implied_mark(inspect, places, found->revision);
    } else if (found != NULL) {
        place_find(places, found->revision->id)->applied = true;
    }
    return false;
}

static bool refuse_rows(struct inspect *inspect, const struct places *places)
{
    const struct adoption *adoption = &inspect->adoption;
    struct place **known = places_known(inspect, places);
    for (size_t i = 0; i < adoption->count; i++) {
        if (refuse_row(inspect, places, known, &adoption->rows[i])) {
            return true;
        }
    }
    return false;
}

/* ---- where that is ---- */

/* The applied ones that no other applied one follows. */
static struct texts heads_of(struct inspect *inspect, const struct places *places)
{
    const char **heads = arena_array(arena_of(inspect), places->count, sizeof *heads);
    size_t count = 0;
    for (size_t i = 0; i < places->count; i++) {
        const struct revision *revision = places->items[i].revision;
        for (size_t k = 0; places->items[i].applied && k < revision->down_revision_count; k++) {
            place_find(places, revision->down_revisions[k])->followed = true;
        }
    }
    for (size_t i = 0; i < places->count; i++) {
        if (places->items[i].applied && !places->items[i].followed) {
            heads[count++] = places->items[i].revision->id;
        }
    }
    return (struct texts){heads, count};
}

/* What comes before an applied one and is not applied. */
static bool refuse_gaps(struct inspect *inspect, const struct places *places,
                        const struct revision_list *applied)
{
    struct arena *arena = arena_of(inspect);
    const char *names = "";
    size_t count = 0;
    for (size_t i = 0; i < applied->count; i++) {
        if (!place_find(places, applied->items[i]->id)->applied) {
            count++;
            if (count <= SHOWN_MAX) {
                names = arena_printf(arena, "%s%s%s", names, count > 1 ? ", " : "",
                                     applied->items[i]->known_as);
            }
        }
    }
    const char *word = inspect->adoption.tool->word;
    return count > 0 &&
           refuse(inspect,
                  arena_printf(arena, "%s has not applied %s%s here, but what comes after", word,
                               names, count > SHOWN_MAX ? ", ..." : ""),
                  arena_printf(arena, "apply what is missing with %s, then adopt again", word));
}

/* Rows of ours that the tool knows nothing of: something has gone on since. */
static bool refuse_ahead(struct inspect *inspect, const struct places *places)
{
    const struct texts rows = inspect->look.task->result.rows.heads;
    for (size_t i = 0; i < rows.count; i++) {
        const struct place *place = place_find(places, rows.items[i]);
        if (place == NULL || !place->applied) {
            return refuse(inspect,
                          arena_printf(arena_of(inspect),
                                       "%s stands at %s, which %s has not applied",
                                       placement_shown(inspect, inspect->tables.schema),
                                       rows.items[i], inspect->adoption.tool->word),
                          "it was adopted before, and has gone on since: leave it out by --where");
        }
    }
    return false;
}

bool adopt_refuse(struct inspect *inspect)
{
    struct task *task = inspect->look.task;
    struct revision_list applied = {0};
    struct error error = {0};
    if (text_or_empty(task->job.tool)[0] == '\0') {
        return false;
    }
    if (inspect->adoption.tool == NULL) {
        return refuse(inspect,
                      arena_printf(arena_of(inspect), "this worker does not know the tool %s",
                                   task->job.tool),
                      "bring the workers up to date");
    }
    struct places places = places_make(inspect);
    if (refuse_table(inspect) || refuse_rows(inspect, &places)) {
        return true;
    }
    task->result.adopts = heads_of(inspect, &places);
    if (graph_applied(bundle_graph(task->bundle), task->result.adopts.items,
                      task->result.adopts.count, &task->arena, &applied, &error) != 0) {
        const struct failure failure = failure_of_error(FAILURE_CAUSE_ADOPTION, &error);
        return inspect_refuse(inspect, &failure);
    }
    task->result.adopted = true;
    return refuse_gaps(inspect, &places, &applied) || refuse_ahead(inspect, &places);
}
