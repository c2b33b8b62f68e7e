/* kill -9 in the middle of appends: what is there afterwards is a prefix of whole batches, and
 * everything that was reported durable is in it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/journal/journal.h"

enum { BATCH = 25, ROUNDS = 12 };

static char folder[64];
static char path[128];

/* ---- the child: appends batches for ever and writes one byte for each that is durable ---- */

struct child {
    struct journal *journal;
    uv_loop_t loop;
    uint64_t next;
    int report;
};

static void child_append(struct child *child);

static void child_appended(const struct error *error, void *context)
{
    struct child *child = context;
    if (error != NULL || write(child->report, "d", 1) != 1) {
        _exit(3);
    }
    child_append(child);
}

static void child_append(struct child *child)
{
    struct event events[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        events[i] =
            (struct event){.type = EVENT_WORKER_LEFT, .worker_left = {.instance = child->next++}};
    }
    journal_append(child->journal, &child->loop, events, BATCH, child_appended, child);
}

static void count_apply(const struct event *event, void *context)
{
    uint64_t *seen = context;
    cr_assert_eq(event->worker_left.instance, ++*seen);
}

static void child_run(int report)
{
    struct error error;
    struct child child = {.report = report};
    uint64_t seen = 0;
    uv_loop_init(&child.loop);
    child.journal = journal_sqlite_open(path, &error);
    if (child.journal == NULL || journal_claim(child.journal, &error) == 0 ||
        journal_replay(child.journal, count_apply, &seen, &error) != 0) {
        _exit(2);
    }
    child.next = seen + 1;
    child_append(&child);
    uv_run(&child.loop, UV_RUN_DEFAULT);
    _exit(4);
}

/* ---- the parent ---- */

static uint64_t journal_count(void)
{
    struct error error;
    uint64_t seen = 0;
    struct journal *journal = journal_sqlite_open(path, &error);
    cr_assert_not_null(journal, "%s", error.message);
    cr_assert_eq(journal_replay(journal, count_apply, &seen, &error), 0, "%s", error.message);
    journal_close(journal);
    return seen;
}

Test(journal_crash, kill_9_leaves_a_prefix_of_whole_batches)
{
    snprintf(folder, sizeof folder, "/tmp/drover-journal-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/journal.db", folder);
    uint64_t before = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int reports[2];
        cr_assert_eq(pipe(reports), 0);
        pid_t child = fork();
        if (child == 0) {
            close(reports[0]);
            child_run(reports[1]);
        }
        close(reports[1]);
        /* killed as soon as the n-th batch was reported: somewhere in the next one */
        uint64_t durable = 0;
        char byte;
        while (durable < (uint64_t)(3 + round) && read(reports[0], &byte, 1) == 1) {
            durable++;
        }
        cr_assert_eq(durable, (uint64_t)(3 + round), "the child ended by itself");
        cr_assert_eq(kill(child, SIGKILL), 0);
        while (read(reports[0], &byte, 1) == 1) {
            durable++;
        }
        close(reports[0]);
        int status;
        cr_assert_eq(waitpid(child, &status, 0), child);
        uint64_t after = journal_count();
        cr_assert_eq(after % BATCH, 0, "a torn batch");
        cr_assert_geq(after, before + durable * BATCH, "a durable batch was lost");
        cr_assert_leq(after, before + (durable + 1) * BATCH);
        before = after;
    }
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}
