/* The journal in SQLite.
 *
 * Two connections to one file: `database` is the loop's (replay, claim, bundles), `writer` belongs
 * to a thread of our own, which takes one batch at a time, so that an fsync never holds the loop or
 * libuv's pool.
 *
 *   loop:    journal_append: encode, wake the thread          ... completion: done(error)
 *   thread:                  begin immediate, compare epoch and sequence, insert, commit
 *
 * WAL with synchronous FULL: COMMIT returns after the fsync, and a torn
 * batch is cut off at recovery.
 */
#include "coordinator/journal/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/journal/completion.h"
#include "coordinator/journal/lock.h"
#include "coordinator/journal/sqlite_file.h"

struct row {
    uint64_t at_ms;
    uint32_t type;
    size_t begin; /* of the payload, in `payloads` */
    size_t length;
};

struct batch {
    struct row *rows;
    size_t count;
    size_t capacity;
    struct buffer payloads;
};

enum writer_state { WRITER_IDLE, WRITER_ASKED, WRITER_STOPPED };

struct sqlite_journal {
    struct journal journal;
    sqlite3 *database;
    char *path;
    int lock;          /* -1 when reading only */
    uint64_t epoch;    /* claimed by this handle; 0: none */
    uint64_t sequence; /* of the last event, as far as this handle knows */

    /* the thread's: `batch` changes hands with `state`, under `mutex` */
    sqlite3 *writer; /* NULL when reading only */
    sqlite3_stmt *position;
    sqlite3_stmt *insert;
    struct batch batch;
    struct completion *completion;
    uv_thread_t thread;
    uv_mutex_t mutex;
    uv_cond_t changed;
    enum writer_state state;
};

static struct sqlite_journal *sqlite_of(struct journal *journal)
{
    return (struct sqlite_journal *)journal;
}

/* ---- the thread ---- */

/* Someone else may have taken the journal over: both numbers must be as we left them. */
static int position_check(struct sqlite_journal *journal, struct error *error)
{
    int result = 0;
    if (sqlite3_step(journal->position) != SQLITE_ROW) {
        result = sqlite_fail(journal->writer, "read the position", error);
    } else {
        uint64_t epoch = (uint64_t)sqlite3_column_int64(journal->position, 0);
        uint64_t sequence = (uint64_t)sqlite3_column_int64(journal->position, 1);
        if (epoch != journal->epoch || sequence != journal->sequence) {
            error_set(error, ERROR_JOURNAL,
                      "the journal %s was taken over: epoch %" PRIu64 ", event %" PRIu64
                      " are there, epoch %" PRIu64 ", event %" PRIu64 " were expected",
                      journal->path, epoch, sequence, journal->epoch, journal->sequence);
            result = error_hint(error, "another coordinator works on it now");
        }
    }
    sqlite3_reset(journal->position);
    return result;
}

static int rows_insert(struct sqlite_journal *journal, struct error *error)
{
    const struct batch *batch = &journal->batch;
    sqlite3_stmt *insert = journal->insert;
    for (size_t i = 0; i < batch->count; i++) {
        const struct row *row = &batch->rows[i];
        uint64_t sequence = journal->sequence + i + 1;
        sqlite3_bind_int64(insert, 1, (sqlite3_int64)sequence);
        sqlite3_bind_int64(insert, 2, (sqlite3_int64)journal->epoch);
        sqlite3_bind_int64(insert, 3, (sqlite3_int64)row->at_ms);
        sqlite3_bind_int64(insert, 4, (sqlite3_int64)row->type);
        sqlite3_bind_blob64(insert, 5, batch->payloads.data + row->begin, row->length,
                            SQLITE_STATIC);
        int status = sqlite3_step(insert);
        sqlite3_reset(insert);
        if (status != SQLITE_DONE) {
            return sqlite_fail(journal->writer, "append", error);
        }
    }
    return 0;
}

static int batch_write(struct sqlite_journal *journal, struct error *error)
{
    if (sqlite_run(journal->writer, "begin immediate", error) != 0) {
        return -1;
    }
    if (position_check(journal, error) != 0 || rows_insert(journal, error) != 0 ||
        sqlite_run(journal->writer, "commit", error) != 0) {
        /* the first fault is the one to tell */
        sqlite3_exec(journal->writer, "rollback", NULL, NULL, NULL);
        return -1;
    }
    journal->sequence += journal->batch.count;
    return 0;
}

static void writer_run(void *context)
{
    struct sqlite_journal *journal = context;
    uv_mutex_lock(&journal->mutex);
    while (journal->state != WRITER_STOPPED) {
        if (journal->state == WRITER_IDLE) {
            uv_cond_wait(&journal->changed, &journal->mutex);
            continue;
        }
        uv_mutex_unlock(&journal->mutex);
        struct error error;
        int result = batch_write(journal, &error);
        uv_mutex_lock(&journal->mutex);
        journal->state = WRITER_IDLE;
        uv_cond_broadcast(&journal->changed);
        completion_finish(journal->completion, result == 0 ? NULL : &error);
    }
    uv_mutex_unlock(&journal->mutex);
}

