/* Surveys and lists beside rollouts, in order, and without a trace. */
#include <string.h>

#include "coordinator/core/core.h"
#include "tests/unit/coordinator/peers.h"

TestSuite(survey, .init = bench_init, .fini = bench_fini);

#define SURVEY_BIT (UINT64_C(1) << 63)

static const char *started(const struct peer *peer, size_t nth)
{
    RUN_UNTIL(peer_count(peer, MESSAGE_STARTED) > nth);
    return peer_message(peer, MESSAGE_STARTED, nth)->started.rollout;
}

static void watch(struct peer *peer, const char *rollout)
{
    struct message message = {.type = MESSAGE_WATCH, .watch = {.rollout = rollout}};
    peer_send(peer, &message);
}

/* Waits for the n-th FINISHED (from 0). */
static const struct message_finished *finished(const struct peer *peer, size_t nth)
{
    RUN_UNTIL(peer_count(peer, MESSAGE_FINISHED) > nth);
    return &peer_message(peer, MESSAGE_FINISHED, nth)->finished;
}

static const struct message_targets *targets(struct peer *peer, const char *rollout)
{
    size_t before = peer_count(peer, MESSAGE_TARGETS);
    struct message wanted = {.type = MESSAGE_TARGETS_WANTED,
                             .targets_wanted = {.rollout = rollout}};
    peer_send(peer, &wanted);
    RUN_UNTIL(peer_count(peer, MESSAGE_TARGETS) > before);
    return &peer_message(peer, MESSAGE_TARGETS, before)->targets;
}

static const struct message_rollouts *rollouts(struct peer *peer)
{
    size_t before = peer_count(peer, MESSAGE_ROLLOUTS);
    struct message wanted = {.type = MESSAGE_ROLLOUTS_WANTED};
    peer_send(peer, &wanted);
    RUN_UNTIL(peer_count(peer, MESSAGE_ROLLOUTS) > before);
    return &peer_message(peer, MESSAGE_ROLLOUTS, before)->rollouts;
}

static void event_count_up(const struct event *event, void *context)
{
    (void)event;
    ++*(size_t *)context;
}

/* How many events the coordinator's journal holds. */
static size_t journal_length(void)
{
    size_t count = 0;
    struct error error;
    cr_assert_eq(journal_replay(bench.journal, event_count_up, &count, &error), 0);
    return count;
}

static const struct message_job *job(const struct peer *worker, size_t nth)
{
    RUN_UNTIL(peer_count(worker, MESSAGE_JOB) > nth);
    return &peer_message(worker, MESSAGE_JOB, nth)->job;
}

/* All that the asker of a survey does, after its START; returns its id. */
static const char *survey_read(struct peer *asker, size_t nth)
{
    const char *id = started(asker, nth);
    watch(asker, id);
    cr_assert_str_eq(finished(asker, nth)->status.rollout, id);
    cr_assert_eq(targets(asker, id)->targets.count, 3);
    return id;
}

Test(survey, a_survey_during_a_rollout_is_answered_and_leaves_no_trace)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(worker->jobs_seen[2] == 1); /* the canary */
    const struct message_job *canary = job(worker, 3);
    bench_settle(worker);
    size_t length = journal_length();

    struct peer *asker = peer_connect("command", 0, 0);
    peer_start(asker, "survey", "");
    const char *survey = survey_read(asker, 0);
    cr_assert_eq(peer_message(asker, MESSAGE_FINISHED, 0)->finished.exit_code, 0);
    cr_assert_eq(worker->jobs_seen[1], 6);
    RUN_UNTIL(peer_count(worker, MESSAGE_RESULT_ACK) == 6);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(job(worker, i)->try.key.job & SURVEY_BIT, 0);
        cr_assert_neq(job(worker, 4 + i)->try.key.job & SURVEY_BIT, 0);
        cr_assert_str_eq(job(worker, 4 + i)->rollout, survey);
        cr_assert_eq(peer_message(worker, MESSAGE_RESULT_ACK, 3 + i)->result_ack.key.job,
                     job(worker, 4 + i)->try.key.job);
    }
    cr_assert_eq(journal_length(), length, "the survey is in the journal");
    cr_assert_eq(peer_count(command, MESSAGE_FINISHED), 0);

    /* both cores number their jobs from 1: the canary's result must reach the rollout */
    worker->deploys = true;
    peer_result(worker, canary, "done");
    cr_assert_eq(finished(command, 0)->status.state, ROLLOUT_SUCCEEDED);
    cr_assert_str_neq(finished(command, 0)->status.rollout, survey);
    cr_assert_eq(rollouts(asker)->rollouts.count, 1);
    cr_assert_str_eq(rollouts(asker)->rollouts.items[0].status.verb, "upgrade");
    cr_assert_eq(targets(asker, survey)->targets.count, 3, "kept until the next survey");
    watch(asker, "");
    cr_assert_str_eq(finished(asker, 1)->status.rollout, finished(command, 0)->status.rollout);
}

