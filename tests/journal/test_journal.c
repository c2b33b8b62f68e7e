/* One suite over all stores: what every journal promises. Then what each store adds. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/array.h"
#include "coordinator/journal/journal.h"
#include "tests/journal/event_random.h"

enum store { STORE_MEMORY, STORE_SQLITE, STORE_COUNT };

static char folder[64];
static char path[128];
static uv_loop_t loop;

static void folder_make(void)
{
    snprintf(folder, sizeof folder, "/tmp/drover-journal-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a/b/journal.db", folder);
    cr_assert_eq(uv_loop_init(&loop), 0);
}

static void folder_remove(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&loop), 0);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(journal, .init = folder_make, .fini = folder_remove);

static struct journal *store_open(enum store store)
{
    struct error error;
    if (store == STORE_MEMORY) {
        return journal_memory_open(NULL);
    }
    struct journal *journal = journal_sqlite_open(path, &error);
    cr_assert_not_null(journal, "%s", error.message);
    return journal;
}

struct outcome {
    bool done;
    bool failed;
    struct error error;
};

static void append_done(const struct error *error, void *context)
{
    struct outcome *outcome = context;
    cr_assert_not(outcome->done, "done is called once");
    outcome->done = true;
    outcome->failed = error != NULL;
    if (error != NULL) {
        outcome->error = *error;
    }
}

/* Appends `count` WORKER_LEFT events numbered from `first` and waits. */
static struct outcome numbers_append(struct journal *journal, uint64_t first, size_t count)
{
    struct event *events = calloc(count, sizeof *events);
    for (size_t i = 0; i < count; i++) {
        events[i] = (struct event){
            .type = EVENT_WORKER_LEFT, .at_ms = 7, .worker_left = {.instance = first + i}};
    }
    struct outcome outcome = {0};
    journal_append(journal, &loop, events, count, append_done, &outcome);
    free(events); /* they may be reused at once */
    cr_assert_not(outcome.done, "done comes on a later turn of the loop");
    while (!outcome.done) {
        cr_assert_neq(uv_run(&loop, UV_RUN_ONCE) == 0 && !outcome.done, 1);
    }
    return outcome;
}

static void number_check(const struct event *event, void *context)
{
    uint64_t *seen = context;
    cr_assert_eq(event->type, EVENT_WORKER_LEFT);
    cr_assert_eq(event->worker_left.instance, ++*seen);
}

/* How many events there are; they must be 1, 2, 3, ... */
static uint64_t numbers_replay(struct journal *journal)
{
    uint64_t seen = 0;
    struct error error;
    cr_assert_eq(journal_replay(journal, number_check, &seen, &error), 0, "%s", error.message);
    return seen;
}

/* ---- all stores ---- */

Test(journal, replays_batches_in_order)
{
    for (enum store store = 0; store < STORE_COUNT; store++) {
        struct journal *journal = store_open(store);
        struct error error;
        cr_assert_eq(numbers_replay(journal), 0);
        cr_assert_eq(journal_claim(journal, &error), 1);
        uint64_t next = 1;
        for (size_t count = 1; count <= 300; count += 97) {
            cr_assert_not(numbers_append(journal, next, count).failed);
            next += count;
        }
        cr_assert_eq(numbers_replay(journal), next - 1);
        journal_close(journal);
    }
}

struct comparison {
    size_t position;
    struct arena arena;
};

static void event_compare(const struct event *event, void *context)
{
    struct comparison *comparison = context;
    struct event expected;
    size_t i = comparison->position++;
    event_random(event_types[i], i, &comparison->arena, &expected);
    cr_assert(event_equal(event, &expected));
}

Test(journal, keeps_every_kind_of_event)
{
    for (enum store store = 0; store < STORE_COUNT; store++) {
        struct journal *journal = store_open(store);
        struct error error;
        struct arena arena = {0};
        struct event *events = arena_array(&arena, event_type_count, sizeof *events);
        for (size_t i = 0; i < event_type_count; i++) {
            event_random(event_types[i], i, &arena, &events[i]);
        }
        cr_assert_gt(journal_claim(journal, &error), 0);
        struct outcome outcome = {0};
        journal_append(journal, &loop, events, event_type_count, append_done, &outcome);
        while (!outcome.done) {
            uv_run(&loop, UV_RUN_ONCE);
        }
        struct comparison comparison = {0};
        cr_assert_eq(journal_replay(journal, event_compare, &comparison, &error), 0);
        cr_assert_eq(comparison.position, event_type_count);
        arena_free(&comparison.arena);
        arena_free(&arena);
        journal_close(journal);
    }
}

