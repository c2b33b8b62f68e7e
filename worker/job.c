/* Jobs in hand: WAITING for a bundle -> RUNNING -> FINISHED -> acknowledged and freed.
 *
 * A result is sent when the job ends and again after every handshake, until the coordinator has
 * made it durable. A job that arrives twice is worked on once.
 */
#include "worker/agent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"

static void job_free(struct job *job)
{
    struct worker *worker = job->worker;
    HASH_DEL(worker->jobs, job);
    if (job->task.bundle != NULL) {
        bundle_cache_give_back(worker->bundles, job->task.bundle);
    }
    arena_free(&job->task.arena);
    free(job);
}

static struct job *job_find(struct worker *worker, uint64_t number)
{
    struct job *job = NULL;
    HASH_FIND(hh, worker->jobs, &number, sizeof number, job);
    return job;
}

static void result_send(struct job *job)
{
    const struct message message = {.type = MESSAGE_RESULT, .result = job->task.result};
    worker_send(job->worker, &message);
}

/* The runner's last word; nothing of its own is touched afterwards, so the job may go. */
static void job_finished(struct task *task)
{
    struct job *job = (struct job *)task;
    struct worker *worker = job->worker;
    worker->running -= job->state == JOB_RUNNING;
    job->state = JOB_FINISHED;
    task->cancel = NULL;
    task->result.job = job->number;
    task->result.epoch = task->job.epoch;
    task->result.attempt = task->job.attempt;
    task->result.elapsed_ms = uv_now(worker->loop) - task->started_ms;
    if (worker->closing) {
        worker_rest_later(worker); /* frees it, when nobody up the stack holds a job */
        return;
    }
    log_write(LOG_DEBUG, "job %" PRIu64 " (%s %s) ended: %s %s", job->number, task->job.kind,
              task->job.target, task->result.outcome, task->result.message);
    result_send(job);
}

static void job_fail(struct job *job, const char *message)
{
    task_fail(&job->task, FAILURE_CAUSE_INTERNAL, "", message, "", "", NULL);
    job_finished(&job->task);
}

static void job_run(struct job *job)
{
    static const struct {
        const char *kind;
        void (*start)(struct task *task);
    } runners[] = {
        {"inspect", inspect_start}, {"deploy", deploy_start}, {"discover", discover_start},
        {"check", check_start},     {"probe", probe_start},
    };
    job->task.started_ms = uv_now(job->worker->loop);
    for (size_t i = 0; i < sizeof runners / sizeof runners[0]; i++) {
        if (strcmp(runners[i].kind, job->task.job.kind) == 0) {
            job->state = JOB_RUNNING;
            job->worker->running++;
            runners[i].start(&job->task);
            return;
        }
    }
    job_fail(job, "the worker does not know this kind of job; is it older than the coordinator?");
}

static void bundle_want(struct worker *worker, const char *digest)
{
    const struct message message = {.type = MESSAGE_BUNDLE_WANTED, .bundle_wanted = {digest}};
    worker_send(worker, &message);
}

/* Whether another job waits for the same bundle, so that it has been asked for. */
static bool bundle_is_wanted(const struct worker *worker, const char *digest)
{
    for (const struct job *job = worker->jobs; job != NULL; job = job->hh.next) {
        if (job->state == JOB_WAITING && strcmp(job->task.job.bundle, digest) == 0) {
            return true;
        }
    }
    return false;
}

/* A message lives only for its callback: the copy goes through the codec into the task's arena. */
static int message_keep(struct task *task, const struct message_job *message, struct error *error)
{
    struct buffer payload = {0};
    const struct message whole = {.type = MESSAGE_JOB, .job = *message};
    message_encode(&whole, &payload);
    struct message copy;
    int status = message_decode(
        (struct bytes){.data = (const uint8_t *)payload.data, .length = payload.length},
        &task->arena, &copy, error);
    if (status == 0) {
        task->job = copy.job;
    }
    buffer_free(&payload);
    return status;
}

