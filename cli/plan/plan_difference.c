/* What differs between two plans: each kind of thing is looked up by its key in the other plan. */
#include "cli/plan/plan_difference.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/number.h"

/* ---- SQL ---- */

static const struct plan_sql *step_find(const struct plan_document *document, const char *step)
{
    for (size_t i = 0; i < document->step_count; i++) {
        if (strcmp(document->steps[i].step, step) == 0) {
            return &document->steps[i];
        }
    }
    return NULL;
}

/* "+ae10" as "ae10, up" */
static void step_append(const struct plan_sql *step, struct buffer *out)
{
    buffer_printf(out, "%s (%s, %s)", step->file[0] == '\0' ? "a revision" : step->file,
                  step->step[0] == '\0' ? "" : step->step + 1,
                  step->step[0] == '-' ? "down" : "up");
}

static void steps_compare(const struct plan_document *kept, const struct plan_document *present,
                          struct buffer *out)
{
    for (size_t i = 0; i < kept->step_count; i++) {
        const struct plan_sql *step = &kept->steps[i];
        const struct plan_sql *other = step_find(present, step->step);
        if (other == NULL || strcmp(other->sql, step->sql) != 0) {
            buffer_text_append(out, "SQL: ");
            step_append(step, out);
            buffer_text_append(out, other == NULL ? " is no longer run\n" : " was changed\n");
        }
    }
    for (size_t i = 0; i < present->step_count; i++) {
        if (step_find(kept, present->steps[i].step) == NULL) {
            buffer_text_append(out, "SQL: ");
            step_append(&present->steps[i], out);
            buffer_text_append(out, " is new\n");
        }
    }
}

void plan_sql_difference_append(const struct plan_document *kept, const struct graph *graph,
                                struct buffer *out)
{
    struct arena arena = {0};
    struct plan_document present = {0};
    struct message_plan same_steps = {.digest = "", .bundle = "", .paths = kept->plan.paths};
    struct target_status_list none = {0};
    plan_document_fill(&present, &same_steps, &none, graph, &arena);
    for (size_t i = 0; i < present.step_count; i++) {
        const struct plan_sql *step = step_find(kept, present.steps[i].step);
        bool gone = present.steps[i].file[0] == '\0';
        if (step != NULL && (gone || strcmp(step->sql, present.steps[i].sql) != 0)) {
            buffer_text_append(out, "SQL: ");
            step_append(step, out);
            buffer_text_append(out, gone ? " is not among the files\n" : " was changed\n");
        }
    }
    arena_free(&arena);
}

/* ---- policy ---- */

static bool key_equals(const char *pair, const char *key, size_t length)
{
    return strncmp(pair, key, length) == 0 && pair[length] == '=';
}

/* All values of a key, as it may stand there several times: "select 1, select 2". */
static bool values_append(struct texts policy, const char *key, size_t length, struct buffer *out)
{
    bool found = false;
    for (size_t i = 0; i < policy.count; i++) {
        if (key_equals(policy.items[i], key, length)) {
            buffer_printf(out, "%s%s", found ? ", " : "", policy.items[i] + length + 1);
            found = true;
        }
    }
    if (!found) {
        buffer_text_append(out, "nothing");
    } else if (out->length == 0) {
        buffer_text_append(out, "\"\"");
    }
    return found;
}

static bool key_seen(struct texts policy, size_t before, const char *key, size_t length)
{
    for (size_t i = 0; i < before; i++) {
        if (key_equals(policy.items[i], key, length)) {
            return true;
        }
    }
    return false;
}

/* Keys of `policy`, each once; `only_new`: those that the other lacks. */
static void policy_compare(struct texts policy, struct texts other, bool only_new,
                           struct buffer *out)
{
    for (size_t i = 0; i < policy.count; i++) {
        const char *key = policy.items[i];
        size_t length = strcspn(key, "=");
        struct buffer here = {0};
        struct buffer there = {0};
        if (!key_seen(policy, i, key, length)) {
            (void)values_append(policy, key, length, &here);
            bool common = values_append(other, key, length, &there);
            if (only_new && !common) {
                buffer_printf(out, "policy: %.*s was nothing, is %s\n", (int)length, key,
                              buffer_text(&here));
            } else if (!only_new && strcmp(buffer_text(&here), buffer_text(&there)) != 0) {
                buffer_printf(out, "policy: %.*s was %s, is %s\n", (int)length, key,
                              buffer_text(&here), buffer_text(&there));
            }
        }
        buffer_free(&here);
        buffer_free(&there);
    }
}

