/* What is durable, and replays of it (batches.h). */
#include "coordinator/journal/journal.h"

#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/world.h"

void batches_write(struct world *world, const struct core_output *output)
{
    struct buffer *payloads = &world->journal.payloads;
    for (size_t i = 0; i < output->event_count; i++) {
        size_t begin = payloads->length;
        uint32_t length = 0;
        buffer_append(payloads, &length, sizeof length);
        event_encode(&output->events[i], payloads);
        length = (uint32_t)(payloads->length - begin - sizeof length);
        memcpy(payloads->data + begin, &length, sizeof length);
        for (uint32_t j = 0; j < length; j++) {
            uint8_t byte = (uint8_t)payloads->data[begin + sizeof length + j];
            world->hash = (world->hash ^ byte) * 0x100000001b3u;
        }
        world->journal.count++;
    }
}

void batches_replay(struct world *world, struct core *core, bool watched, const char *until)
{
    const struct buffer *payloads = &world->journal.payloads;
    bool over = false;
    for (size_t at = 0; at < payloads->length && !over;) {
        uint32_t length;
        memcpy(&length, payloads->data + at, sizeof length);
        at += sizeof length;
        struct bytes payload = {(const uint8_t *)payloads->data + at, length};
        at += length;
        struct arena arena = {0};
        struct event event;
        struct error error;
        if (event_decode(payload, &arena, &event, &error) != 0) {
            check_fail(world, "the journal can be read", "%s", error.message);
            arena_free(&arena);
            return;
        }
        core_apply(core, &event);
        if (watched) {
            check_event(world, &event);
        }
        over = until != NULL && event.type == EVENT_ROLLOUT_FINISHED &&
               strcmp(core_rollout(core)->policy.rollout, until) == 0;
        arena_free(&arena);
    }
}

void batches_free(struct journal_batches *journal)
{
    buffer_free(&journal->payloads);
}
