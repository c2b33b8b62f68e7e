/* A range is an upgrade looked at from above: the ancestors of the upper side without those of the
 * lower one, in the order of a downgrade, the lower side included.
 */
#include "common/revision/range.h"

#include <stdlib.h>
#include <string.h>

#include "common/revision/line.h"
#include "common/revision/order.h"
#include "common/revision/question.h"
#include "common/revision/symbol.h"
#include "common/revision/upgrade.h"
#include "common/revision/walk.h"

struct range {
    struct question question; /* its rows are the lower side */
    const char *text;
    const char *low;
    const char *high;
    struct texts current;
    struct index_list upper;
    struct index_list named; /* the upper side before the line of the lower one is looked at */
};

static int range_fail(struct range *range)
{
    (void)question_fail(&range->question, PLAN_FAULT_NOT_BELOW,
                        "the range '%s' does not go from a revision up to one of its descendants",
                        range->text);
    return error_hint(range->question.error, "write LOWER:UPPER with LOWER below UPPER");
}

int range_symbol(const struct graph *graph, const char *symbol, struct arena *arena,
                 struct revision_list *revisions, enum plan_fault *fault, struct error *error)
{
    struct plan plan = {0};
    struct question question = {
        .versions.graph = graph, .arena = arena, .plan = &plan, .error = error};
    struct index_list found = {0};
    *revisions = (struct revision_list){0};
    int result = symbol_resolve(&question, symbol, &found);
    *fault = plan.fault;
    if (result == 0) {
        *revisions = graph_revisions(graph, &found, arena);
    }
    return result;
}

bool range_asks_current(const char *range)
{
    const char *colon = strchr(range, ':');
    return colon != NULL && (strcmp(colon + 1, "current") == 0 ||
                             (colon - range == 7 && strncmp(range, "current", 7) == 0));
}

static int range_split(struct range *range)
{
    struct arena *arena = range->question.arena;
    const char *colon = strchr(range->text, ':');
    if (colon == NULL || strchr(colon + 1, ':') != NULL) {
        (void)question_fail(&range->question, PLAN_FAULT_BAD_SPEC, "the range '%s' needs %s colon",
                            range->text, colon == NULL ? "a" : "just one");
        return error_hint(range->question.error, "write LOWER:UPPER, LOWER: or :UPPER");
    }
    range->low = colon == range->text
                     ? "base"
                     : arena_strndup(arena, range->text, (size_t)(colon - range->text));
    range->high = colon[1] == '\0' ? "heads" : colon + 1;
    return 0;
}

/* "-N" with nothing behind it. */
static bool is_countdown(const char *text)
{
    return text[0] == '-' && text[1] != '\0' && text[1 + strspn(text + 1, "0123456789")] == '\0' &&
           strspn(text + 1, "0") < strlen(text + 1);
}

static int rows_resolve(struct range *range, struct index_list *found)
{
    struct question *question = &range->question;
    *found = graph_list(question->versions.graph, question->arena);
    for (size_t i = 0; i < range->current.count; i++) {
        size_t index = graph_id_index(question->versions.graph, range->current.items[i]);
        if (index == INDEX_NOTHING) {
            return question_fail(question, PLAN_FAULT_UNKNOWN_ROW,
                                 "the current revision '%s' is not among the files",
                                 range->current.items[i]);
        }
        index_list_add(found, index);
    }
    return 0;
}

/* Where -N leads from every head, or from those on the line of `line`. `*beyond`: from the first of
 * them it leads below the base. */
static int countdown_resolve(struct range *range, const char *line, struct index_list *found,
                             bool *beyond)
{
    struct question *question = &range->question;
    const struct graph *graph = question->versions.graph;
    const char *at = strchr(range->low, '@');
    struct index_list heads = graph_head_list(graph, false, question->arena);
    struct relative relative;
    size_t seen = 0;
    *found = graph_list(graph, question->arena);
    *beyond = false;
    (void)relative_parse(question->arena, at == NULL ? range->low : at + 1, &relative);
    for (size_t i = 0; i < heads.count; i++) {
        bool carries = false;
        size_t arrived = INDEX_NOTHING;
        enum walk_end end = WALK_TOO_FAR;
        if (line != NULL && line_carries(question, line, heads.items[i], &carries) < 0) {
            return -1;
        }
        if (line != NULL && !carries) {
            continue;
        }
        if (walk(question, &relative, heads.items[i], INDEX_NOTHING, &arrived, &end) < 0) {
            return -1;
        }
        if (end == WALK_ARRIVED) {
            index_list_add(found, arrived);
        } else if (end == WALK_BASE || (seen > 0 && !*beyond)) {
            return range_fail(range);
        } else {
            *beyond = true;
        }
        seen++;
    }
    return 0;
}

/* The first head is not high enough for -N: it is counted down from the upper side, and base is as
 * far as it goes. */