/* ---- targets ---- */

static int name_compare(const void *left, const void *right)
{
    const struct target_status *a = left;
    const struct target_status *b = right;
    return strcmp(a->place.name, b->place.name);
}

/* Copies, by name. */
static const struct target_status *targets_sort(const struct target_status_list *targets,
                                                struct arena *arena)
{
    struct target_status *sorted = arena_array(arena, targets->count, sizeof *sorted);
    if (targets->count > 0) {
        memcpy(sorted, targets->items, targets->count * sizeof *sorted);
        qsort(sorted, targets->count, sizeof *sorted, name_compare);
    }
    return sorted;
}

static void heads_append(struct texts heads, struct buffer *out)
{
    buffer_text_append(out, heads.count == 0 ? "<base>" : "");
    for (size_t i = 0; i < heads.count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", heads.items[i]);
    }
}

/* Names of one kind of difference, in a line. */
struct difference {
    const char *kind;
    struct buffer names;
    size_t count;
};

static void difference_add(struct difference *difference, const char *name)
{
    if (difference->count++ < DIFFERENCE_NAMES_SHOWN) {
        buffer_printf(&difference->names, "%s%s", difference->count > 1 ? ", " : "", name);
    }
}

static void difference_end(struct difference *difference, struct buffer *out)
{
    if (difference->count > 0) {
        buffer_count(out, difference->count, "target");
        buffer_printf(out, " %s: %s", difference->kind, buffer_text(&difference->names));
        if (difference->count > DIFFERENCE_NAMES_SHOWN) {
            char text[NUMBER_TEXT_BYTES];
            buffer_printf(out, " and %s more",
                          number_text(difference->count - DIFFERENCE_NAMES_SHOWN, text));
        }
        buffer_text_append(out, "\n");
    }
    buffer_free(&difference->names);
}

static void moved_add(struct difference *moved, const struct target_status *was,
                      const struct target_status *is)
{
    struct buffer text = {0};
    buffer_printf(&text, "%s (", was->place.name);
    heads_append(was->heads, &text);
    buffer_text_append(&text, " -> ");
    heads_append(is->heads, &text);
    buffer_text_append(&text, ")");
    difference_add(moved, buffer_text(&text));
    buffer_free(&text);
}

static void targets_compare(const struct plan_document *kept, const struct plan_document *present,
                            struct buffer *out)
{
    struct arena arena = {0};
    const struct target_status *a = targets_sort(&kept->targets, &arena);
    const struct target_status *b = targets_sort(&present->targets, &arena);
    struct difference added = {.kind = "new"};
    struct difference gone = {.kind = "gone"};
    struct difference moved = {.kind = "moved since"};
    struct difference elsewhere = {.kind = "found elsewhere"};
    struct difference waved = {.kind = "in another wave"};
    size_t i = 0;
    size_t k = 0;
    while (i < kept->targets.count || k < present->targets.count) {
        int order = i == kept->targets.count      ? 1
                    : k == present->targets.count ? -1
                                                  : strcmp(a[i].place.name, b[k].place.name);
        if (order < 0) {
            difference_add(&gone, a[i++].place.name);
            continue;
        }
        if (order > 0) {
            difference_add(&added, b[k++].place.name);
            continue;
        }
        if (!texts_equal(a[i].heads, b[k].heads)) {
            moved_add(&moved, &a[i], &b[k]);
        }
        if (strcmp(a[i].place.url, b[k].place.url) != 0 ||
            strcmp(a[i].place.schema, b[k].place.schema) != 0 ||
            strcmp(a[i].place.search_path, b[k].place.search_path) != 0) {
            difference_add(&elsewhere, a[i].place.name);
        }
        if (a[i].wave != b[k].wave) {
            difference_add(&waved, a[i].place.name);
        }
        i++;
        k++;
    }
    difference_end(&added, out);
    difference_end(&gone, out);
    difference_end(&moved, out);
    difference_end(&elsewhere, out);
    difference_end(&waved, out);
    arena_free(&arena);
}

void plan_difference_append(const struct plan_document *kept, const struct plan_document *present,
                            struct buffer *out)
{
    steps_compare(kept, present, out);
    policy_compare(kept->plan.policy, present->plan.policy, false, out);
    policy_compare(present->plan.policy, kept->plan.policy, true, out);
    targets_compare(kept, present, out);
}
