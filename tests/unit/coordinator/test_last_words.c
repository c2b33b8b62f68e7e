/* What a coordinator says when it dies of an event that cannot be, replayed or live. */
#include <signal.h>
#include <string.h>

#include "common/base/array.h"
#include "coordinator/shell/archive.h"
#include "coordinator/shell/shell.h"
#include "tests/lib/last_words.h"
#include "tests/unit/coordinator/record.h"

/* ---- a journal that cannot be replayed ---- */

TestSuite(last_words, .init = record_init, .fini = record_fini);

/* An epoch, twelve workers, then a deploy that nobody leased. */
static void journal_damage(void)
{
    struct event events[15] = {{.type = EVENT_EPOCH_CLAIMED, .epoch_claimed = {.epoch = 1}}};
    for (uint64_t i = 1; i <= 12; i++) {
        events[i] = (struct event){.type = EVENT_WORKER_JOINED,
                                   .worker_joined = {.instance = i, .name = "w", .credit = 4}};
    }
    events[13] = (struct event){.type = EVENT_JOB_CANCELLED, .job_cancelled = {.job = 77}};
    events[14] = (struct event){.type = EVENT_WORKER_LEFT, .worker_left = {.instance = 1}};
    record_append(events, LENGTH(events));
}

static void archive_read(void)
{
    struct error error;
    (void)archive_open(record.journal, "", &error);
}

static void expect_line(const struct buffer *said, const char *line)
{
    cr_expect_not_null(strstr(buffer_text(said), line), "no %s in\n%s", line, buffer_text(said));
}

Test(last_words, a_journal_that_cannot_be_replayed)
{
    journal_damage();
    struct buffer said = {0};
    cr_assert_eq(last_words(archive_read, &said), error_exit_code(ERROR_JOURNAL));
    expect_line(&said, "drover: cannot go on: job 77 is not leased\n"
                       "    at coordinator/core/facts/job.c:");
    struct buffer replayed = {0};
    buffer_printf(&replayed, "    while the journal %s was replayed, at its event 14:\n",
                  bench.journal_path);
    expect_line(&said, buffer_text(&replayed));
    buffer_free(&replayed);
    expect_line(&said, ":\n    event 6: WORKER_JOINED instance=5 name=\"w\" credit=4\n");
    expect_line(&said, "\n    event 14: JOB_CANCELLED job=77 unfinished=[]\n");
    expect_line(&said, "move the file away");
    cr_expect_null(strstr(buffer_text(&said), "event 5:"), "eight before it");
    cr_expect_null(strstr(buffer_text(&said), "event 15"), "it was not reached");
    buffer_free(&said);
}

/* ---- a live one ---- */

TestSuite(last_words_live, .init = bench_init, .fini = bench_fini);

/* No session lets this message through. */
static void message_smuggle(void)
{
    struct message welcome = {.type = MESSAGE_WELCOME, .welcome = {.epoch = 9}};
    pump_push(&bench.coordinator->rollouts, ITEM_MESSAGE, NULL, &welcome);
    (void)uv_run(&bench.loop, UV_RUN_NOWAIT);
}

Test(last_words_live, a_coordinator_says_what_it_was_deciding)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    bench_settle(worker);
    struct buffer said = {0};
    cr_assert_eq(last_words(message_smuggle, &said), 128 + SIGABRT);
    expect_line(&said, "drover: cannot go on: the session let a WELCOME through\n");
    expect_line(&said, "\n    while deciding WELCOME ");
    expect_line(&said, "\n    event 1: EPOCH_CLAIMED epoch=1");
    expect_line(&said, "\n    event 2: WORKER_JOINED instance=11");
    expect_line(&said, "The last 0 of these events were not written");
    buffer_free(&said);
}
