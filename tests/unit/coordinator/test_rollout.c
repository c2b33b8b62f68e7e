/* Whole rollouts through the shell: from START to FINISHED, attached to, paused, and over a
 * restart. */
#include <string.h>

#include "tests/unit/coordinator/peers.h"

TestSuite(rollout, .init = bench_init, .fini = bench_fini);

static const struct message_finished *finished(const struct peer *peer, size_t nth)
{
    const struct message *message = peer_message(peer, MESSAGE_FINISHED, nth);
    return message != NULL ? &message->finished : NULL;
}

/* The last PROGRESS. */
static const struct message_progress *progress(const struct peer *peer)
{
    return &peer_message(peer, MESSAGE_PROGRESS, peer_count(peer, MESSAGE_PROGRESS) - 1)->progress;
}

Test(rollout, validates_opens_the_gate_deploys_in_waves_and_finishes)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    struct peer *command = peer_connect("command", 0, 0);
    peer_start(command, "deploy", "head");
    RUN_UNTIL(peer_count(command, MESSAGE_STARTED) == 1);
    cr_assert_eq(peer_count(command, MESSAGE_BUNDLE_WANTED), 1);
    const struct message_started *started = &peer_message(command, MESSAGE_STARTED, 0)->started;
    cr_assert_not(started->resumed);
    cr_assert_eq(strlen(started->rollout), strlen("20261123-031502-a1b2"));
    peer_watch(command);
    RUN_UNTIL(finished(command, 0) != NULL);

    cr_assert_eq(finished(command, 0)->status.state, ROLLOUT_SUCCEEDED);
    cr_assert_str_eq(finished(command, 0)->status.rollout, started->rollout);
    cr_assert_eq(finished(command, 0)->exit_code, 0);
    cr_assert_eq(finished(command, 0)->failures.count, 0);
    cr_assert_eq(strlen(finished(command, 0)->status.digest), 64);
    cr_assert_eq(progress(command)->counts.targets, 3);
    cr_assert_eq(progress(command)->counts.deployed, 3);
    cr_assert_str_eq(progress(command)->status.verb, "upgrade");
    cr_assert_eq(progress(command)->waves.count, 2);
    cr_assert_eq(progress(command)->workers.count, 1);
    cr_assert(peer_was_told(command, "wave finished: rest"));
    cr_assert_eq(worker->jobs_seen[1], 3);
    cr_assert_eq(worker->jobs_seen[2], 3);
    RUN_UNTIL(peer_count(worker, MESSAGE_RESULT_ACK) == 6);
    const struct message_job *job = &peer_message(worker, MESSAGE_JOB, 3)->job;
    cr_assert_eq(job->kind, JOB_DEPLOY);
    cr_assert_eq(job->steps.count, 3);
    cr_assert_str_eq(job->steps.items[2], "+c3");
    cr_assert_str_eq(job->bundle, bundle_digest(bench.bundle));
}

Test(rollout, workers_get_the_bundle_they_ask_for)
{
    bench_start(false);
    struct peer *command = peer_connect("command", 0, 0);
    peer_start(command, "deploy", "head");
    RUN_UNTIL(peer_count(command, MESSAGE_STARTED) == 1);
    struct peer *worker = peer_connect("worker", 11, 0);
    struct message wanted = {.type = MESSAGE_BUNDLE_WANTED,
                             .bundle_wanted = {.digest = bundle_digest(bench.bundle)}};
    peer_send(worker, &wanted);
    RUN_UNTIL(peer_count(worker, MESSAGE_BUNDLE) == 1);
    struct bytes sent = bundle_bytes(bench.bundle);
    struct bytes got = peer_message(worker, MESSAGE_BUNDLE, 0)->bundle.content;
    cr_assert_eq(got.length, sent.length);
    cr_assert_eq(memcmp(got.data, sent.data, sent.length), 0);
    wanted.bundle_wanted.digest = "0000";
    peer_send(worker, &wanted);
    RUN_UNTIL(peer_count(worker, MESSAGE_REFUSED) == 1);
}

