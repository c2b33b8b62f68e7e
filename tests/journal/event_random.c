/* One drawing and one comparison for all structs of lists: tests/wire/generate.h. */
#include "tests/journal/event_random.h"

#include <string.h>

#include "tests/wire/generate.h"

void event_random(enum event_type type, uint64_t seed, struct arena *arena, struct event *event)
{
    struct generator generator = {.state = seed, .arena = arena};
    memset(event, 0, sizeof *event);
    event->type = type;
    event->at_ms = generate_number(&generator);
    generate_struct(&generator, event_layout(type), &event->epoch_claimed);
}

bool event_equal(const struct event *left, const struct event *right)
{
    return left->type == right->type && left->at_ms == right->at_ms &&
           layout_equal(event_layout(left->type), event_body(left), event_body(right));
}
