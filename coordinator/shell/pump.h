/* The pump: inbox, core, journal, release; one batch at a time. */
#ifndef DROVER_SHELL_PUMP_H
#define DROVER_SHELL_PUMP_H

#include <uv.h>

#include "common/base/error.h"
#include "coordinator/core/core.h"
#include "coordinator/journal/bundles.h"
#include "coordinator/journal/journal.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/event_text.h"
#include "coordinator/shell/inbox.h"
#include "coordinator/shell/live_targets.h"
#include "coordinator/shell/watch.h"

struct coordinator;
struct session;

/* Something to send once the batch is durable; an inquiry is answered from the core at that time. */
struct answer {
    uint64_t session;
    struct message message; /* texts in the batch's arena */
};

struct pump {
    struct coordinator *coordinator;
    struct core *core;
    struct journal *journal; /* NULL: what happens is forgotten with the core */
    struct wall_clock clock;
    uint64_t job_mark; /* added to the core's job numbers on the wire */
    struct inbox filling;
    struct inbox batch;          /* being worked on, until it is durable */
    const struct item *deciding; /* of the batch, while the core is given it; or NULL */
    struct core_output output;
    struct answer *answers;
    size_t answer_count;
    size_t answer_capacity;
    bool appending; /* nothing is stepped meanwhile: the core is at most this batch ahead */
    bool failed;    /* the journal failed: nothing leaves any more */
    struct watch watch;
    struct bundles bundles;
    struct core *recalled; /* with an earlier rollout (ports.h), or NULL */
    struct moves moves;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle; /* active while there is something to do, so that the poll does not block */
    uv_timer_t deadline;
};

/* Initialises the handles; the coordinator is set. */
void pump_init(struct pump *pump);

/* Begins with what core_resume put into the output. */
void pump_begin(struct pump *pump);
void pump_push(struct pump *pump, enum item_type type, const struct session *session,
               const struct message *message);

/* To both pumps: what workers are is told to both cores. */
void pumps_push(struct coordinator *coordinator, enum item_type type, const struct session *session,
                const struct message *message);
/* To whom the item is from. */
void pump_answer(struct pump *pump, const struct item *item, const struct message *message);

/* What the core knows, and what is known beside it. */
struct live pump_live(struct pump *pump);

/* The bundle, from the pump's memory or its journal; NULL with ERROR_NONE if neither has it. */
const struct bundle *pump_bundle_find(struct pump *pump, const char *digest, struct error *error);

void pump_close(struct pump *pump); /* the handles */
void pump_free(struct pump *pump);

#endif