static int countdown_again(struct range *range, const char *line, struct index_list *found)
{
    struct question *question = &range->question;
    const char *at = strchr(range->low, '@');
    struct relative relative;
    struct index_list starts = graph_list(question->versions.graph, question->arena);
    size_t along = INDEX_NOTHING;
    size_t arrived = INDEX_NOTHING;
    enum walk_end end = WALK_TOO_FAR;
    (void)relative_parse(question->arena, at == NULL ? range->low : at + 1, &relative);
    if (line != NULL && symbol_resolve_line(question, line, &along) < 0) {
        return -1;
    }
    for (size_t i = 0; i < range->named.count; i++) {
        if (along == INDEX_NOTHING ||
            graph_share_line(question->versions.graph, range->named.items[i], along)) {
            index_list_add(&starts, range->named.items[i]);
        }
    }
    if (starts.count != 1) {
        return range_fail(range);
    }
    if (walk(question, &relative, starts.items[0], INDEX_NOTHING, &arrived, &end) < 0) {
        return -1;
    }
    *found = graph_list(question->versions.graph, question->arena);
    if (end == WALK_ARRIVED) {
        index_list_add(found, arrived);
    }
    return 0;
}

/* The lower side; `line` is what stands before its '@', or NULL. */
static int lower_resolve(struct range *range, const char *line, struct index_list *lower,
                         bool *beyond)
{
    const char *at = strchr(range->low, '@');
    *beyond = false;
    if (strcmp(range->low, "current") == 0) {
        return rows_resolve(range, lower);
    }
    if (is_countdown(at == NULL ? range->low : at + 1)) {
        if (range->high[0] == '+') {
            return question_fail(&range->question, PLAN_FAULT_NO_SUCH_REVISION,
                                 "of the range '%s' only one side can be relative", range->text);
        }
        return countdown_resolve(range, line, lower, beyond);
    }
    return symbol_resolve(&range->question, range->low, lower);
}

/* Makes the lower side the rows of the question, which relative targets start from. */
static void lower_set(struct range *range, const struct index_list *lower)
{
    struct question *question = &range->question;
    question->versions.rows = *lower;
    question->applied = graph_set(question->versions.graph, question->arena);
    for (size_t i = 0; i < lower->count; i++) {
        set_unite(question->applied, graph_ancestors(question->versions.graph, lower->items[i]),
                  question->versions.graph->words);
    }
}

static int upper_resolve(struct range *range, const char *line)
{
    struct question *question = &range->question;
    int found = strcmp(range->high, "current") == 0
                    ? rows_resolve(range, &range->upper)
                    : upgrade_targets(question, range->high, true, &range->upper);
    range->named = range->upper;
    if (line != NULL) {
        range->upper = graph_list(question->versions.graph, question->arena);
    }
    for (size_t i = 0; found == 0 && line != NULL && i < range->named.count; i++) {
        bool carries = false;
        found = line_carries(question, line, range->named.items[i], &carries);
        if (carries) {
            index_list_add(&range->upper, range->named.items[i]);
        }
    }
    return found == 0 ? upgrade_overlap(question, &range->upper) : -1;
}

static int lower_check(struct range *range, const struct index_list *lower, const uint64_t *wanted)
{
    for (size_t i = 0; i < lower->count; i++) {
        if (!set_has(wanted, lower->items[i])) {
            return range_fail(range);
        }
    }
    return 0;
}

/* The members of the range: `wanted` are the ancestors of the upper side. */
static int range_select(struct range *range, const struct index_list *lower, uint64_t *wanted)
{
    struct question *question = &range->question;
    const struct graph *graph = question->versions.graph;
    if (upgrade_overlap(question, lower) < 0) {
        return -1;
    }
    lower_set(range, lower);
    set_subtract(wanted, question->applied, graph->words);
    for (size_t i = 0; i < lower->count; i++) {
        set_put(wanted, lower->items[i]);
    }
    for (size_t i = 0; i < graph->count && lower->count > 0; i++) {
        bool above = false;
        for (size_t k = 0; k < lower->count; k++) {
            above = above || set_has(graph_line_ancestors(graph, i), lower->items[k]);
        }
        if (!above) {
            set_remove(wanted, i);
        }
    }
    return 0;
}

int range_revisions(const struct graph *graph, const char *text, struct texts current,
                    struct arena *arena, struct revision_list *revisions, enum plan_fault *fault,
                    struct error *error)
{
    struct plan plan = {0};
    struct range range = {
        .question = {.versions.graph = graph, .arena = arena, .plan = &plan, .error = error},
        .text = text,
        .current = current};
    struct index_list lower = {0};
    bool beyond = false;
    *revisions = (struct revision_list){0};
    int result = range_split(&range);
    if (result < 0) {
        goto done;
    }
    const char *at = strchr(range.low, '@');
    const char *line = at == NULL || at == range.low
                           ? NULL
                           : arena_strndup(arena, range.low, (size_t)(at - range.low));
    result = lower_resolve(&range, line, &lower, &beyond);
    if (result == 0) {
        lower_set(&range, &lower);
        result = upper_resolve(&range, line);
    }
    uint64_t *wanted = graph_set(graph, arena);
    for (size_t i = 0; result == 0 && i < range.upper.count; i++) {
        set_unite(wanted, graph_ancestors(graph, range.upper.items[i]), graph->words);
    }
    if (result == 0) {
        result = lower_check(&range, &lower, wanted);
    }
    if (result == 0 && beyond) {
        result = countdown_again(&range, line, &lower);
    }
    if (result == 0) {
        result = range_select(&range, &lower, wanted);
    }
    if (result == 0) {
        struct index_list order = order_make(graph, wanted, &range.upper, arena);
        *revisions = graph_revisions(graph, &order, arena);
    }
done:
    *fault = plan.fault;
    return result;
}
