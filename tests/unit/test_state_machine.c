/* common/base/state_machine: a door that dies of what its table does not know. */
#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>

#include "common/base/state_machine.h"
#include "tests/lib/last_words.h"

struct door {
    bool latched;
};

#define DOOR_STATE_LIST(X)                                                                         \
    X(DOOR_NONE, "none", true)                                                                     \
    X(DOOR_SHUT, "shut", door->latched)                                                            \
    X(DOOR_OPEN, "open", !door->latched)

#define DOOR_MOVE_LIST(X)                                                                          \
    X(DOOR_NONE, DOOR_SHUT, "is hung")                                                             \
    X(DOOR_SHUT, DOOR_OPEN, "somebody pushes it")                                                  \
    X(DOOR_OPEN, DOOR_NONE, "is taken down")

enum door_state { DOOR_STATE_LIST(STATE_NUMBER) };

static bool door_holds(const void *subject, unsigned state)
{
    const struct door *door = subject;
    DOOR_STATE_LIST(STATE_HOLDS)
    return false;
}

extern const struct state_machine machine;
STATE_MACHINE(machine, "door", DOOR_STATE_LIST, DOOR_MOVE_LIST, door_holds);

static const struct door latched = {.latched = true};

Test(state_machine, moves_along_its_table)
{
    cr_expect_eq(state_machine_move(&machine, DOOR_NONE, DOOR_SHUT, &latched), DOOR_SHUT);
    const struct door open = {.latched = false};
    cr_expect_eq(state_machine_move(&machine, DOOR_SHUT, DOOR_OPEN, &open), DOOR_OPEN);
}

static void dies_with(void (*die)(void), const char *expected)
{
    struct buffer said = {0};
    cr_expect_eq(last_words(die, &said), 128 + SIGABRT);
    cr_expect_not_null(strstr(buffer_text(&said), expected), "%s", buffer_text(&said));
    buffer_free(&said);
}

static void leap(void)
{
    (void)state_machine_move(&machine, DOOR_NONE, DOOR_OPEN, &latched);
}

static void open_latched(void)
{
    (void)state_machine_move(&machine, DOOR_SHUT, DOOR_OPEN, &latched);
}

Test(state_machine, dies_of_a_move_that_is_not_in_the_table)
{
    dies_with(leap, "no move of the door leads from none to open by itself\n");
}

Test(state_machine, dies_in_a_state_whose_condition_does_not_hold)
{
    dies_with(open_latched,
              "the door went from shut to open, and this does not hold: !door->latched\n");
}

static void leap_by_event(void)
{
    static const struct state_move rows[] = {
        {DOOR_NONE, 4, DOOR_SHUT, "HUNG", "is hung"},
        {DOOR_SHUT, 5, DOOR_OPEN, "PUSHED", "somebody pushes it"},
    };
    const struct state_machine by_event = {
        .name = "door", .states = machine.states, .moves = rows, .move_count = 2};
    state_machine_check(&by_event, DOOR_SHUT, 5, DOOR_OPEN);
    state_machine_check(&by_event, DOOR_SHUT, 4, DOOR_OPEN);
}

Test(state_machine, names_the_event)
{
    dies_with(leap_by_event, "no move of the door leads from shut to open by HUNG\n");
}

Test(state_machine, draws_itself)
{
    struct buffer out = {0};
    state_machine_mermaid(&machine, &out);
    cr_expect_str_eq(buffer_text(&out), "stateDiagram-v2\n"
                                        "    [*] --> shut: is hung\n"
                                        "    shut --> open: somebody pushes it\n"
                                        "    open --> [*]: is taken down\n");
    buffer_free(&out);
}
