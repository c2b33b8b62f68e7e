/* The journal in memory: for tests, with faults, and for surveys that leave no trace.
 *
 * Events are kept encoded, so that whatever runs over it also runs over the codec.
 */
#include "coordinator/journal/store.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/journal/completion.h"

struct held_bundle {
    const char *digest; /* in the journal's arena, like the content */
    struct bytes content;
    struct held_bundle *next;
};

struct memory_journal {
    struct journal journal;
    struct journal_failures *failures; /* borrowed, or NULL */
    uint64_t epoch;
    uint64_t append_count;  /* appends asked for, so far */
    struct buffer payloads; /* each with its length before it (uint32_t, host order) */
    struct arena arena;
    struct held_bundle *bundles;
    struct completion *completion;
    bool waiting; /* an append is held back */
    bool waiting_failed;
    struct error error;
};

static struct memory_journal *memory_of(struct journal *journal)
{
    return (struct memory_journal *)journal;
}

static uint64_t memory_claim(struct journal *journal, struct error *error)
{
    (void)error;
    return ++memory_of(journal)->epoch;
}

static int memory_replay(struct journal *journal, journal_apply *apply, void *context,
                         struct error *error)
{
    struct memory_journal *memory = memory_of(journal);
    for (size_t at = 0; at < memory->payloads.length;) {
        uint32_t length;
        memcpy(&length, memory->payloads.data + at, sizeof length);
        at += sizeof length;
        struct bytes payload = {(const uint8_t *)memory->payloads.data + at, length};
        at += length;
        if (journal_payload_apply(journal, payload, apply, context, error) != 0) {
            return -1;
        }
    }
    return 0;
}

static void memory_store(struct memory_journal *memory, const struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t begin = memory->payloads.length;
        uint32_t length = 0;
        buffer_append(&memory->payloads, &length, sizeof length);
        event_encode(&events[i], &memory->payloads);
        length = (uint32_t)(memory->payloads.length - begin - sizeof length);
        memcpy(memory->payloads.data + begin, &length, sizeof length);
    }
}

static void memory_append(struct journal *journal, uv_loop_t *loop, const struct event *events,
                          size_t count, journal_appended *done, void *context)
{
    struct memory_journal *memory = memory_of(journal);
    struct journal_failures none = {0};
    struct journal_failures *failures = memory->failures != NULL ? memory->failures : &none;
    memory->append_count++;
    completion_begin(&memory->completion, loop, done, context);
    bool before = failures->fail_append_at == memory->append_count;
    bool ambiguous = failures->ambiguous_append_at == memory->append_count;
    bool stale = memory->epoch == 0;
    if (stale) {
        error_set(&memory->error, ERROR_JOURNAL, "append before an epoch was claimed");
    } else if (before || ambiguous) {
        error_set(&memory->error, ERROR_JOURNAL, "injected failure of append %llu",
                  (unsigned long long)memory->append_count);
    }
    if (!before && !stale) {
        memory_store(memory, events, count);
    }
    memory->waiting = true;
    memory->waiting_failed = before || ambiguous || stale;
    if (!failures->hold) {
        journal_memory_release(journal);
    }
}

void journal_memory_release(struct journal *journal)
{
    struct memory_journal *memory = memory_of(journal);
    if (memory->waiting) {
        memory->waiting = false;
        completion_finish(memory->completion, memory->waiting_failed ? &memory->error : NULL);
    }
}

static struct held_bundle *memory_bundle_find(struct memory_journal *memory, const char *digest)
{
    struct held_bundle *bundle = memory->bundles;
    while (bundle != NULL && strcmp(bundle->digest, digest) != 0) {
        bundle = bundle->next;
    }
    return bundle;
}

static struct bytes bytes_copy(struct bytes content, struct arena *arena)
{
    uint8_t *copy = arena_alloc(arena, content.length);
    if (content.length > 0) {
        memcpy(copy, content.data, content.length);
    }
    return (struct bytes){copy, content.length};
}

static int memory_bundle_put(struct journal *journal, const char *digest, struct bytes content,
                             struct error *error)
{
    (void)error;
    struct memory_journal *memory = memory_of(journal);
    if (memory_bundle_find(memory, digest) == NULL) {
        struct held_bundle *bundle = arena_alloc(&memory->arena, sizeof *bundle);
        bundle->digest = arena_strdup(&memory->arena, digest);
        bundle->content = bytes_copy(content, &memory->arena);
        bundle->next = memory->bundles;
        memory->bundles = bundle;
    }
    return 0;
}

static int memory_bundle_get(struct journal *journal, const char *digest, struct arena *arena,
                             struct bytes *content, struct error *error)
{
    (void)error;
    const struct held_bundle *bundle = memory_bundle_find(memory_of(journal), digest);
    if (bundle == NULL) {
        return 0;
    }
    *content = bytes_copy(bundle->content, arena);
    return 1;
}

static void memory_close(struct journal *journal)
{
    struct memory_journal *memory = memory_of(journal);
    completion_close(memory->completion);
    buffer_free(&memory->payloads);
    arena_free(&memory->arena);
    free(memory);
}

static const struct journal_operations memory_operations = {
    .claim = memory_claim,
    .replay = memory_replay,
    .append = memory_append,
    .bundle_put = memory_bundle_put,
    .bundle_get = memory_bundle_get,
    .close = memory_close,
};

struct journal *journal_memory_open(struct journal_failures *failures)
{
    struct memory_journal *memory = memory_alloc(sizeof *memory);
    memory->journal.operations = &memory_operations;
    memory->failures = failures;
    return &memory->journal;
}
