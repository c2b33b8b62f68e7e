/* The state machines of all rooms: tables without slips, and docs/architecture.md shows them as they
 * are; UPDATE_GOLDEN=1 writes it. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/state_machine.h"
#include "common/wire/stream.h"
#include "coordinator/core/core.h"
#include "coordinator/core/facts/machine.h"
#include "worker/deploy/states.h"
#include "worker/link/states.h"
#include "worker/look/look.h"

static const char page_path[] = "docs/architecture.md";
static const char begin_mark[] = "<!-- machines: begin -->\n";
static const char end_mark[] = "<!-- machines: end -->\n";

static void page_read(struct buffer *out)
{
    FILE *file = fopen(page_path, "r");
    cr_assert_not_null(file);
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        buffer_append(out, chunk, got);
    }
    (void)fclose(file);
}

/* ---- the machines ---- */

/* The core's first; NULL after the last. */
static const struct state_machine *machine_at(size_t index)
{
    static const struct state_machine *const others[] = {
        &stream_machine, &link_machine, &life_machine, &deploy_machine, &look_machine};
    size_t of_core = 0;
    while (core_machine(of_core) != NULL) {
        of_core++;
    }
    if (index < of_core) {
        return core_machine(index);
    }
    return index - of_core < LENGTH(others) ? others[index - of_core] : NULL;
}

static const char *from_word(const struct state_machine *machine, size_t move)
{
    return words_get(machine->states, machine->moves[move].from);
}

static const char *to_word(const struct state_machine *machine, size_t move)
{
    return words_get(machine->states, machine->moves[move].to);
}

static bool is_twin(const struct state_move *left, const struct state_move *right)
{
    return left->from == right->from && left->event == right->event && left->to == right->to;
}

Test(machines, every_state_is_reached_and_no_row_is_there_twice)
{
    for (size_t i = 0; machine_at(i) != NULL; i++) {
        const struct state_machine *machine = machine_at(i);
        const struct state_move *moves = machine->moves;
        for (size_t row = 0; row < machine->move_count; row++) {
            bool reached = moves[row].from == 0;
            for (size_t other = 0; other < machine->move_count; other++) {
                reached = reached || (moves[other].to == moves[row].from &&
                                      moves[other].from != moves[row].from);
                cr_expect(other == row || !is_twin(&moves[row], &moves[other]),
                          "%s: %s to %s stands twice", machine->name, from_word(machine, row),
                          to_word(machine, row));
            }
            cr_expect(reached, "%s: nothing leads to %s", machine->name, from_word(machine, row));
            cr_expect_gt(strlen(moves[row].meaning), 0);
        }
    }
}

/* ---- the page ---- */

static void moves_render(const struct state_machine *machine, struct buffer *out)
{
    bool by_event = machine->moves[0].event_word != NULL;
    buffer_text_append(out, by_event ? "\n| from | event | to | meaning |\n|---|---|---|---|\n"
                                     : "\n| from | to | meaning |\n|---|---|---|\n");
    for (size_t row = 0; row < machine->move_count; row++) {
        buffer_printf(out, "| %s |", from_word(machine, row));
        if (by_event) {
            buffer_printf(out, " %s |", machine->moves[row].event_word);
        }
        buffer_printf(out, " %s | %s |\n", to_word(machine, row), machine->moves[row].meaning);
    }
}

/* What a move asserts on its arrival; `true` asserts nothing. */
static void conditions_render(const struct state_machine *machine, struct buffer *out)
{
    buffer_text_append(out, "\n| state | holds on arrival |\n|---|---|\n");
    for (unsigned state = 0; state < machine->states->count; state++) {
        if (strcmp(machine->conditions[state], "true") != 0) {
            buffer_printf(out, "| %s | `%s` |\n", words_get(machine->states, state),
                          machine->conditions[state]);
        }
    }
}

static void machine_render(const struct state_machine *machine, struct buffer *out)
{
    buffer_printf(out, "\n### The %s\n\n```mermaid\n", machine->name);
    state_machine_mermaid(machine, out);
    buffer_text_append(out, "```\n");
    moves_render(machine, out);
    if (machine->conditions != NULL) {
        conditions_render(machine, out);
    }
}

static void machines_render(struct buffer *out)
{
    for (size_t i = 0; machine_at(i) != NULL; i++) {
        machine_render(machine_at(i), out);
    }
    buffer_text_append(out, "\n");
}

Test(machines, architecture_shows_the_tables)
{
    struct buffer page = {0};
    struct buffer machines = {0};
    page_read(&page);
    machines_render(&machines);
    const char *begin = strstr(buffer_text(&page), begin_mark);
    const char *end = strstr(buffer_text(&page), end_mark);
    cr_assert(begin != NULL && end != NULL && begin < end);
    begin += strlen(begin_mark);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(page_path, "w");
        cr_assert_not_null(file);
        (void)fwrite(page.data, 1, (size_t)(begin - page.data), file);
        (void)fputs(buffer_text(&machines), file);
        (void)fputs(end, file);
        cr_assert_eq(fclose(file), 0);
    } else {
        bool equal = (size_t)(end - begin) == machines.length &&
                     strncmp(begin, buffer_text(&machines), machines.length) == 0;
        cr_expect(equal,
                  "%s differs from the state tables: UPDATE_GOLDEN=1 test_machines writes it",
                  page_path);
    }
    buffer_free(&page);
    buffer_free(&machines);
}
