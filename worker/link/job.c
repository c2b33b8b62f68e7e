/* Jobs in hand: carries out what the ledger (ledger.h) decides. */
#include "worker/link/job.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "worker/connections/telling.h"

static struct job *job_of(struct ledger_entry *entry)
{
    return (struct job *)((char *)entry - offsetof(struct job, entry));
}

static void job_free(struct job *job)
{
    struct worker *worker = job->worker;
    ledger_forget(&worker->ledger, &job->entry);
    if (job->task.bundle != NULL) {
        bundle_cache_give_back(worker->bundles, job->task.bundle);
    }
    arena_free(&job->task.arena);
    free(job);
}

enum { PART_VALUES_MAX = 100000, PART_BYTES_MAX = 8 * 1024 * 1024 };

/* How many of the first of `found` go into one message. */
static size_t part_length(const struct found_target_list *found)
{
    size_t values = 0;
    size_t bytes = 0;
    size_t end = 0;
    for (; end < found->count && values < PART_VALUES_MAX && bytes < PART_BYTES_MAX; end++) {
        const struct found_target *target = &found->items[end];
        values += 5 + target->labels.count;
        bytes += strlen(target->place.name) + strlen(target->place.url) +
                 strlen(target->place.schema) + texts_bytes(target->labels);
    }
    return end;
}

/* What a discovery found goes in parts, the last of them with the result. */
static void result_send(struct job *job)
{
    struct message message = {.type = MESSAGE_RESULT, .result = job->task.result};
    struct found_target_list rest = message.result.found;
    for (size_t length = part_length(&rest); length < rest.count; length = part_length(&rest)) {
        const struct message part = {
            .type = MESSAGE_FOUND,
            .found = {.key = job->entry.try.key, .targets = {rest.items, length}}};
        worker_send(job->worker, &part);
        rest = (struct found_target_list){rest.items + length, rest.count - length};
    }
    message.result.found = rest;
    worker_send(job->worker, &message);
}

/* The runner's last word; nothing of its own is touched afterwards, so the job may go. */
static void job_finished(struct task *task)
{
    struct job *job = (struct job *)task;
    struct worker *worker = job->worker;
    ledger_ended(&worker->ledger, &job->entry);
    task->cancel = NULL;
    task->result.try = job->entry.try;
    task->result.rollout = task->job.rollout;
    task->result.kind = task->job.kind;
    task->result.target = task->job.place.name;
    task->result.elapsed_ms = uv_now(worker->loop) - task->started_ms;
    if (!worker_is_open(worker)) {
        worker_rest_later(worker); /* frees it, when nobody up the stack holds a job */
        return;
    }
    log_write(LOG_DEBUG, "job %" PRIu64 " (%s %s) ended: %s %s", job->entry.try.key.job,
              job_kind_word(task->job.kind), task->job.place.name,
              job_outcome_word(task->result.outcome), task->result.failure.message);
    result_send(job);
}

static void job_fail(struct job *job, const char *message)
{
    task_fail(&job->task, &(struct failure){.cause = FAILURE_CAUSE_INTERNAL, .message = message});
    job_finished(&job->task);
}

static void job_run(struct job *job)
{
    static void (*const runners[])(struct task * task) = {
        [JOB_DISCOVER] = discover_start, [JOB_INSPECT] = inspect_start, [JOB_DEPLOY] = deploy_start,
        [JOB_CHECK] = check_start,       [JOB_PROBE] = probe_start,
    };
    job->task.started_ms = uv_now(job->worker->loop);
    ledger_started(&job->worker->ledger, &job->entry);
    runners[job->task.job.kind](&job->task);
}

static void bundle_want(struct worker *worker, const char *digest, uint64_t offset)
{
    const struct message message = {.type = MESSAGE_BUNDLE_WANTED,
                                    .bundle_wanted = {digest, offset}};
    worker_send(worker, &message);
}

static void duty_do(struct job *job, enum ledger_duty duty)
{
    switch (duty) {
    case DUTY_NONE: break;
    case DUTY_RUN:
        if (job->entry.bundle[0] != '\0' && job->task.bundle == NULL) {
            job->task.bundle = bundle_cache_take(job->worker->bundles, job->entry.bundle);
        }
        job_run(job);
        break;
    case DUTY_ASK_BUNDLE:
        bundle_cache_expect(job->worker->bundles, job->entry.bundle);
        bundle_want(job->worker, job->entry.bundle, 0);
        break;
    case DUTY_SEND_RESULT: result_send(job); break;
    case DUTY_STOP:
        if (job->task.cancel != NULL) {
            job->task.cancel(&job->task);
        }
        break;
    case DUTY_END_CANCELLED:
        job->task.result.outcome = JOB_OUTCOME_CANCELLED;
        job_finished(&job->task);
        break;
    case DUTY_FORGET: job_free(job); break;
    }
}

