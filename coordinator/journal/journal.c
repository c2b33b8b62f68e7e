/* The journal's door: dispatch to the store behind it, and what all stores do alike. */
#include "common/base/impossible.h"
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

uint64_t journal_identity(const struct journal *journal)
{
    return journal->identity;
}

uint64_t journal_claim(struct journal *journal, struct error *error)
{
    return journal->operations->claim(journal, error);
}

/* An event that cannot follow those before it. */
static void replay_tell(const void *subject, struct buffer *out)
{
    const struct journal *journal = subject;
    const char *path = journal->path != NULL ? journal->path : "in memory";
    buffer_printf(out, "    while the journal %s was replayed, at its event %llu:\n", path,
                  (unsigned long long)journal->trail.sequence);
    trail_print(&journal->trail, NULL, 0, out);
    buffer_printf(out,
                  "Its events were left as they are. Either the journal is damaged, or a fault of "
                  "drover wrote it: keep a copy\nwith these lines. To go on without it, move the "
                  "file away and run the same command again: the databases\nthemselves record what "
                  "is applied (docs/guide.md, \"A damaged journal\").\n");
}

int journal_replay(struct journal *journal, journal_apply *apply, void *context,
                   struct error *error)
{
    struct impossible_context before = impossible_context_set((struct impossible_context){
        replay_tell, journal, .exit_code = error_exit_code(ERROR_JOURNAL)});
    trail_free(&journal->trail);
    int result = journal->operations->replay(journal, apply, context, error);
    (void)impossible_context_set(before);
    return result;
}

void journal_append(struct journal *journal, uv_loop_t *loop, const struct event *events,
                    size_t count, journal_appended *done, void *context)
{
    trail_note_events(&journal->trail, events, count);
    journal->operations->append(journal, loop, events, count, done, context);
}

void journal_trail_print(const struct journal *journal, const struct event *pending, size_t count,
                         struct buffer *out)
{
    static const struct trail none;
    trail_print(journal != NULL ? &journal->trail : &none, pending, count, out);
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
        trail_free(&journal->trail);
        journal->operations->close(journal);
    }
}

int journal_payload_apply(struct journal *journal, struct bytes payload, journal_apply *apply,
                          void *context, struct error *error)
{
    struct arena arena = {0};
    struct event event;
    trail_note(&journal->trail, payload);
    int result = event_decode(payload, &arena, &event, error);
    if (result == 0) {
        apply(&event, context);
    } else {
        error_wrap(error, "event %llu of the journal", (unsigned long long)journal->trail.sequence);
        if (error->hint[0] == '\0') {
            error_hint(error, "%s", JOURNAL_DAMAGED_HINT);
        }
    }
    arena_free(&arena);
    return result;
}
