/* A ring of payloads. Copying one is all that an event costs: it is decoded when somebody dies. */
#include "coordinator/journal/trail.h"

#include <string.h>

#include "coordinator/journal/journal.h"

enum { LINE_BYTES = 1000 };

void trail_note(struct trail *trail, struct bytes payload)
{
    struct buffer *slot = &trail->payloads[++trail->sequence % TRAIL_EVENTS];
    buffer_clear(slot);
    buffer_append(slot, payload.data, payload.length);
}

void trail_note_events(struct trail *trail, const struct event *events, size_t count)
{
    size_t first = count > TRAIL_EVENTS ? count - TRAIL_EVENTS : 0;
    struct buffer payload = {0};
    trail->sequence += first;
    for (size_t i = first; i < count; i++) {
        buffer_clear(&payload);
        event_encode(&events[i], &payload);
        trail_note(trail, (struct bytes){(const uint8_t *)payload.data, payload.length});
    }
    buffer_free(&payload);
}

static void line_print(uint64_t sequence, const char *text, struct buffer *out)
{
    bool cut = strlen(text) > LINE_BYTES;
    buffer_printf(out, "    event %llu: %.*s%s\n", (unsigned long long)sequence, LINE_BYTES, text,
                  cut ? "..." : "");
}

static void event_line_print(uint64_t sequence, const struct event *event, struct buffer *out)
{
    struct buffer text = {0};
    event_print(event, &text);
    line_print(sequence, buffer_text(&text), out);
    buffer_free(&text);
}

static void payload_line_print(uint64_t sequence, const struct buffer *payload, struct buffer *out)
{
    struct arena arena = {0};
    struct event event;
    struct error error;
    struct bytes bytes = {(const uint8_t *)payload->data, payload->length};
    if (event_decode(bytes, &arena, &event, &error) == 0) {
        event_line_print(sequence, &event, out);
    } else {
        line_print(sequence, error.message, out);
    }
    arena_free(&arena);
}

void trail_print(const struct trail *trail, const struct event *pending, size_t pending_count,
                 struct buffer *out)
{
    uint64_t last = trail->sequence + pending_count;
    uint64_t first = last > TRAIL_EVENTS ? last - TRAIL_EVENTS + 1 : 1;
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        if (sequence <= trail->sequence) {
            payload_line_print(sequence, &trail->payloads[sequence % TRAIL_EVENTS], out);
        } else {
            event_line_print(sequence, &pending[sequence - trail->sequence - 1], out);
        }
    }
}

void trail_free(struct trail *trail)
{
    for (size_t i = 0; i < TRAIL_EVENTS; i++) {
        buffer_free(&trail->payloads[i]);
    }
    trail->sequence = 0;
}
