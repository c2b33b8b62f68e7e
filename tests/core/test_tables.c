/* The state tables: a golden dump, no event that should move a state and does not. */
#include <criterion/criterion.h>

#include <string.h>

#include "common/base/array.h"
#include "common/base/state_machine.h"
#include "coordinator/core/core.h"
#include "coordinator/core/facts/machine.h"
#include "tests/lib/golden.h"

Test(tables, dump)
{
    struct buffer dump = {0};
    for (size_t i = 0; core_machine(i) != NULL; i++) {
        const struct state_machine *machine = core_machine(i);
        buffer_printf(&dump, "%s\n", machine->name);
        for (size_t row = 0; row < machine->move_count; row++) {
            const struct state_move *move = &machine->moves[row];
            buffer_printf(&dump, "  %-11s %-21s %-11s %s\n", words_get(machine->states, move->from),
                          move->event_word, words_get(machine->states, move->to), move->meaning);
        }
        state_machine_mermaid(machine, &dump);
    }
    golden_check("core/golden/tables.txt", buffer_text(&dump));
    buffer_free(&dump);
}

/* Events that record facts without moving any of the four machines. */
static const char *const quiet[] = {
    "SOURCE_DEFINED",       "SOURCE_LISTED",      "SOURCE_FAILED",     "PATH_PLANNED",
    "WINDOW_DEFINED",       "WINDOW_SCHEDULED",   "THROTTLE_DEFINED",  "DISCOVERY_REPEATED",
    "WAVE_APPROVED",        "WAVE_RAMPED",        "HOLD_PLACED",       "HOLD_LIFTED",
    "LIMITS_SET",           "PLAN_CHANGED",       "ROLLBACK_ASKED",    "CHECK_PASSED",
    "CHECK_FAILED",         "SERVER_PROBED",      "CLOCK_SET",         "SCRIPT_SPOKE",
    "JOB_SETTLED",          "SERVER_REACHED",     "TIMELINE_MOVED",    "WAVE_FILLED",
    "TARGET_ASKED",         "SERVER_UNSURE",      "TARGET_SKIP_ASKED", "STATEMENT_ANSWERED",
    "SAFEGUARD_OVERRIDDEN", "SAFEGUARD_RESTORED", "CONFIGURATION_READ"};

Test(tables, every_event_that_moves_a_state_has_a_row)
{
    for (size_t event = 0; event < event_type_count; event++) {
        const char *name = event_name(event_types[event]);
        bool found = false;
        for (size_t i = 0; i < LENGTH(quiet); i++) {
            found = found || strcmp(name, quiet[i]) == 0;
        }
        for (size_t i = 0; core_machine(i) != NULL; i++) {
            const struct state_machine *machine = core_machine(i);
            for (size_t row = 0; row < machine->move_count; row++) {
                found = found || strcmp(machine->moves[row].event_word, name) == 0;
            }
        }
        cr_expect(found, "%s moves nothing and is not listed as quiet", name);
    }
}
