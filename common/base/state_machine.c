/* Checks and pictures of state machines (state_machine.h). */
#include "common/base/state_machine.h"

#include "common/base/impossible.h"

static const char *event_word(const struct state_machine *machine, unsigned event)
{
    for (size_t i = 0; i < machine->move_count; i++) {
        const struct state_move *move = &machine->moves[i];
        if (move->event == event && move->event_word != NULL) {
            return move->event_word;
        }
    }
    return "itself";
}

void state_machine_check(const struct state_machine *machine, unsigned from, unsigned event,
                         unsigned to)
{
    for (size_t i = 0; i < machine->move_count; i++) {
        const struct state_move *move = &machine->moves[i];
        if (move->from == from && move->event == event && move->to == to) {
            return;
        }
    }
    IMPOSSIBLE("no move of the %s leads from %s to %s by %s", machine->name,
               words_get(machine->states, from), words_get(machine->states, to),
               event_word(machine, event));
}

unsigned state_machine_move(const struct state_machine *machine, unsigned from, unsigned to,
                            const void *subject)
{
    state_machine_check(machine, from, 0, to);
    INVARIANT_THAT(machine->holds(subject, to),
                   "the %s went from %s to %s, and this does not hold: %s", machine->name,
                   words_get(machine->states, from), words_get(machine->states, to),
                   machine->conditions[to]);
    return to;
}

void state_machine_mermaid(const struct state_machine *machine, struct buffer *out)
{
    buffer_text_append(out, "stateDiagram-v2\n");
    for (size_t i = 0; i < machine->move_count; i++) {
        const struct state_move *move = &machine->moves[i];
        buffer_printf(out, "    %s --> %s: %s\n",
                      move->from == 0 ? "[*]" : words_get(machine->states, move->from),
                      move->to == 0 ? "[*]" : words_get(machine->states, move->to),
                      move->event_word != NULL ? move->event_word : move->meaning);
    }
}
