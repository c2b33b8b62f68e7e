/* Events as sentences for people. */
#include <criterion/criterion.h>

#include <string.h>

#include "coordinator/core/core.h"
#include "coordinator/shell/event_text.h"

static const struct core_ports no_ports;

static void expect_sentence(const struct event *event, const char *sentence)
{
    struct moves moves = {0};
    struct buffer text = {0};
    struct core *core = core_create(&no_ports);
    moves_describe(&moves, core, event, &text);
    cr_expect_str_eq(buffer_text(&text), sentence);
    buffer_free(&text);
    core_free(core);
}

Test(event_text, what_says_nothing_is_left_out)
{
    struct event event = {
        .type = EVENT_HOLD_PLACED,
        .hold_placed.hold = {.scope = "tier=gold", .who = {"ann", ""}, .targets = 1}};
    expect_sentence(&event, "part of the rollout paused: tier=gold, 1 target by ann");
    event.hold_placed.hold.who = (struct who){"", "lunch"};
    event.hold_placed.hold.targets = 0;
    expect_sentence(&event, "part of the rollout paused: tier=gold, 0 targets: lunch");
    event = (struct event){.type = EVENT_GATE_OPENED,
                           .gate_opened = {.digest = "0123456789abcdef", .left_out = 2}};
    expect_sentence(&event, "gate opened: plan 0123456789ab, 2 targets left out");
    event.gate_opened.left_out = 0;
    expect_sentence(&event, "gate opened: plan 0123456789ab");
}

/* Also of targets and jobs that nobody knows; a sentence that names no field of its event would end the process. */
Test(event_text, every_event_has_its_sentence)
{
    struct moves moves = {0};
    struct core *core = core_create(&no_ports);
    for (size_t i = 0; i < event_type_count; i++) {
        struct event event = {.type = event_types[i]};
        struct buffer text = {0};
        layout_absent(event_layout(event_types[i]), &event.epoch_claimed);
        moves_describe(&moves, core, &event, &text);
        cr_expect_gt(text.length, 0);
        cr_expect_null(strpbrk(buffer_text(&text), "[]{}"), "%s", buffer_text(&text));
        moves_remember(&moves, &event);
        buffer_free(&text);
    }
    moves_free(&moves);
    core_free(core);
}