Test(survey, the_rollout_is_still_shown_with_its_failures)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploy_fails = true;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    cr_assert_eq(finished(command, 0)->status.state, ROLLOUT_PAUSED);
    static const char *const purposes[] = {"survey", "list"};
    for (size_t i = 0; i < 2; i++) {
        peer_start(command, purposes[i], "");
        const char *id = started(command, 1 + i);
        watch(command, id);
        cr_assert_eq(finished(command, 1 + 2 * i)->status.state, ROLLOUT_SUCCEEDED);
        cr_assert_str_eq(targets(command, id)->rollout, id);
        watch(command, "");
        const struct message_finished *status = finished(command, 2 + 2 * i);
        cr_assert_str_eq(status->status.rollout, finished(command, 0)->status.rollout);
        cr_assert_eq(status->status.state, ROLLOUT_PAUSED);
        cr_assert_eq(status->failures.count, 1);
        cr_assert_str_eq(status->failures.items[0].failure.sqlstate, "42P01");
    }
    const struct message_targets *shown = targets(command, "");
    cr_assert_str_eq(shown->rollout, finished(command, 0)->status.rollout);
    cr_assert_eq(shown->targets.items[0].failure.cause, FAILURE_CAUSE_SQL);
    peer_control(command, "cancel");
    RUN_UNTIL(peer_count(command, MESSAGE_CONTROLLED) == 1);
    cr_assert_str_eq(peer_message(command, MESSAGE_CONTROLLED, 0)->controlled.rollout,
                     finished(command, 0)->status.rollout);
}

Test(survey, a_lost_worker_s_questions_go_to_another)
{
    bench_start(false);
    struct peer *first = peer_connect("worker", 11, 8);
    first->inspects = false;
    struct peer *asker = peer_connect("command", 0, 0);
    peer_start(asker, "survey", "");
    RUN_UNTIL(first->jobs_seen[1] == 3);
    peer_close(first);
    struct peer *second = peer_connect("worker", 12, 8);
    (void)survey_read(asker, 0);
    cr_assert_eq(second->jobs_seen[1], 3);
}

Test(survey, a_worker_that_comes_back_keeps_the_jobs_of_both)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->deploys = false;
    struct peer *command = peer_connect("command", 0, 0);
    peer_start_watch(command);
    RUN_UNTIL(worker->jobs_seen[2] == 1);
    worker->inspects = false;
    struct peer *asker = peer_connect("command", 0, 0);
    peer_start(asker, "survey", "");
    RUN_UNTIL(worker->jobs_seen[1] == 6);
    struct job_attempt running[3]; /* the canary and two of the survey's; the third got lost */
    for (size_t i = 0; i < 3; i++) {
        running[i] = job(worker, 3 + i)->try;
    }
    peer_close(worker);

    struct peer *again = peer_come_back(11, running, 3);
    RUN_UNTIL(peer_count(again, MESSAGE_WELCOME) == 1);
    for (size_t i = 0; i < 3; i++) {
        peer_result(again, job(worker, 3 + i), "done");
    }
    (void)survey_read(asker, 0);
    cr_assert_eq(finished(command, 0)->status.state, ROLLOUT_SUCCEEDED);
    cr_assert_eq(again->jobs_seen[1], 1, "the one that it did not have in hand");
    cr_assert_eq(again->jobs_seen[2], 2, "the canary was not given again");
    cr_assert_eq(peer_count(again, MESSAGE_JOB_CANCEL), 1);
    cr_assert_eq(peer_message(again, MESSAGE_JOB_CANCEL, 0)->job_cancel.key.job,
                 job(worker, 6)->try.key.job);
}