Test(journal, epochs_grow)
{
    for (enum store store = 0; store < STORE_COUNT; store++) {
        struct journal *journal = store_open(store);
        struct error error;
        uint64_t last = 0;
        for (int i = 0; i < 5; i++) {
            uint64_t epoch = journal_claim(journal, &error);
            cr_assert_gt(epoch, last);
            last = epoch;
        }
        journal_close(journal);
    }
}

Test(journal, append_without_an_epoch_fails)
{
    for (enum store store = 0; store < STORE_COUNT; store++) {
        struct journal *journal = store_open(store);
        cr_assert(numbers_append(journal, 1, 1).failed);
        cr_assert_eq(numbers_replay(journal), 0);
        journal_close(journal);
    }
}

Test(journal, keeps_bundles_by_digest)
{
    for (enum store store = 0; store < STORE_COUNT; store++) {
        struct journal *journal = store_open(store);
        struct error error;
        struct arena arena = {0};
        struct bytes content = {(const uint8_t *)"a\0b", 3};
        struct bytes found = {0};
        cr_assert_eq(journal_bundle_get(journal, "d1", &arena, &found, &error), 0);
        cr_assert_eq(journal_bundle_put(journal, "d1", content, &error), 0);
        cr_assert_eq(journal_bundle_put(journal, "d1", content, &error), 0, "a second time");
        cr_assert_eq(journal_bundle_put(journal, "d2", (struct bytes){0}, &error), 0);
        cr_assert_eq(journal_bundle_get(journal, "d1", &arena, &found, &error), 1);
        cr_assert_eq(found.length, 3);
        cr_assert_eq(memcmp(found.data, content.data, 3), 0);
        cr_assert_eq(journal_bundle_get(journal, "d2", &arena, &found, &error), 1);
        cr_assert_eq(found.length, 0);
        arena_free(&arena);
        journal_close(journal);
    }
}

static void done_never(const struct error *error, void *context)
{
    (void)error;
    (void)context;
    cr_assert_fail("done after close");
}

Test(journal, close_waits_for_the_append_in_flight_and_calls_nobody)
{
    for (enum store store = 0; store < STORE_COUNT; store++) {
        struct journal *journal = store_open(store);
        struct error error;
        struct event event = {.type = EVENT_WORKER_LEFT, .worker_left = {.instance = 1}};
        cr_assert_gt(journal_claim(journal, &error), 0);
        journal_append(journal, &loop, &event, 1, done_never, NULL);
        journal_close(journal);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    struct journal *journal = store_open(STORE_SQLITE);
    cr_assert_eq(numbers_replay(journal), 1, "it was written before close returned");
    journal_close(journal);
}

/* ---- memory ---- */

Test(journal, memory_injects_failures)
{
    struct journal_failures failures = {.fail_append_at = 2, .ambiguous_append_at = 3};
    struct journal *journal = journal_memory_open(&failures);
    struct error error;
    cr_assert_gt(journal_claim(journal, &error), 0);
    cr_assert_not(numbers_append(journal, 1, 2).failed);
    cr_assert(numbers_append(journal, 3, 2).failed);
    cr_assert_eq(numbers_replay(journal), 2, "the failed batch left nothing");
    cr_assert(numbers_append(journal, 3, 2).failed);
    cr_assert_eq(numbers_replay(journal), 4, "the ambiguous batch is there, whole");
    journal_close(journal);
}

Test(journal, memory_holds_appends_back)
{
    struct journal_failures failures = {.hold = true};
    struct journal *journal = journal_memory_open(&failures);
    struct error error;
    struct outcome outcome = {0};
    struct event event = {.type = EVENT_WORKER_LEFT, .worker_left = {.instance = 1}};
    cr_assert_gt(journal_claim(journal, &error), 0);
    journal_append(journal, &loop, &event, 1, append_done, &outcome);
    uv_run(&loop, UV_RUN_NOWAIT);
    cr_assert_not(outcome.done);
    journal_memory_release(journal);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert(outcome.done && !outcome.failed);
    journal_close(journal);
}

/* ---- SQLite ---- */

static void raw_run(const char *sql)
{
    sqlite3 *database;
    cr_assert_eq(sqlite3_open(path, &database), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(database));
    sqlite3_close(database);
}

Test(journal, sqlite_makes_private_folder_and_files)
{
    struct journal *journal = store_open(STORE_SQLITE);
    struct error error;
    cr_assert_gt(journal_claim(journal, &error), 0);
    cr_assert_not(numbers_append(journal, 1, 1).failed);
    struct stat status;
    char name[160];
    const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < LENGTH(suffixes); i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        cr_assert_eq(stat(name, &status), 0, "%s", name);
        cr_assert_eq(status.st_mode & 0777, 0600, "%s", name);
    }
    snprintf(name, sizeof name, "%s/a/b", folder);
    cr_assert_eq(stat(name, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0700);
    journal_close(journal);
}

Test(journal, sqlite_goes_on_after_reopening)
{
    struct error error;
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        struct journal *journal = store_open(STORE_SQLITE);
        cr_assert_eq(numbers_replay(journal), (epoch - 1) * 10);
        cr_assert_eq(journal_claim(journal, &error), epoch);
        cr_assert_not(numbers_append(journal, (epoch - 1) * 10 + 1, 10).failed);
        journal_close(journal);
    }
}

