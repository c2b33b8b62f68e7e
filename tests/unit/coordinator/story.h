/* A rollout told by a real core, at times that the test chooses, into a real journal. */
#ifndef DROVER_TESTS_STORY_H
#define DROVER_TESTS_STORY_H

#include "coordinator/core/core.h"
#include "coordinator/forecast/forecast.h"
#include "tests/unit/coordinator/peers.h"

/* Milliseconds. */
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Monday 23 November 2026, 12:00 UTC */
#define NOON_MS UINT64_C(1795435200000)

struct sent {
    uint64_t job;
    uint64_t epoch;
    uint64_t worker;
    uint32_t attempt;
    enum job_kind kind;
};

/* A core, its journal, and the jobs that its workers have in hand. */
struct story {
    struct core *core;
    struct core_output output;
    struct journal *journal;
    uint64_t now_ms;
    struct sent jobs[256];
    size_t job_count;
    bool appended;
    unsigned rollbacks; /* begun: back1, back2, ... */
    struct arena answers;
};
extern struct story story;

/* With the bench's loop and bundle; the core is at epoch 0, without workers. */
void story_init(void);
void story_fini(void);

/* Appends the events of the output, takes its commands. */
void story_take(void);

/* 0, or -1 when the core refuses the input. */
int story_try(struct input input);
void story_feed(struct input input);

/* The n-th job in hand is over; `result` says how, the rest is filled in. */
void story_result(size_t job, struct message_result result);

/* In story.answers, until the next. */
struct message_forecast story_forecast(void);

#endif
