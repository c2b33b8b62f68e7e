/* The fleet of the benches of the core: databases on servers of 100 each, two cohorts (at a1, at b2;
 * the head is c3), 200 workers of 64 jobs each that answer in order, at once, and three waves. */
#ifndef DROVER_BENCH_FLEET_H
#define DROVER_BENCH_FLEET_H

#include <time.h>

#include "common/revision/bundle.h"
#include "coordinator/core/core.h"

enum { FLEET_CANARIES = 10, FLEET_WORKERS = 200 };

struct queued {
    uint64_t worker;
    struct job_attempt try;
    uint32_t target;
    enum job_kind kind;
};

struct fleet {
    struct core *core; /* that knows the bundle */
    struct core_output output;
    size_t taken; /* commands of it that are in the queue */
    struct arena arena;
    struct bundle *bundle;
    struct source_definition *sources;
    size_t count;
    struct wave_definition waves[3];
    struct queued *queue; /* jobs under way, in a ring */
    size_t queue_first;
    size_t queue_count;
    size_t deployed;
    char identity[32]; /* of the answer */
    const char *head;
    uint64_t now_ms; /* of all inputs */
};

void fleet_init(struct fleet *fleet, size_t count);
void fleet_free(struct fleet *fleet);

/* What is to be stepped: a worker joins; the rollout starts; the oldest job under way is done. Their
 * texts are the fleet's, those of an answer until the next. */
struct input fleet_worker(const struct fleet *fleet, uint64_t instance);
struct input fleet_start(struct fleet *fleet, uint64_t soak_ms); /* of the canaries */
struct input fleet_answer(struct fleet *fleet);

/* The workers take the jobs of the output. */
void fleet_take(struct fleet *fleet);
/* The output is done with. */
void fleet_clear(struct fleet *fleet);

double fleet_seconds(clockid_t clock);
/* Prints it and exits. */
_Noreturn void fleet_fail(const char *message);

#endif