Test(survey, the_same_one_attaches_and_another_waits_its_turn)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->inspects = false;
    struct peer *first = peer_connect("command", 0, 0);
    struct peer *same = peer_connect("command", 0, 0);
    struct peer *other = peer_connect("command", 0, 0);
    struct peer *impatient = peer_connect("command", 0, 0);
    struct peer *last = peer_connect("command", 0, 0);
    peer_start(first, "survey", "");
    const char *survey = started(first, 0);
    peer_start(same, "survey", "");
    cr_assert_str_eq(started(same, 0), survey);
    peer_start(impatient, "survey", "other");
    bench_settle(impatient);
    peer_start(other, "list", "");
    bench_settle(other);
    peer_start(last, "survey", "again");
    bench_settle(last);
    cr_assert_eq(peer_count(other, MESSAGE_STARTED), 0);
    peer_close(impatient);

    for (size_t i = 0; i < 3; i++) {
        peer_result(worker, job(worker, i), "done");
    }
    cr_assert_str_eq(survey_read(first, 0), survey);
    watch(same, survey);
    cr_assert_str_eq(finished(same, 0)->status.rollout, survey);
    bench_settle(other);
    cr_assert_eq(peer_count(other, MESSAGE_STARTED), 0, "one has yet to read its targets");
    worker->inspects = true;
    cr_assert_eq(targets(same, survey)->targets.count, 3);
    (void)started(other, 0);
    cr_assert_eq(peer_count(last, MESSAGE_STARTED), 0);
    (void)survey_read(other, 0);
    (void)survey_read(last, 0);
    cr_assert_eq(worker->jobs_seen[1], 6);
    cr_assert_eq(peer_count(other, MESSAGE_REFUSED), 0);
    cr_assert_eq(rollouts(first)->rollouts.count, 0);
}

Test(survey, one_that_nobody_asks_any_more_is_cancelled)
{
    bench_start(false);
    struct peer *worker = peer_connect("worker", 11, 8);
    worker->inspects = false;
    struct peer *first = peer_connect("command", 0, 0);
    struct peer *second = peer_connect("command", 0, 0);
    peer_start(first, "survey", "");
    const char *survey = started(first, 0);
    RUN_UNTIL(worker->jobs_seen[1] == 3);
    peer_close(first);
    RUN_UNTIL(peer_count(worker, MESSAGE_JOB_CANCEL) == 3);
    peer_start(second, "survey", ""); /* the same: not to be attached to what is being cancelled */
    bench_settle(second);
    cr_assert_eq(peer_count(second, MESSAGE_STARTED), 0);
    worker->inspects = true;
    for (size_t i = 0; i < 3; i++) {
        peer_result(worker, job(worker, i), "cancelled");
    }
    cr_assert_str_neq(survey_read(second, 0), survey);
    cr_assert_eq(finished(second, 0)->status.state, ROLLOUT_SUCCEEDED);
}

Test(survey, those_who_do_not_read_do_not_hold_up_the_others)
{
    bench_start(false);
    struct peer *sleepy = peer_connect("command", 0, 0);
    struct peer *other = peer_connect("command", 0, 0);
    peer_start(sleepy, "list", "");
    (void)started(sleepy, 0);
    peer_start(other, "list", "");
    (void)survey_read(other, 0); /* after ten seconds */
}

Test(survey, one_goes_on_when_the_journal_is_slow)
{
    bench_start(false);
    (void)peer_connect("worker", 11, 8);
    struct peer *command = peer_connect("command", 0, 0);
    struct peer *asker = peer_connect("command", 0, 0);
    bench_settle(command);
    bench.failures.hold = true;
    peer_start(command, "deploy", "head");
    peer_start(asker, "survey", "");
    (void)survey_read(asker, 0);
    cr_assert_eq(peer_count(command, MESSAGE_STARTED), 0);
    bench.failures.hold = false;
    journal_memory_release(bench.journal);
    RUN_UNTIL(peer_count(command, MESSAGE_STARTED) == 1);
}
