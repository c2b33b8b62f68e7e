/* What watchers and askers are told. */
#include <stdio.h>
#include <string.h>

#include "coordinator/shell/archive.h"
#include "tests/unit/coordinator/peers.h"

TestSuite(answers, .init = bench_init, .fini = bench_fini);

static const struct message_finished *deploy_failing(struct peer *command)
{
    peer_start_watch(command);
    RUN_UNTIL(peer_count(command, MESSAGE_FINISHED) == 1);
    return &peer_message(command, MESSAGE_FINISHED, 0)->finished;
}

Test(answers, one_fault_on_many_targets_is_one_group)
{
    bench.config.fleet.waves.count = 1;
    bench.config.fleet.waves.items[0].count = 0; /* all in one wave */
    bench.config.limits.failures.count = 10;
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploy_fails = true;
    struct peer *command = peer_connect("command", 0, 0);
    const struct message_finished *finished = deploy_failing(command);
    cr_assert_eq(finished->status.state, ROLLOUT_FAILED);
    cr_assert_eq(finished->exit_code, 2);
    cr_assert_eq(finished->failures.count, 1);
    const struct failure_group *group = &finished->failures.items[0];
    cr_assert_str_eq(group->phase, "deploy");
    cr_assert_eq(group->failure.cause, FAILURE_CAUSE_SQL);
    cr_assert_str_eq(group->failure.sqlstate, "42P01");
    cr_assert_str_eq(group->failure.location, "02_c3.sql:9");
    cr_assert_str_eq(group->failure.message, "relation \"acme_db.x\" of acme is broken");
    cr_assert_eq(group->count, 3);
    cr_assert_eq(group->targets.count, 3);
    cr_assert_str_eq(group->targets.items[0], "acme");
    cr_assert_str_eq(group->targets.items[2], "cask");
    cr_assert(peer_was_told(command, "target failed: bolt: relation"));
}

Test(answers, a_failure_beyond_the_budget_pauses)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploy_fails = true;
    struct peer *command = peer_connect("command", 0, 0);
    const struct message_finished *finished = deploy_failing(command);
    cr_assert_eq(finished->status.state, ROLLOUT_PAUSED);
    cr_assert_eq(finished->exit_code, 5);
    cr_assert_eq(finished->failures.count, 1);
    cr_assert_eq(finished->failures.items[0].targets.count, 1);
    /* the same START puts the failed target back in the queue */
    worker->deploy_fails = false;
    peer_start_watch(command);
    RUN_UNTIL(peer_count(command, MESSAGE_FINISHED) == 2);
    cr_assert_eq(peer_message(command, MESSAGE_FINISHED, 1)->finished.status.state,
                 ROLLOUT_SUCCEEDED);
}

Test(answers, targets_and_rollouts_are_listed)
{
    bench_start(false);
    (void)peer_connect("worker", 11, 8);
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(peer_count(command, MESSAGE_FINISHED) == 1);
    struct message targets = {.type = MESSAGE_TARGETS_WANTED, .targets_wanted = {.rollout = ""}};
    struct message rollouts = {.type = MESSAGE_ROLLOUTS_WANTED};
    peer_send(command, &targets);
    peer_send(command, &rollouts);
    RUN_UNTIL(peer_count(command, MESSAGE_ROLLOUTS) == 1);
    const struct message_targets *page = &peer_message(command, MESSAGE_TARGETS, 0)->targets;
    cr_assert_eq(page->targets.count, 3);
    cr_assert_eq(page->next, 0);
    cr_assert_str_eq(page->targets.items[2].place.name, "cask");
    cr_assert_str_eq(page->targets.items[2].server, "two:5432");
    cr_assert_eq(page->targets.items[0].wave, 1);
    cr_assert_eq(page->targets.items[2].wave, 2);
    const struct message_rollouts *list = &peer_message(command, MESSAGE_ROLLOUTS, 0)->rollouts;
    cr_assert_eq(list->rollouts.count, 1);
    cr_assert_str_eq(list->rollouts.items[0].status.verb, "upgrade");
    cr_assert_eq(list->rollouts.items[0].status.state, ROLLOUT_SUCCEEDED);
    cr_assert_eq(list->rollouts.items[0].counts.deployed, 3);

    targets.targets_wanted.rollout = "19991231-000000-0000";
    peer_send(command, &targets);
    RUN_UNTIL(peer_count(command, MESSAGE_REFUSED) == 1);
}

enum { FLEET = 1203 };
static struct source_definition fleet[FLEET];
static char fleet_names[FLEET][16];
static char fleet_urls[FLEET][64];

