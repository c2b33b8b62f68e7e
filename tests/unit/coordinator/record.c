/* Events as the world has encoded them, appended in batches (record.h). */
#include "tests/unit/coordinator/record.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/array.h"
#include "tests/lib/world/world.h"

struct record record;

static void record_open(void)
{
    struct error error;
    record = (struct record){.journal = journal_sqlite_open(bench.journal_path, &error)};
    cr_assert_not_null(record.journal, "%s", error.message);
    cr_assert_eq(journal_claim(record.journal, &error), 1);
}

void record_init(void)
{
    bench_init();
    record_open();
}

void record_fini(void)
{
    journal_close(record.journal);
    arena_free(&record.answers);
    bench_fini();
}

static void appended_note(const struct error *error, void *context)
{
    cr_assert_null(error);
    *(bool *)context = true;
}

void record_append(const struct event *events, size_t count)
{
    bool appended = false;
    journal_append(record.journal, &bench.loop, events, count, appended_note, &appended);
    RUN_UNTIL(appended);
}

/* The world's is lost, or an older copy. */
static void record_renew(uint32_t losses)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    journal_close(record.journal);
    arena_free(&record.answers);
    for (size_t i = 0; i < LENGTH(suffixes); i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "%s%s", bench.journal_path, suffixes[i]);
        (void)unlink(path);
    }
    record_open();
    record.losses = losses;
}

static void world_read(const struct world *world)
{
    if (record.losses != world->journal.losses) {
        record_renew(world->journal.losses);
    }
    const struct buffer *payloads = &world->journal.payloads;
    struct arena arena = {0};
    struct error error;
    struct event events[256];
    size_t count = 0;
    while (record.read < payloads->length) {
        uint32_t length;
        memcpy(&length, payloads->data + record.read, sizeof length);
        const uint8_t *payload = (const uint8_t *)payloads->data + record.read + sizeof length;
        cr_assert_eq(
            event_decode((struct bytes){payload, length}, &arena, &events[count++], &error), 0);
        record.read += sizeof length + length;
        if (count == LENGTH(events) || record.read == payloads->length) {
            record_append(events, count);
            count = 0;
        }
    }
    arena_free(&arena);
}

struct message_forecast record_forecast(const struct world *world)
{
    struct error error;
    struct message_forecast forecast;
    world_read(world);
    cr_assert_eq(journal_bundle_put(record.journal, bundle_digest(world->bundle),
                                    bundle_bytes(world->bundle), &error),
                 0);
    struct journal *reader = journal_reader(record.journal, NULL, &error);
    cr_assert_not_null(reader, "%s", error.message);
    arena_free(&record.answers);
    cr_assert_eq(forecast_make(reader, coordinator_clock_ms(world), NULL, &record.answers,
                               &forecast, &error),
                 0, "%s", error.message);
    journal_close(reader);
    return forecast;
}
