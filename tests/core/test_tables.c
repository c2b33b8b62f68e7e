/* The state tables: a golden dump, no dead ends by accident, no state that nothing leads to. */
#include <criterion/criterion.h>

#include <string.h>

#include "tests/core/trace.h"

Test(tables, dump)
{
    struct buffer dump = {0};
    for (size_t i = 0; core_machine_name(i) != NULL; i++) {
        size_t count = 0;
        const struct state_row *rows = core_machine_rows(i, &count);
        buffer_printf(&dump, "%s\n", core_machine_name(i));
        for (size_t row = 0; row < count; row++) {
            buffer_printf(&dump, "  %-11s %-21s %-11s %s\n", rows[row].from, rows[row].event,
                          rows[row].to, rows[row].sentence);
        }
        core_machine_mermaid(i, &dump);
    }
    cr_expect(golden_equals("tables", buffer_text(&dump)));
    buffer_free(&dump);
}

static bool state_begins(const char *state)
{
    return strcmp(state, "none") == 0;
}

Test(tables, every_state_is_reached_and_no_row_is_there_twice)
{
    for (size_t i = 0; core_machine_name(i) != NULL; i++) {
        size_t count = 0;
        const struct state_row *rows = core_machine_rows(i, &count);
        for (size_t row = 0; row < count; row++) {
            bool reached = state_begins(rows[row].from);
            for (size_t other = 0; other < count; other++) {
                reached = reached || (strcmp(rows[other].to, rows[row].from) == 0 &&
                                      strcmp(rows[other].from, rows[row].from) != 0);
                bool twin = other != row && strcmp(rows[other].from, rows[row].from) == 0 &&
                            strcmp(rows[other].event, rows[row].event) == 0 &&
                            strcmp(rows[other].to, rows[row].to) == 0;
                cr_expect(!twin, "%s: %s %s %s stands twice", core_machine_name(i), rows[row].from,
                          rows[row].event, rows[row].to);
            }
            cr_expect(reached, "%s: nothing leads to %s", core_machine_name(i), rows[row].from);
            cr_expect_gt(strlen(rows[row].sentence), 0);
        }
    }
}

/* Events that record facts without moving any of the four machines. */
static const char *const quiet[] = {
    "SOURCE_DEFINED",   "SOURCE_LISTED",    "SOURCE_FAILED",      "PATH_PLANNED",  "WINDOW_DEFINED",
    "WINDOW_SCHEDULED", "THROTTLE_DEFINED", "DISCOVERY_REPEATED", "WAVE_APPROVED", "WAVE_RAMPED",
    "HOLD_PLACED",      "HOLD_LIFTED",      "LIMITS_SET",         "PLAN_CHANGED",  "ROLLBACK_ASKED",
    "CHECK_PASSED",     "CHECK_FAILED",     "SERVER_PROBED"};

Test(tables, every_event_that_moves_a_state_has_a_row)
{
#define FIELD(type, name)
#define EVENT_END(name)
#define EVENT_BEGIN(number, NAME, name, sentence) #NAME,
    static const char *const events[] = {
#include "coordinator/core/facts/events.def"
    };
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
    for (size_t event = 0; event < sizeof events / sizeof events[0]; event++) {
        bool found = false;
        for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++) {
            found = found || strcmp(events[event], quiet[i]) == 0;
        }
        for (size_t i = 0; core_machine_name(i) != NULL; i++) {
            size_t count = 0;
            const struct state_row *rows = core_machine_rows(i, &count);
            for (size_t row = 0; row < count; row++) {
                found = found || strcmp(rows[row].event, events[event]) == 0;
            }
        }
        cr_expect(found, "%s moves nothing and is not listed as quiet", events[event]);
    }
}