static void job_tell(struct task *task, const struct activity *activity)
{
    const struct job *job = (const struct job *)task;
    const struct message message = {.type = MESSAGE_ACTIVITY,
                                    .activity = {.key = job->entry.try.key, .activity = *activity}};
    if (job->worker->followed) {
        worker_send(job->worker, &message);
    }
}

static struct job *job_make(struct worker *worker, const struct message_job *message)
{
    struct job *job = memory_alloc(sizeof *job);
    struct task *task = &job->task;
    job->worker = worker;
    job->entry.try = message->try;
    task->loop = worker->loop;
    task->pool = worker->pool;
    task->python = worker->processes;
    task->finish = job_finished;
    task->tell = job_tell;
    layout_copy(message_layout(MESSAGE_JOB), &task->arena, message, &task->job);
    layout_absent(message_layout(MESSAGE_RESULT), &task->result);
    task->started_ms = uv_now(worker->loop);
    return job;
}

void job_take(struct worker *worker, const struct message_job *message)
{
    struct ledger_entry *known = ledger_find(&worker->ledger, message->try.key);
    if (known != NULL) {
        duty_do(job_of(known), ledger_repeat(known));
        return;
    }
    struct job *job = job_make(worker, message);
    job->entry.bundle = job->task.job.bundle;
    if (job->entry.bundle[0] != '\0') {
        job->task.bundle = bundle_cache_take(worker->bundles, job->entry.bundle);
    }
    enum ledger_duty duty = ledger_add(&worker->ledger, &job->entry, job->task.bundle != NULL);
    duty_do(job, duty);
}

void jobs_bundle(struct worker *worker, const struct message_bundle *bundle)
{
    struct error error = {0};
    uint64_t offset = 0;
    int status = bundle_cache_add(worker->bundles, bundle, &offset, &error);
    if (status == 0) {
        bundle_want(worker, bundle->digest, offset);
        return;
    }
    struct ledger_entry *entry, *next;
    HASH_ITER(hh, worker->ledger.entries, entry, next)
    {
        enum ledger_duty duty = ledger_bundle(entry, bundle->digest);
        if (status < 0 && duty != DUTY_NONE) {
            job_fail(job_of(entry), error.message);
        } else {
            duty_do(job_of(entry), duty);
        }
    }
}

void job_cancel(struct worker *worker, const struct message_job_cancel *message)
{
    struct ledger_entry *entry = ledger_find(&worker->ledger, message->key);
    enum ledger_duty duty = ledger_cancel(entry);
    if (duty != DUTY_NONE) {
        duty_do(job_of(entry), duty);
    }
}

void jobs_hand_back(struct worker *worker)
{
    struct ledger_entry *entry, *next;
    HASH_ITER(hh, worker->ledger.entries, entry, next)
    {
        duty_do(job_of(entry), ledger_cancel(entry));
    }
}

void job_acknowledged(struct worker *worker, const struct message_result_ack *message)
{
    struct ledger_entry *entry = ledger_find(&worker->ledger, message->key);
    enum ledger_duty duty = ledger_acknowledge(entry);
    if (duty != DUTY_NONE) {
        duty_do(job_of(entry), duty);
        worker_rest(worker);
    }
}

void jobs_present(struct worker *worker)
{
    struct ledger_entry *entry, *next;
    HASH_ITER(hh, worker->ledger.entries, entry, next)
    {
        activity_tell_again(&job_of(entry)->task);
        duty_do(job_of(entry), ledger_present(&worker->ledger, entry));
    }
}

struct job_attempt_list jobs_running(const struct worker *worker, struct arena *arena)
{
    struct job_attempt_list list = {0};
    list.items = arena_array(arena, HASH_COUNT(worker->ledger.entries), sizeof *list.items);
    for (const struct ledger_entry *entry = worker->ledger.entries; entry != NULL;
         entry = entry->hh.next) {
        list.items[list.count++] = entry->try;
    }
    return list;
}

void jobs_abandon(struct worker *worker)
{
    struct ledger_entry *entry, *next;
    HASH_ITER(hh, worker->ledger.entries, entry, next)
    {
        struct job *job = job_of(entry);
        if (entry->state != LEDGER_RUNNING) {
            job_free(job);
        } else if (job->task.cancel != NULL) {
            job->task.cancel(&job->task);
        }
    }
}
