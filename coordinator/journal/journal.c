/* The journal's door: dispatch to the store behind it, and what all stores do alike. */
#include "coordinator/journal/store.h"

struct journal *journal_reader(const struct journal *journal, const atomic_bool *stop,
                               struct error *error)
{
    if (journal->operations->reader == NULL) {
        error_set(error, ERROR_JOURNAL, "the journal is kept in memory only");
        return NULL;
    }
    struct journal *reader = journal->operations->reader(journal, error);
    if (reader != NULL) {
        reader->stop = stop;
    }
    return reader;
}

int journal_stop_check(const struct journal *journal, struct error *error)
{
    if (journal->stop != NULL && atomic_load(journal->stop)) {
        return error_set(error, ERROR_JOURNAL, "the journal is not read to its end");
    }
    return 0;
}

uint64_t journal_claim(struct journal *journal, struct error *error)
{
    return journal->operations->claim(journal, error);
}

int journal_replay(struct journal *journal, journal_apply *apply, void *context,
                   struct error *error)
{
    return journal->operations->replay(journal, apply, context, error);
}

void journal_append(struct journal *journal, uv_loop_t *loop, const struct event *events,
                    size_t count, journal_appended *done, void *context)
{
    journal->operations->append(journal, loop, events, count, done, context);
}

int journal_bundle_put(struct journal *journal, const char *digest, struct bytes content,
                       struct error *error)
{
    return journal->operations->bundle_put(journal, digest, content, error);
}

int journal_bundle_get(struct journal *journal, const char *digest, struct arena *arena,
                       struct bytes *content, struct error *error)
{
    return journal->operations->bundle_get(journal, digest, arena, content, error);
}

void journal_close(struct journal *journal)
{
    if (journal != NULL) {
        journal->operations->close(journal);
    }
}

int journal_payload_apply(struct bytes payload, uint64_t sequence, struct arena *arena,
                          journal_apply *apply, void *context, struct error *error)
{
    struct event event;
    if (event_decode(payload, arena, &event, error) != 0) {
        return error_wrap(error, "event %llu of the journal", (unsigned long long)sequence);
    }
    apply(&event, context);
    return 0;
}
