/* Jobs in hand: each a task for a runner and an entry of the ledger. */
#ifndef DROVER_LINK_JOB_H
#define DROVER_LINK_JOB_H

#include "worker/connections/task.h"
#include "worker/link/agent.h"

struct job {
    struct task task; /* first: runners hand the task back */
    struct worker *worker;
    struct ledger_entry entry;
};

void job_take(struct worker *worker, const struct message_job *message);
void job_cancel(struct worker *worker, const struct message_job_cancel *message);
void job_acknowledged(struct worker *worker, const struct message_result_ack *message);
void jobs_bundle(struct worker *worker, const struct message_bundle *bundle);

/* After a handshake: results and wishes again. */
void jobs_present(struct worker *worker);

/* The jobs in hand, in `arena`. */
struct job_attempt_list jobs_running(const struct worker *worker, struct arena *arena);

/* Cancels every job, and reports. */
void jobs_hand_back(struct worker *worker);

/* Cancels what runs and frees the rest; the ledger empties as runners finish. */
void jobs_abandon(struct worker *worker);

#endif
