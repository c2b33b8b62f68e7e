/* Fuzzing the revision graph and its planner. An input is a small graph, of which the bits tell
 * parents, dependencies and labels (cycles and unknown names included), and then a target as text.
 *
 * A plan that is made must keep the rule of docs/design/alembic.md, section 5, after every step, and
 * lead back to where it began or say why not; no input may crash.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/revision/plan.h"
#include "common/revision/range.h"
#include "common/revision/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REVISIONS_MAX = 8, SPEC_BYTES_MAX = 64 };

struct input {
    const uint8_t *data;
    size_t size;
};

static uint8_t byte_take(struct input *input)
{
    if (input->size == 0) {
        return 0;
    }
    input->size--;
    return *input->data++;
}

/* Names of the revisions whose bits are set; bit 7 of the last one may mean nobody. */
static void names_append(const char *field, uint8_t bits, size_t count, struct buffer *out)
{
    const char *separator = "";
    buffer_printf(out, "-- %s:", field);
    for (size_t i = 0; i < count; i++) {
        if ((bits >> i & 1) != 0) {
            buffer_printf(out, "%s r%zuab", separator, i);
            separator = ",";
        }
    }
    buffer_text_append(out, "\n");
}

/* One byte each for parents, dependencies, and what else; links mostly lead to earlier revisions,
 * so that most graphs are of use. */
static struct graph *graph_take(struct input *input, struct arena *arena,
                                struct diagnostics *diagnostics)
{
    size_t count = byte_take(input) % (REVISIONS_MAX + 1);
    struct revision **revisions = arena_array(arena, count, sizeof *revisions);
    for (size_t i = 0; i < count; i++) {
        uint8_t parents = byte_take(input);
        uint8_t depends = byte_take(input);
        uint8_t other = byte_take(input);
        bool wild = other == 0xff;
        uint8_t earlier = (uint8_t)((1u << i) - 1);
        struct buffer text = {0};
        buffer_printf(&text, "-- Revision ID: r%zuab\n", i);
        names_append("Revises", wild ? parents : parents & earlier, REVISIONS_MAX, &text);
        depends = (other & 2) != 0 ? depends : 0;
        if (depends != 0) {
            names_append("Depends On", wild ? depends : depends & earlier, REVISIONS_MAX, &text);
        }
        if ((other & 1) != 0) {
            buffer_printf(&text, "-- Branch Labels: l%u\n", other >> 5);
        }
        buffer_text_append(&text, "\n-- migrate:up\n-- migrate:down\n");
        revisions[i] = revision_parse(arena, arena_printf(arena, "%zu.sql", i), buffer_text(&text),
                                      text.length, diagnostics);
        if (revisions[i] == NULL) {
            abort(); /* it has an id */
        }
        buffer_free(&text);
    }
    return graph_build(arena, revisions, count, diagnostics);
}

/* No row may be implied by another one. */
static void rows_check(const struct graph *graph, struct texts rows, struct arena *arena)
{
    for (size_t i = 0; i < rows.count; i++) {
        struct revision_list applied;
        struct error error;
        if (graph_applied(graph, &rows.items[i], 1, arena, &applied, &error) < 0) {
            abort();
        }
        for (size_t k = 0; k < applied.count; k++) {
            for (size_t other = 0; other < rows.count; other++) {
                if (other != i && strcmp(applied.items[k]->id, rows.items[other]) == 0) {
                    abort();
                }
            }
        }
    }
}

static void steps_check(const struct graph *graph, const struct plan *plan, struct arena *arena)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        rows_check(graph, plan->steps[i].rows_after, arena);
    }
}

static void graph_ask(const struct graph *graph, struct texts rows, const char *spec,
                      struct arena *arena)
{
    struct plan plan;
    struct error error = {0};
    struct revision_list found;
    enum plan_fault fault;
    struct texts none = {0};
    struct texts one = {.items = &spec, .count = 1};
    for (int direction = DIRECTION_UP; direction <= DIRECTION_DOWN; direction++) {
        if (plan_make(graph, (enum direction)direction, spec, rows, arena, &plan, &error) == 0) {
            steps_check(graph, &plan, arena);
            if (plan_make(graph, DIRECTION_DOWN, "base", plan.to, arena, &plan, &error) != 0 ||
                plan.to.count > 0) {
                abort(); /* everything can be dropped */
            }
        } else if (plan.fault == PLAN_FAULT_NONE) {
            abort();
        }
    }
    if (stamp_make(graph, one, false, rows, rows, arena, &plan, &error) == 0) {
        steps_check(graph, &plan, arena);
    }
    if (stamp_make(graph, one, true, rows, rows, arena, &plan, &error) == 0) {
        steps_check(graph, &plan, arena);
    }
    (void)range_symbol(graph, spec, arena, &found, &fault, &error);
    if (range_revisions(graph, spec, rows, arena, &found, &fault, &error) != 0 &&
        fault == PLAN_FAULT_NONE) {
        abort();
    }
    if (plan_make(graph, DIRECTION_UP, "heads", none, arena, &plan, &error) != 0 ||
        plan.step_count != graph_size(graph) ||
        graph_history(graph, arena).count != graph_size(graph)) {
        abort(); /* every revision is reached, once */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.data = data, .size = size};
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    struct graph *graph = graph_take(&input, &arena, &diagnostics);
    if (diagnostics.error_count == 0) {
        struct plan plan;
        struct error error = {0};
        struct texts rows = {0};
        const char *id = arena_printf(&arena, "r%uab", byte_take(&input) % (REVISIONS_MAX + 1));
        if (plan_make(graph, DIRECTION_UP, id, rows, &arena, &plan, &error) == 0) {
            rows = plan.to;
        }
        size_t length = input.size < SPEC_BYTES_MAX ? input.size : SPEC_BYTES_MAX;
        char *spec = arena_strndup(&arena, (const char *)input.data, length);
        graph_ask(graph, rows, spec, &arena);
    } else if (graph_fault(graph) == GRAPH_FAULT_NONE || graph_size(graph) != 0) {
        abort(); /* the headers are right, so the graph is what is wrong */
    }
    diagnostics_free(&diagnostics);
    arena_free(&arena);
    return 0;
}