/* ---- the loop's side ---- */

static void batch_fill(struct batch *batch, const struct event *events, size_t count)
{
    buffer_clear(&batch->payloads);
    batch->count = count;
    if (count > batch->capacity) {
        batch->capacity = count;
        batch->rows = memory_resize(batch->rows, count * sizeof *batch->rows);
    }
    for (size_t i = 0; i < count; i++) {
        size_t begin = batch->payloads.length;
        event_encode(&events[i], &batch->payloads);
        batch->rows[i] = (struct row){.at_ms = events[i].at_ms,
                                      .type = (uint32_t)events[i].type,
                                      .begin = begin,
                                      .length = batch->payloads.length - begin};
    }
}

static void sqlite_append(struct journal *base, uv_loop_t *loop, const struct event *events,
                          size_t count, journal_appended *done, void *context)
{
    struct sqlite_journal *journal = sqlite_of(base);
    completion_begin(&journal->completion, loop, done, context);
    if (journal->epoch == 0) {
        struct error error;
        error_set(&error, ERROR_JOURNAL, "journal: append before an epoch was claimed");
        completion_finish(journal->completion, &error);
        return;
    }
    uv_mutex_lock(&journal->mutex);
    batch_fill(&journal->batch, events, count);
    journal->state = WRITER_ASKED;
    uv_cond_broadcast(&journal->changed);
    uv_mutex_unlock(&journal->mutex);
}

static uint64_t sqlite_claim(struct journal *base, struct error *error)
{
    struct sqlite_journal *journal = sqlite_of(base);
    if (journal->writer == NULL) {
        error_set(error, ERROR_JOURNAL, "the journal %s is open for reading only", journal->path);
        return 0;
    }
    sqlite3_stmt *statement =
        sqlite_prepare(journal->database,
                       "update meta set epoch = epoch + 1, owner = ?1 returning epoch,"
                       " (select coalesce(max(sequence), 0) from events)",
                       error);
    if (statement == NULL) {
        return 0;
    }
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)getpid());
    uint64_t epoch = 0;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        uint64_t sequence = (uint64_t)sqlite3_column_int64(statement, 1);
        uint64_t claimed = (uint64_t)sqlite3_column_int64(statement, 0);
        if (sqlite3_step(statement) == SQLITE_DONE) { /* the commit */
            epoch = claimed;
            journal->epoch = claimed;
            journal->sequence = sequence;
        }
    }
    if (epoch == 0) {
        sqlite_fail(journal->database, "claim an epoch", error);
    }
    sqlite3_finalize(statement);
    return epoch;
}

static int sqlite_replay(struct journal *base, journal_apply *apply, void *context,
                         struct error *error)
{
    struct sqlite_journal *journal = sqlite_of(base);
    sqlite3_stmt *statement = sqlite_prepare(
        journal->database, "select sequence, payload from events order by sequence", error);
    if (statement == NULL) {
        return -1;
    }
    int status;
    int result = 0;
    uint64_t expected = 1;
    while (result == 0 && (status = sqlite3_step(statement)) != SQLITE_DONE) {
        uint64_t sequence = (uint64_t)sqlite3_column_int64(statement, 0);
        if (journal_stop_check(base, error) != 0) {
            result = -1;
        } else if (status != SQLITE_ROW) {
            result = sqlite_fail(journal->database, "replay", error);
        } else if (sequence != expected++) {
            result = error_set(error, ERROR_JOURNAL, "the journal %s lacks event %" PRIu64,
                               journal->path, expected - 1);
        } else {
            struct bytes payload = {sqlite3_column_blob(statement, 1),
                                    (size_t)sqlite3_column_bytes(statement, 1)};
            result = journal_payload_apply(base, payload, apply, context, error);
        }
    }
    sqlite3_finalize(statement);
    return result;
}

static int sqlite_bundle_put(struct journal *base, const char *digest, struct bytes content,
                             struct error *error)
{
    struct sqlite_journal *journal = sqlite_of(base);
    sqlite3_stmt *statement = sqlite_prepare(
        journal->database, "insert or ignore into bundles(digest, content) values (?1, ?2)", error);
    if (statement == NULL) {
        return -1;
    }
    int result = 0;
    sqlite3_bind_text(statement, 1, digest, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 2, content.length > 0 ? content.data : (const uint8_t *)"",
                        content.length, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE) {
        result = sqlite_fail(journal->database, "keep a bundle", error);
    }
    sqlite3_finalize(statement);
    return result;
}