static void fleet_set(void)
{
    for (size_t i = 0; i < FLEET; i++) {
        fleet[i] = bench.config.fleet.sources.items[0];
        snprintf(fleet_names[i], sizeof fleet_names[i], "t%zu", i);
        fleet[i].place.name = fleet_names[i];
        snprintf(fleet_urls[i], sizeof fleet_urls[i], "postgresql://drover@one:5432/t%zu", i);
        fleet[i].place.url = fleet_urls[i];
    }
    bench.config.fleet.sources.items = fleet;
    bench.config.fleet.sources.count = FLEET;
}

Test(answers, progress_comes_at_most_ten_times_a_second)
{
    fleet_set();
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 64);
    struct peer *command = peer_connect("command", 0, 0);
    uint64_t begin = uv_hrtime();
    peer_start_watch(command);
    RUN_UNTIL(peer_count(command, MESSAGE_FINISHED) == 1);
    uint64_t elapsed_ms = (uv_hrtime() - begin) / 1000000;
    cr_assert_eq(worker->jobs_seen[2], (size_t)FLEET);
    /* besides: the one that answers WATCH, and the last one */
    cr_assert_leq(peer_count(command, MESSAGE_PROGRESS), elapsed_ms / 100 + 3);
    cr_assert_geq(peer_count(command, MESSAGE_PROGRESS), (size_t)2);
}

Test(answers, big_fleets_come_in_pages)
{
    fleet_set();
    bench_start(false);
    struct peer *command = peer_connect("command", 0, 0);
    peer_start(command, "deploy", "head");
    uint32_t after = 0;
    size_t seen = 0;
    size_t pages = 0;
    do {
        struct message wanted = {.type = MESSAGE_TARGETS_WANTED,
                                 .targets_wanted = {.rollout = "", .after = after}};
        if (pages == 0) {
            RUN_UNTIL(peer_count(command, MESSAGE_STARTED) == 1);
        }
        peer_send(command, &wanted);
        RUN_UNTIL(peer_count(command, MESSAGE_TARGETS) == pages + 1);
        const struct message_targets *page =
            &peer_message(command, MESSAGE_TARGETS, pages++)->targets;
        cr_assert_leq(page->targets.count, (size_t)500);
        cr_assert_str_eq(page->targets.items[0].place.name, fleet_names[seen]);
        seen += page->targets.count;
        after = page->next;
    } while (after != 0);
    cr_assert_eq(seen, (size_t)FLEET);
    cr_assert_eq(pages, 3);
}

Test(answers, watching_nothing_ends_at_once)
{
    bench_start(false);
    struct peer *command = peer_connect("command", 0, 0);
    peer_watch(command);
    RUN_UNTIL(peer_count(command, MESSAGE_FINISHED) == 1);
    cr_assert_eq(peer_message(command, MESSAGE_FINISHED, 0)->finished.status.state, ROLLOUT_NONE);
    peer_control(command, "pause");
    RUN_UNTIL(peer_count(command, MESSAGE_REFUSED) == 1);
    peer_control(command, "explode"); /* no verb: not of this protocol */
    RUN_UNTIL(command->lost);
}

/* ---- with nobody running ---- */

struct asked {
    enum message_type types[8];
    size_t count;
    uint32_t deployed;
};

static void asked_note(const struct message *message, void *context)
{
    struct asked *asked = context;
    asked->types[asked->count++] = message->type;
    if (message->type == MESSAGE_PROGRESS) {
        asked->deployed = message->progress.counts.deployed;
    }
}

Test(answers, a_journal_answers_by_itself)
{
    bench_start(true);
    (void)peer_connect("worker", 11, 8);
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(peer_count(command, MESSAGE_FINISHED) == 1);
    for (int round = 0; round < 2; round++) { /* beside the coordinator, then alone */
        struct error error;
        struct asked asked = {0};
        struct journal *journal = journal_sqlite_read(bench.journal_path, &error);
        cr_assert_not_null(journal, "%s", error.message);
        struct message watch = {.type = MESSAGE_WATCH, .watch = {.rollout = ""}};
        struct archive *archive = archive_open(journal, "", &error);
        cr_assert_not_null(archive, "%s", error.message);
        archive_ask(archive, &watch, asked_note, &asked);
        archive_close(archive);
        cr_assert_eq(asked.count, 2);
        cr_assert_eq(asked.types[0], MESSAGE_PROGRESS);
        cr_assert_eq(asked.types[1], MESSAGE_FINISHED);
        cr_assert_eq(asked.deployed, 3);
        journal_close(journal);
        if (round == 0) {
            bench_stop();
        }
    }
}
