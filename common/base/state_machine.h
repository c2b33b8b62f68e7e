/* State machines as data: which moves there are, and what must be true in each state.
 *
 * A machine is a list of states and a list of moves beside its enum, two X-macros:
 *
 *   #define DOOR_STATE_LIST(X) X(DOOR_SHUT, "shut", door->latched) ...
 *   #define DOOR_MOVE_LIST(X)  X(DOOR_SHUT, DOOR_OPEN, "somebody pushes it") ...
 *
 * The enum, the words, the check of every move, the check of every state, the diagrams and tables
 * in docs/architecture.md come from these two. State 0 is the beginning.
 */
#ifndef DROVER_BASE_STATE_MACHINE_H
#define DROVER_BASE_STATE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/base/words.h"

struct state_move {
    unsigned from;
    unsigned event; /* what it follows from; 0 in a machine without events */
    unsigned to;
    const char *event_word; /* NULL in a machine without events */
    const char *meaning;
};

struct state_machine {
    const char *name; /* "deploy" */
    const struct words *states;
    const struct state_move *moves;
    size_t move_count;
    /* Whether all is as it must be once `subject` is in `state`; NULL: nothing is asserted. */
    bool (*holds)(const void *subject, unsigned state);
    const char *const *conditions; /* what `holds` asks, as it stands in the code, by state */
};

/* What the lists expand to. */
#define STATE_NUMBER(NAME, word, condition)    NAME,
#define STATE_WORD(NAME, word, condition)      word,
#define STATE_CONDITION(NAME, word, condition) #condition,
#define STATE_HOLDS(NAME, word, condition)                                                         \
    if (state == (unsigned)(NAME)) {                                                               \
        return condition;                                                                          \
    }
#define STATE_MOVE(FROM, TO, meaning) {FROM, 0, TO, NULL, meaning},

/* Defines the machine without events `machine` from its two lists and its `holds`. */
#define STATE_MACHINE(machine, word, STATES, MOVES, asserted)                                      \
    static const char *const machine##_items[] = {STATES(STATE_WORD)};                             \
    static const struct words machine##_states = {machine##_items, LENGTH(machine##_items), -1};   \
    static const char *const machine##_conditions[] = {STATES(STATE_CONDITION)};                   \
    static const struct state_move machine##_moves[] = {MOVES(STATE_MOVE)};                        \
    const struct state_machine machine = {                                                         \
        .name = word,                                                                              \
        .states = &machine##_states,                                                               \
        .moves = machine##_moves,                                                                  \
        .move_count = LENGTH(machine##_moves),                                                     \
        .holds = asserted,                                                                         \
        .conditions = machine##_conditions,                                                        \
    }

/* Dies unless the machine has this move: what no table knows is a fault of the program or of the
 * journal, and going on would make it worse. */
void state_machine_check(const struct state_machine *machine, unsigned from, unsigned event,
                         unsigned to);

/* The same for a machine without events; dies as well unless the condition of the state `to` holds
 * for `subject`. Returns `to`, for the caller to keep. */
unsigned state_machine_move(const struct state_machine *machine, unsigned from, unsigned to,
                            const void *subject);

/* The diagram, as mermaid. */
void state_machine_mermaid(const struct state_machine *machine, struct buffer *out);

#endif
