/* Nothing leaves before it is durable, and nothing at all once the journal failed. */
#include "tests/unit/coordinator/peers.h"

TestSuite(durability, .init = bench_init, .fini = bench_fini);

Test(durability, answers_and_jobs_wait_for_the_journal)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->inspects = false;
    struct peer *command = peer_connect("command", 0, 0);
    bench_settle(worker);
    bench.failures.hold = true;
    peer_start(command, "deploy", "head");
    RUN_UNTIL(peer_count(command, MESSAGE_BUNDLE_WANTED) == 1);
    bench_settle(command);
    cr_assert_eq(peer_count(command, MESSAGE_STARTED), 0);
    cr_assert_eq(peer_count(worker, MESSAGE_JOB), 0);
    journal_memory_release(bench.journal);
    RUN_UNTIL(peer_count(command, MESSAGE_STARTED) == 1 && worker->jobs_seen[1] == 3);

    peer_result(worker, &peer_message(worker, MESSAGE_JOB, 0)->job, "done");
    bench_settle(worker);
    cr_assert_eq(peer_count(worker, MESSAGE_RESULT_ACK), 0);
    /* this one joins the next batch */
    peer_result(worker, &peer_message(worker, MESSAGE_JOB, 1)->job, "done");
    bench_settle(worker);
    journal_memory_release(bench.journal);
    RUN_UNTIL(peer_count(worker, MESSAGE_RESULT_ACK) == 1);
    bench_settle(worker);
    cr_assert_eq(peer_count(worker, MESSAGE_RESULT_ACK), 1);
    journal_memory_release(bench.journal);
    RUN_UNTIL(peer_count(worker, MESSAGE_RESULT_ACK) == 2);
    bench.failures.hold = false;
    journal_memory_release(bench.journal);
}

static void failure_check(bool ambiguous)
{
    /* appends before: epoch, worker, START */
    uint64_t nth = 4;
    bench.failures.fail_append_at = ambiguous ? 0 : nth;
    bench.failures.ambiguous_append_at = ambiguous ? nth : 0;
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->inspects = false;
    bench_settle(worker);
    struct peer *command = peer_connect("command", 0, 0);
    peer_start(command, "deploy", "head");
    RUN_UNTIL(worker->jobs_seen[1] == 3);
    cr_assert_not(bench.failed);
    peer_watch(command);
    RUN_UNTIL(peer_count(command, MESSAGE_PROGRESS) == 1);
    for (size_t i = 0; i < 3; i++) {
        peer_result(worker, &peer_message(worker, MESSAGE_JOB, i)->job, "done");
    }
    RUN_UNTIL(bench.failed);
    bench_settle(worker);
    RUN_UNTIL(command->lost); /* after it was told why */
    const struct message *notice =
        peer_message(command, MESSAGE_NOTICE, peer_count(command, MESSAGE_NOTICE) - 1);
    cr_assert_not_null(notice);
    cr_assert_str_eq(notice->notice.entry.fact, "coordinator_failed");
    cr_assert_eq(peer_count(worker, MESSAGE_RESULT_ACK), 0);
    cr_assert_eq(worker->jobs_seen[2], 0);
    cr_assert_eq(peer_count(command, MESSAGE_PROGRESS), 1);
    cr_assert_eq(peer_count(command, MESSAGE_FINISHED), 0);
}

Test(durability, a_failed_append_ends_everything)
{
    failure_check(false);
}

Test(durability, an_ambiguous_append_does_too)
{
    failure_check(true);
}
