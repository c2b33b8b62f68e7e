/* Targets grouped by their version rows. */
#include "cli/report/cohorts.h"

#include <stdlib.h>
#include <string.h>

#include "cli/text/revision_text.h"
#include "cli/text/table.h"
#include "common/vocabulary/job.h"

struct cohort {
    struct texts heads;
    size_t count;
};

static int heads_compare(struct texts a, struct texts b)
{
    for (size_t i = 0; i < a.count && i < b.count; i++) {
        int order = strcmp(a.items[i], b.items[i]);
        if (order != 0) {
            return order;
        }
    }
    return a.count < b.count ? -1 : a.count > b.count;
}

static int cohort_compare(const void *left, const void *right)
{
    const struct cohort *a = left;
    const struct cohort *b = right;
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return heads_compare(a->heads, b->heads);
}

/* "ae10 (head), 77ab", "<base>" for none, "ae10 (unknown)" when the graph lacks it. */
static void heads_append(struct texts heads, const struct graph *graph, const struct style *style,
                         struct buffer *out)
{
    if (heads.count == 0) {
        buffer_text_append(out, "<base>");
    }
    for (size_t i = 0; i < heads.count; i++) {
        const struct revision *revision = graph == NULL ? NULL : graph_find(graph, heads.items[i]);
        buffer_text_append(out, i > 0 ? ", " : "");
        style_append(style, TONE_STRONG, heads.items[i], out);
        if (revision != NULL) {
            style_append(style, TONE_GOOD, revision_head_mark(graph, revision), out);
        } else if (graph != NULL) {
            style_append(style, TONE_BAD, " (unknown)", out);
        }
    }
}

/* "upgrade of 4a6053e7d18f: 1 of 3 statements done, index i is invalid" */
static void unfinished_append(const struct target_status *target, const struct style *style,
                              struct buffer *out)
{
    struct buffer text = {0};
    for (size_t i = 0; i < target->unfinished.count; i++) {
        buffer_printf(&text, "%s%s", i > 0 ? ", " : "", target->unfinished.items[i]);
    }
    style_append(style, TONE_CAUTION, buffer_text(&text), out);
    buffer_free(&text);
}

static void groups_render(const struct target_status_list *targets, const struct graph *graph,
                          const struct style *style, struct arena *arena, struct buffer *out)
{
    struct cohort *cohorts = arena_array(arena, targets->count, sizeof *cohorts);
    size_t count = 0;
    for (size_t i = 0; i < targets->count; i++) {
        const struct target_status *target = &targets->items[i];
        size_t at = 0;
        while (at < count && heads_compare(cohorts[at].heads, target->heads) != 0) {
            at++;
        }
        if (target->inspected) {
            count += at == count ? 1 : 0;
            cohorts[at].heads = target->heads;
            cohorts[at].count++;
        }
    }
    if (count > 0) {
        qsort(cohorts, count, sizeof *cohorts, cohort_compare);
    }
    for (size_t i = 0; i < count; i++) {
        buffer_count(out, cohorts[i].count, "target");
        buffer_text_append(out, " at ");
        heads_append(cohorts[i].heads, graph, style, out);
        buffer_text_append(out, "\n");
    }
    for (size_t i = 0; i < targets->count; i++) {
        if (targets->items[i].unfinished.count > 0) {
            buffer_printf(out, "half done: %s: ", targets->items[i].place.name);
            unfinished_append(&targets->items[i], style, out);
            buffer_text_append(out, "\n");
        }
    }
}

static void every_render(const struct target_status_list *targets, const struct graph *graph,
                         const struct style *style, struct arena *arena, struct buffer *out)
{
    static const struct table_column columns[] = {
        {"NAME", false}, {"REVISION", false}, {"VERSION TABLE", false}};
    struct table table;
    struct buffer heads = {0};
    table_init(&table, arena, columns, 3);
    for (size_t i = 0; i < targets->count; i++) {
        const struct target_status *target = &targets->items[i];
        buffer_clear(&heads);
        if (target->inspected) {
            heads_append(target->heads, graph, style, &heads);
            if (target->reading.unrecorded.seen > 0 || target->reading.unrecorded.gone > 0) {
                buffer_text_append(&heads, "; ");
                unrecorded_append(&heads, target->reading.unrecorded.seen,
                                  target->reading.unrecorded.gone);
            }
            if (target->unfinished.count > 0) {
                buffer_text_append(&heads, "; half done: ");
                unfinished_append(target, style, &heads);
            }
        } else {
            buffer_text_append(&heads, "?");
        }
        const char *read =
            target->reading.version_table[0] != '\0' ? target->reading.version_table : "-";
        const char *cells[] = {target->place.name, buffer_text(&heads), read};
        table_row(&table, cells);
    }
    table_render(&table, style, out);
    buffer_free(&heads);
}

void cohorts_render(const struct target_status_list *targets, const struct graph *graph, bool every,
                    const struct style *style, struct buffer *out)
{
    struct arena arena = {0};
    if (every) {
        every_render(targets, graph, style, &arena, out);
    } else if (targets->count == 1 && targets->items[0].inspected) {
        heads_append(targets->items[0].heads, graph, style, out);
        if (targets->items[0].unfinished.count > 0) {
            buffer_text_append(out, "; half done: ");
            unfinished_append(&targets->items[0], style, out);
        }
        buffer_text_append(out, "\n");
    } else {
        groups_render(targets, graph, style, &arena, out);
    }
    arena_free(&arena);
}