void job_take(struct worker *worker, const struct message_job *message)
{
    struct job *known = job_find(worker, message->job);
    if (known != NULL) {
        if (known->state == JOB_FINISHED) {
            result_send(known);
        }
        return;
    }
    struct job *job = memory_alloc(sizeof *job);
    struct task *task = &job->task;
    job->worker = worker;
    job->number = message->job;
    job->state = JOB_WAITING;
    task->loop = worker->loop;
    task->pool = worker->pool;
    task->finish = job_finished;
    task->result = (struct message_result){.outcome = "",
                                           .cause = "",
                                           .sqlstate = "",
                                           .message = "",
                                           .detail = "",
                                           .hint = "",
                                           .location = "",
                                           .server_identity = "",
                                           .timeline = ""};
    task->started_ms = uv_now(worker->loop);
    struct error error = {0};
    int kept = message_keep(task, message, &error);
    bool asked = kept == 0 && bundle_is_wanted(worker, task->job.bundle);
    HASH_ADD(hh, worker->jobs, number, sizeof job->number, job);
    if (kept != 0) {
        job_fail(job, error.message);
        return;
    }
    if (task->job.bundle[0] != '\0') {
        task->bundle = bundle_cache_take(worker->bundles, task->job.bundle);
        if (task->bundle == NULL) {
            if (!asked) {
                bundle_want(worker, task->job.bundle);
            }
            return;
        }
    }
    job_run(job);
}

void jobs_bundle(struct worker *worker, const struct message_bundle *bundle)
{
    struct error error = {0};
    int status = bundle_cache_add(worker->bundles, bundle->digest, bundle->content, &error);
    struct job *job, *next;
    HASH_ITER(hh, worker->jobs, job, next)
    {
        if (job->state != JOB_WAITING || strcmp(job->task.job.bundle, bundle->digest) != 0) {
            continue;
        }
        if (status != 0) {
            job_fail(job, error.message);
            continue;
        }
        job->task.bundle = bundle_cache_take(worker->bundles, bundle->digest);
        job_run(job);
    }
}

void job_cancel(struct worker *worker, uint64_t number)
{
    struct job *job = job_find(worker, number);
    if (job == NULL || job->state == JOB_FINISHED) {
        return; /* its result says how it ended */
    }
    if (job->state == JOB_WAITING) {
        job->task.result.outcome = job_outcome_word(JOB_OUTCOME_CANCELLED);
        job_finished(&job->task);
    } else if (job->task.cancel != NULL) {
        job->task.cancel(&job->task);
    }
}

void job_acknowledged(struct worker *worker, uint64_t number)
{
    struct job *job = job_find(worker, number);
    if (job != NULL && job->state == JOB_FINISHED) {
        job_free(job);
        worker_rest(worker);
    }
}

void jobs_present(struct worker *worker)
{
    struct job *job, *next;
    HASH_ITER(hh, worker->jobs, job, next)
    {
        if (job->state == JOB_FINISHED) {
            result_send(job);
            continue;
        }
        if (job->state != JOB_WAITING) {
            continue;
        }
        bool asked = false; /* by an earlier job of this very walk */
        for (const struct job *other = worker->jobs; other != job; other = other->hh.next) {
            asked = asked || (other->state == JOB_WAITING &&
                              strcmp(other->task.job.bundle, job->task.job.bundle) == 0);
        }
        if (!asked) {
            bundle_want(worker, job->task.job.bundle);
        }
    }
}

struct running_job_list jobs_running(const struct worker *worker, struct arena *arena)
{
    struct running_job_list list = {0};
    list.items = arena_array(arena, HASH_COUNT(worker->jobs), sizeof *list.items);
    for (const struct job *job = worker->jobs; job != NULL; job = job->hh.next) {
        list.items[list.count++] = (struct running_job){
            .job = job->number, .epoch = job->task.job.epoch, .attempt = job->task.job.attempt};
    }
    return list;
}

void jobs_abandon(struct worker *worker)
{
    struct job *job, *next;
    HASH_ITER(hh, worker->jobs, job, next)
    {
        if (job->state != JOB_RUNNING) {
            job_free(job);
        } else if (job->task.cancel != NULL) {
            job->task.cancel(&job->task);
        }
    }
}
