/* What is durable, and replays of it (batches.h). */
#include "coordinator/journal/journal.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/world.h"

enum { LOST_WHOLE = 300 }; /* permille */

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
    struct journal_batches *journal = &world->journal;
    journal->marks = array_room(journal->marks, journal->mark_count, &journal->mark_capacity,
                                sizeof *journal->marks);
    journal->marks[journal->mark_count++] = (struct journal_mark){
        payloads->length, journal->count, journal->epoch, world->coordinator.set_ms};
}

void batches_lose(struct world *world)
{
    struct journal_batches *journal = &world->journal;
    bool lost = random_permille(&world->random, LOST_WHOLE);
    uint32_t kept = lost ? 0 : (uint32_t)random_below(&world->random, journal->mark_count + 1);
    struct journal_mark mark = kept > 0 ? journal->marks[kept - 1] : (struct journal_mark){0};
    world_trace(world, "the journal is %s: %llu of %llu events",
                kept > 0 ? "an older copy" : "lost", (unsigned long long)mark.count,
                (unsigned long long)journal->count);
    journal->payloads.length = mark.length;
    journal->count = mark.count;
    journal->epoch = mark.epoch;
    journal->mark_count = kept;
    journal->losses++;
    world->sights.journals++;
}

void batches_replay(struct world *world, struct core *core, bool watched, const char *until)
{
    const struct buffer *payloads = &world->journal.payloads;
    bool over = false;
    const struct journal_mark *mark = world->journal.marks;
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
        mark += at > mark->length;
        if (watched) {
            world->check.set_ms = mark->set_ms;
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
    free(journal->marks);
}