static uint64_t identity_read(void)
{
    struct journal *journal = store_open(STORE_SQLITE);
    uint64_t identity = journal_identity(journal);
    cr_assert_neq(identity, 0);
    journal_close(journal);
    return identity;
}

Test(journal, sqlite_has_an_identity)
{
    uint64_t first = identity_read();
    cr_assert_eq(identity_read(), first, "it is kept");
    char command[256];
    snprintf(command, sizeof command, "rm -r %s/a", folder);
    cr_assert_eq(system(command), 0);
    uint64_t second = identity_read();
    cr_assert_neq(second, first, "another journal, another identity");
    raw_run("alter table meta drop column identity"); /* as it was before journals had one */
    uint64_t given = identity_read();
    cr_assert_neq(given, second);
    cr_assert_eq(identity_read(), given);
}

Test(journal, sqlite_refuses_a_stale_epoch)
{
    struct error error;
    struct journal *first = store_open(STORE_SQLITE);
    cr_assert_eq(journal_claim(first, &error), 1);
    cr_assert_not(numbers_append(first, 1, 1).failed);
    /* as on a file system whose locks do not hold */
    char name[160];
    snprintf(name, sizeof name, "%s.lock", path);
    cr_assert_eq(unlink(name), 0);
    struct journal *second = store_open(STORE_SQLITE);
    cr_assert_eq(journal_claim(second, &error), 2);
    struct outcome stale = numbers_append(first, 2, 1);
    cr_assert(stale.failed);
    cr_assert(strstr(stale.error.message, "taken over") != NULL, "%s", stale.error.message);
    cr_assert_not(numbers_append(second, 2, 1).failed);
    cr_assert_eq(numbers_replay(second), 2);
    journal_close(first);
    journal_close(second);
}

Test(journal, sqlite_refuses_another_sequence)
{
    struct error error;
    struct journal *journal = store_open(STORE_SQLITE);
    cr_assert_gt(journal_claim(journal, &error), 0);
    raw_run("insert into events values (1, 1, 1, 4, x'00')");
    cr_assert(numbers_append(journal, 1, 1).failed);
    journal_close(journal);
}

Test(journal, sqlite_batch_is_whole_or_nothing)
{
    struct error error;
    struct journal *journal = store_open(STORE_SQLITE);
    cr_assert_gt(journal_claim(journal, &error), 0);
    cr_assert_not(numbers_append(journal, 1, 2).failed);
    raw_run("create trigger t before insert on events when new.sequence = 5"
            " begin select raise(abort, 'disk on fire'); end");
    struct outcome outcome = numbers_append(journal, 3, 5);
    cr_assert(outcome.failed);
    cr_assert(strstr(outcome.error.message, "disk on fire") != NULL);
    cr_assert_eq(numbers_replay(journal), 2);
    journal_close(journal);
}

