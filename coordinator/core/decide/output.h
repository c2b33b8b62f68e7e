/* What a step gives to the shell: what became true, and what is to be done. */
#ifndef DROVER_DECIDE_OUTPUT_H
#define DROVER_DECIDE_OUTPUT_H

#include "common/base/arena.h"
#include "common/vocabulary/message.h"
#include "coordinator/core/facts/event.h"

enum command_type {
    COMMAND_SEND_JOB,   /* give `job` to `worker` */
    COMMAND_CANCEL_JOB, /* tell `worker` to stop the job */
    COMMAND_ACK_RESULT, /* tell `worker` that the result of the job is durable */
};

struct command {
    enum command_type type;
    uint64_t worker; /* instance */
    struct job_key key;
    struct message_job job; /* SEND_JOB; all that it points to is in the output's arena */
};

/* Filled by core_step; a zeroed struct is valid; core_output_clear between steps. Several steps may
 * append to one output before the shell flushes it (group commit). */
struct core_output {
    struct arena arena;
    struct event *events; /* growing array */
    size_t event_count;
    size_t event_capacity;
    struct command *commands;
    size_t command_count;
    size_t command_capacity;
    const char *sentence;  /* of the last CONTROL: what happened; in `arena` */
    uint32_t concerned;    /* how many targets it concerned */
    const char *rollout;   /* that a rollback takes back; else NULL */
    const char *complaint; /* why a rollback that is due cannot begin; in `arena`; or NULL */
};
void core_output_clear(struct core_output *output);
void core_output_free(struct core_output *output);

#endif