Test(rollout, the_same_start_attaches_and_another_is_refused)
{
    bench_start(false);
    struct peer *first = peer_connect("command", 0, 0);
    struct peer *second = peer_connect("command", 0, 0);
    peer_start(first, "deploy", "head");
    RUN_UNTIL(peer_count(first, MESSAGE_STARTED) == 1);
    peer_start(second, "deploy", "head");
    RUN_UNTIL(peer_count(second, MESSAGE_STARTED) == 1);
    const struct message_started *started = &peer_message(second, MESSAGE_STARTED, 0)->started;
    cr_assert(started->resumed);
    cr_assert_str_eq(started->rollout, peer_message(first, MESSAGE_STARTED, 0)->started.rollout);
    cr_assert_eq(peer_count(second, MESSAGE_BUNDLE_WANTED), 0, "the bundle is held");

    peer_start(second, "deploy", "a1");
    RUN_UNTIL(peer_count(second, MESSAGE_REFUSED) == 1);
    const struct message_refused *refused = &peer_message(second, MESSAGE_REFUSED, 0)->refused;
    cr_assert_str_eq(refused->code, "busy");
    cr_assert(strstr(refused->message, "upgrade head") != NULL, "%s", refused->message);
    cr_assert(strstr(refused->hint, "drover cancel") != NULL, "%s", refused->hint);

    struct peer *worker = peer_connect("worker", 11, 8);
    peer_watch(first);
    peer_watch(second);
    RUN_UNTIL(finished(first, 0) != NULL && finished(second, 0) != NULL);
    cr_assert_eq(worker->jobs_seen[2], 3);
}

Test(rollout, two_starts_in_one_turn_are_one_rollout)
{
    bench_start(false);
    struct peer *first = peer_connect("command", 0, 0);
    struct peer *second = peer_connect("command", 0, 0);
    peer_start(first, "deploy", "head");
    peer_start(second, "deploy", "head");
    RUN_UNTIL(peer_count(first, MESSAGE_STARTED) + peer_count(second, MESSAGE_STARTED) == 2);
    cr_assert(peer_message(first, MESSAGE_STARTED, 0)->started.resumed !=
              peer_message(second, MESSAGE_STARTED, 0)->started.resumed);
    struct message wanted = {.type = MESSAGE_ROLLOUTS_WANTED};
    peer_send(first, &wanted);
    RUN_UNTIL(peer_count(first, MESSAGE_ROLLOUTS) == 1);
    cr_assert_eq(peer_message(first, MESSAGE_ROLLOUTS, 0)->rollouts.rollouts.count, 1);
}

Test(rollout, pause_lets_watchers_go_and_the_same_start_resumes)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(worker->jobs_seen[2] == 1); /* the canary */
    peer_control(command, "interrupt");
    RUN_UNTIL(peer_count(command, MESSAGE_CONTROLLED) == 1);
    cr_assert_eq(peer_message(command, MESSAGE_CONTROLLED, 0)->controlled.state, ROLLOUT_PAUSED);
    bench_settle(command);
    cr_assert_null(finished(command, 0), "the canary still runs");
    peer_result(worker, &peer_message(worker, MESSAGE_JOB, 3)->job, "done");
    RUN_UNTIL(finished(command, 0) != NULL);
    cr_assert_eq(finished(command, 0)->status.state, ROLLOUT_PAUSED);
    cr_assert_eq(finished(command, 0)->exit_code, 5);
    cr_assert(peer_was_told(command, "rollout paused by tester: a test"));

    worker->deploys = true;
    peer_start(command, "deploy", "head");
    RUN_UNTIL(peer_count(command, MESSAGE_STARTED) == 2);
    cr_assert(peer_message(command, MESSAGE_STARTED, 1)->started.resumed);
    peer_watch(command);
    RUN_UNTIL(finished(command, 1) != NULL);
    cr_assert_eq(finished(command, 1)->status.state, ROLLOUT_SUCCEEDED);
    cr_assert_eq(worker->jobs_seen[2], 3);
}