Test(journal, sqlite_refuses_unknown_events_and_gaps_and_formats)
{
    struct error error = {0};
    uint64_t seen = 0;
    journal_close(store_open(STORE_SQLITE));
    /* [1, 999, 0, []] */
    raw_run("insert into events values (1, 1, 1, 999, x'9401cd03e70090')");
    struct journal *journal = store_open(STORE_SQLITE);
    cr_assert_eq(journal_replay(journal, number_check, &seen, &error), -1);
    cr_assert_eq(error.code, ERROR_JOURNAL);
    cr_assert(strstr(error.message, "event 1 of the journal") != NULL, "%s", error.message);
    cr_assert(strstr(error.message, "999") != NULL, "%s", error.message);
    journal_close(journal);

    raw_run("update events set sequence = 2");
    journal = store_open(STORE_SQLITE);
    cr_assert_eq(journal_replay(journal, number_check, &seen, &error), -1);
    cr_assert(strstr(error.message, "lacks event 1") != NULL, "%s", error.message);
    journal_close(journal);

    raw_run("update meta set format = 2");
    cr_assert_null(journal_sqlite_open(path, &error));
    cr_assert_eq(error.code, ERROR_JOURNAL);
    cr_assert_null(journal_sqlite_read(path, &error));
}

Test(journal, sqlite_says_what_to_do_with_a_damaged_event)
{
    struct error error = {0};
    uint64_t seen = 0;
    journal_close(store_open(STORE_SQLITE));
    raw_run("insert into events values (1, 1, 1, 4, x'94010100')");
    struct journal *journal = store_open(STORE_SQLITE);
    cr_assert_eq(journal_replay(journal, number_check, &seen, &error), -1);
    cr_expect_not_null(strstr(error.message, "event 1 of the journal"), "%s", error.message);
    cr_expect_not_null(strstr(error.hint, "move it away"), "%s", error.hint);
    journal_close(journal);
}

Test(journal, sqlite_leaves_the_file_of_another_program_alone)
{
    struct error error = {0};
    journal_close(store_open(STORE_SQLITE));
    raw_run("create table customers(name text)");
    cr_assert_null(journal_sqlite_open(path, &error));
    cr_expect_not_null(strstr(error.message, "is no journal"), "%s", error.message);
    raw_run("drop table customers; pragma application_id = 1234");
    cr_assert_null(journal_sqlite_open(path, &error));
    cr_expect_neq(error.hint[0], '\0');
}

Test(journal, sqlite_is_one_process_s_own)
{
    struct error error = {0};
    struct journal *journal = store_open(STORE_SQLITE);
    pid_t child = fork();
    if (child == 0) {
        char expected[64];
        snprintf(expected, sizeof expected, "process %ld", (long)getppid());
        bool refused = journal_sqlite_open(path, &error) == NULL && error.code == ERROR_BUSY &&
                       strstr(error.message, expected) != NULL;
        _exit(refused ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert_null(journal_sqlite_open(path, &error), "nor twice in one process");
    journal_close(journal);
    journal_close(store_open(STORE_SQLITE));
}

Test(journal, sqlite_can_be_read_beside_its_owner)
{
    struct error error = {0};
    cr_assert_null(journal_sqlite_read(path, &error));
    cr_assert_eq(error.code, ERROR_JOURNAL);
    cr_assert_neq(error.hint[0], '\0');

    struct journal *owner = store_open(STORE_SQLITE);
    cr_assert_gt(journal_claim(owner, &error), 0);
    cr_assert_eq(journal_bundle_put(owner, "d", (struct bytes){(const uint8_t *)"x", 1}, &error),
                 0);
    for (uint64_t next = 1; next < 30; next += 10) {
        cr_assert_not(numbers_append(owner, next, 10).failed);
        struct journal *reader = journal_sqlite_read(path, &error);
        cr_assert_not_null(reader, "%s", error.message);
        struct arena arena = {0};
        struct bytes content;
        cr_assert_eq(numbers_replay(reader), next + 9);
        cr_assert_eq(journal_bundle_get(reader, "d", &arena, &content, &error), 1);
        cr_assert_eq(journal_claim(reader, &error), 0);
        cr_assert(numbers_append(reader, 1, 1).failed);
        arena_free(&arena);
        journal_close(reader);
    }
    journal_close(owner);
    struct journal *reader = journal_sqlite_read(path, &error);
    cr_assert_not_null(reader, "%s", error.message);
    cr_assert_eq(numbers_replay(reader), 30);
    journal_close(reader);
}
