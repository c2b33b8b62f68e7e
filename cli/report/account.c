/* What the log says of waves and people. */
#include "cli/report/account.h"

#include <string.h>

#include "common/base/arena.h"

static bool entry_is(const struct log_entry *entry, const char *fact)
{
    return strcmp(entry->fact, fact) == 0;
}

uint64_t account_end_ms(const struct account *account)
{
    uint64_t finished_ms = account->progress.status.finished_ms;
    return finished_ms > 0 ? finished_ms : account->progress.now_ms;
}

bool entry_is_deed(const struct log_entry *entry)
{
    return entry->who.actor[0] != '\0' || entry_is(entry, "rollout_finished");
}

uint32_t account_repeats(const struct account *account)
{
    uint32_t repeats = 0;
    for (size_t i = 0; i < account->entries.count; i++) {
        repeats += entry_is(&account->entries.items[i], "job_postponed");
    }
    return repeats;
}

/* Two may bear one name: the first that has not begun, else the last. */
static struct span *span_of(struct spans *spans, const char *name, bool begins)
{
    struct span *last = NULL;
    for (size_t i = 0; i < spans->count; i++) {
        struct span *span = &spans->items[i];
        if (strcmp(span->name, name) != 0) {
            continue;
        }
        if (begins && span->begin_ms == 0) {
            return span;
        }
        last = span->begin_ms > 0 || last == NULL ? span : last;
    }
    return last;
}

static void span_read(struct spans *spans, const struct log_entry *entry)
{
    bool starts = entry_is(entry, "wave_started");
    struct span *span = span_of(spans, entry->wave, starts);
    if (entry->wave[0] == '\0' || span == NULL) {
        return;
    }
    if (starts && span->begin_ms == 0) {
        span->begin_ms = entry->at_ms;
    } else if (entry_is(entry, "wave_soaking")) {
        span->soak_ms = entry->at_ms;
    } else if (entry_is(entry, "wave_finished")) {
        span->end_ms = entry->at_ms;
    }
}

struct spans account_spans(const struct account *account, struct arena *arena)
{
    const struct wave_status_list *waves = &account->progress.waves;
    struct spans spans = {arena_array(arena, waves->count + 1, sizeof *spans.items), 1};
    spans.items[0] =
        (struct span){.name = "validation", .begin_ms = account->progress.status.started_ms};
    for (size_t i = 0; i < waves->count; i++) {
        spans.items[spans.count++] =
            (struct span){.name = waves->items[i].name, .counts = &waves->items[i].counts};
    }
    struct spans after = {spans.items + 1, waves->count};
    for (size_t i = 0; i < account->entries.count; i++) {
        const struct log_entry *entry = &account->entries.items[i];
        if (entry_is(entry, "gate_opened") || entry_is(entry, "gate_refused")) {
            spans.items[0].end_ms = entry->at_ms;
        }
        span_read(&after, entry);
    }
    size_t begun = 1;
    for (size_t i = 1; i < spans.count; i++) {
        if (spans.items[i].begin_ms > 0) {
            spans.items[begun++] = spans.items[i];
        }
    }
    spans.count = begun;
    return spans;
}