Test(rollout, a_persons_pause_outlives_the_same_start)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(worker->jobs_seen[2] == 1);
    peer_control(command, "pause");
    RUN_UNTIL(peer_count(command, MESSAGE_CONTROLLED) == 1);
    peer_start(command, "deploy", "head");
    RUN_UNTIL(peer_count(command, MESSAGE_REFUSED) == 1);
    const struct message_refused *refused = &peer_message(command, MESSAGE_REFUSED, 0)->refused;
    cr_expect_str_eq(refused->code, "stopped");
    cr_expect_neq(strstr(refused->message, "paused by tester since 20"), NULL);
    cr_expect_neq(strstr(refused->message, ": a test"), NULL);
    cr_expect_neq(strstr(refused->hint, "drover resume"), NULL);
    peer_control(command, "resume");
    RUN_UNTIL(peer_count(command, MESSAGE_CONTROLLED) == 2);
    cr_assert_eq(peer_message(command, MESSAGE_CONTROLLED, 1)->controlled.state, ROLLOUT_DEPLOYING);
}

Test(rollout, goes_on_after_a_restart_on_the_same_journal)
{
    bench_start(true);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start(command, "deploy", "head");
    RUN_UNTIL(worker->jobs_seen[2] == 1);
    bench_stop();
    RUN_UNTIL(worker->lost && command->lost);

    bench_start(true);
    struct peer *again = peer_connect("worker", 12, 8);
    struct peer *watcher = peer_connect("command", 0, 0);
    peer_watch(watcher);
    RUN_UNTIL(finished(watcher, 0) != NULL); /* nobody sent START again */
    cr_assert_eq(finished(watcher, 0)->status.state, ROLLOUT_SUCCEEDED);
    cr_assert_str_eq(finished(watcher, 0)->status.rollout,
                     peer_message(command, MESSAGE_STARTED, 0)->started.rollout);
    cr_assert_eq(again->jobs_seen[1], 0, "validated before the restart");
    cr_assert_eq(again->jobs_seen[2], 3);
    cr_assert_eq(peer_message(watcher, MESSAGE_WELCOME, 0)->welcome.epoch, 2);
    /* the first worker's lease is of the first epoch */
    cr_assert_eq(peer_message(again, MESSAGE_JOB, 0)->job.epoch, 2);
}

Test(rollout, a_worker_that_comes_back_keeps_its_job_over_a_restart)
{
    bench_start(true);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start(command, "deploy", "head");
    RUN_UNTIL(worker->jobs_seen[2] == 1);
    const struct message_job *job = &peer_message(worker, MESSAGE_JOB, 3)->job;
    bench_stop();
    bench_start(true);

    struct job_attempt running = job->try;
    struct peer *again = peer_come_back(11, &running, 1);
    struct peer *watcher = peer_connect("command", 0, 0);
    peer_watch(watcher);
    bench_settle(again);
    peer_result(again, job, "done");
    RUN_UNTIL(finished(watcher, 0) != NULL);
    cr_assert_eq(finished(watcher, 0)->status.state, ROLLOUT_SUCCEEDED);
    cr_assert_eq(again->jobs_seen[2], 2, "the canary was not given again");
}

Test(rollout, a_lost_worker_s_jobs_go_to_another)
{
    bench_start(false);
    struct peer *first = peer_connect("worker", 11, 8);
    first->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(first->jobs_seen[2] == 1);
    peer_close(first);
    struct peer *second = peer_connect("worker", 12, 8);
    RUN_UNTIL(finished(command, 0) != NULL);
    cr_assert_eq(finished(command, 0)->status.state, ROLLOUT_SUCCEEDED);
    cr_assert_eq(second->jobs_seen[2], 3);
    cr_assert(peer_was_told(command, "worker left: worker"));
}