static int sqlite_bundle_get(struct journal *base, const char *digest, struct arena *arena,
                             struct bytes *content, struct error *error)
{
    struct sqlite_journal *journal = sqlite_of(base);
    sqlite3_stmt *statement =
        sqlite_prepare(journal->database, "select content from bundles where digest = ?1", error);
    if (statement == NULL) {
        return -1;
    }
    sqlite3_bind_text(statement, 1, digest, -1, SQLITE_STATIC);
    int result = 0;
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW) {
        size_t length = (size_t)sqlite3_column_bytes(statement, 0);
        uint8_t *copy = arena_alloc(arena, length);
        if (length > 0) {
            memcpy(copy, sqlite3_column_blob(statement, 0), length);
        }
        *content = (struct bytes){copy, length};
        result = 1;
    } else if (status != SQLITE_DONE) {
        result = sqlite_fail(journal->database, "read a bundle", error);
    }
    sqlite3_finalize(statement);
    return result;
}

/* ---- opening and closing ---- */

static void writer_stop(struct sqlite_journal *journal)
{
    uv_mutex_lock(&journal->mutex);
    while (journal->state == WRITER_ASKED) {
        uv_cond_wait(&journal->changed, &journal->mutex);
    }
    journal->state = WRITER_STOPPED;
    uv_cond_broadcast(&journal->changed);
    uv_mutex_unlock(&journal->mutex);
    uv_thread_join(&journal->thread);
    uv_cond_destroy(&journal->changed);
    uv_mutex_destroy(&journal->mutex);
}

/* Everything but the thread. */
static void sqlite_free(struct sqlite_journal *journal)
{
    sqlite3_finalize(journal->position);
    sqlite3_finalize(journal->insert);
    sqlite3_close(journal->writer);
    sqlite3_close(journal->database);
    lock_release(journal->lock);
    free(journal->batch.rows);
    buffer_free(&journal->batch.payloads);
    free(journal->path);
    free(journal);
}

static void sqlite_close(struct journal *base)
{
    struct sqlite_journal *journal = sqlite_of(base);
    if (journal->writer != NULL) {
        writer_stop(journal);
    }
    completion_close(journal->completion);
    sqlite_free(journal);
}

static struct journal *sqlite_reader(const struct journal *base, struct error *error)
{
    return journal_sqlite_read(((const struct sqlite_journal *)base)->path, error);
}

static const struct journal_operations sqlite_operations = {
    .claim = sqlite_claim,
    .replay = sqlite_replay,
    .append = sqlite_append,
    .bundle_put = sqlite_bundle_put,
    .bundle_get = sqlite_bundle_get,
    .reader = sqlite_reader,
    .close = sqlite_close,
};

static struct sqlite_journal *sqlite_create(const char *path)
{
    struct sqlite_journal *journal = memory_alloc(sizeof *journal);
    journal->journal.operations = &sqlite_operations;
    journal->lock = -1;
    size_t length = strlen(path) + 1;
    journal->path = memory_alloc(length);
    memcpy(journal->path, path, length);
    journal->journal.path = journal->path;
    return journal;
}

static int writer_start(struct sqlite_journal *journal, struct error *error)
{
    journal->writer = sqlite_file_open(journal->path, error);
    if (journal->writer == NULL) {
        return -1;
    }
    journal->position = sqlite_prepare(
        journal->writer, "select epoch, (select coalesce(max(sequence), 0) from events) from meta",
        error);
    journal->insert = sqlite_prepare(
        journal->writer,
        "insert into events(sequence, epoch, at_ms, type, payload) values (?1, ?2, ?3, ?4, ?5)",
        error);
    if (journal->position == NULL || journal->insert == NULL) {
        return -1;
    }
    if (uv_mutex_init(&journal->mutex) != 0 || uv_cond_init(&journal->changed) != 0 ||
        uv_thread_create(&journal->thread, writer_run, journal) != 0) {
        return error_set(error, ERROR_JOURNAL, "the journal's thread cannot be started");
    }
    return 0;
}

struct journal *journal_sqlite_open(const char *path, struct error *error)
{
    struct sqlite_journal *journal = sqlite_create(path);
    if (sqlite_file_create(path, error) != 0) {
        goto failed;
    }
    journal->lock = lock_take(path, error);
    if (journal->lock < 0) {
        goto failed;
    }
    journal->database = sqlite_file_open(path, error);
    if (journal->database == NULL) {
        goto failed;
    }
    journal->journal.identity = sqlite_file_identity(journal->database, error);
    if (journal->journal.identity == 0 || writer_start(journal, error) != 0) {
        goto failed;
    }
    return &journal->journal;
failed:
    sqlite_free(journal);
    return NULL;
}

struct journal *journal_sqlite_read(const char *path, struct error *error)
{
    struct sqlite_journal *journal = sqlite_create(path);
    journal->database = sqlite_file_read(path, error);
    if (journal->database == NULL) {
        sqlite_free(journal);
        return NULL;
    }
    return &journal->journal;
}
