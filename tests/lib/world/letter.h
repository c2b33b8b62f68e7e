/* What workers and the coordinator send one another. */
#ifndef DROVER_TESTS_WORLD_LETTER_H
#define DROVER_TESTS_WORLD_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/vocabulary/record.h"

enum letter_kind {
    LETTER_HELLO,
    LETTER_RESULT,
    LETTER_WINDOW,
    LETTER_BUNDLE_WANTED,
    LETTER_WELCOME,
    LETTER_JOB,
    LETTER_CANCEL,
    LETTER_ACK,
    LETTER_BUNDLE,
};

/* What a job came to. */
struct outcome {
    enum job_outcome outcome;
    enum failure_cause cause;
    const char *sqlstate; /* static */
    const char *location; /* static */
    uint32_t heads;       /* or NONE */
    uint32_t server;      /* or NONE */
    uint32_t timeline;    /* of the server; 0: not known */
    uint32_t seen;        /* revisions that something else applied, and that */
    uint32_t gone;        /* it undid */
    const char *value;    /* static: of the server, for a probe */
    uint64_t elapsed_ms;
};

struct letter {
    enum letter_kind kind;
    uint32_t agent;
    uint32_t connection;
    struct job_attempt try;
    enum job_kind job_kind;
    uint32_t subject; /* JOB: database, or source */
    uint32_t route;   /* JOB: of a deploy, or NONE */
    uint32_t stamp;   /* JOB: of a deploy that only writes these heads, or NONE */
    uint32_t rollout; /* JOB, RESULT: number */
    uint32_t losses;  /* JOB, RESULT: of the journal, when the job was given out */
    bool wants_bundle;
    uint32_t credit;
    struct outcome outcome;
    struct job_attempt *running; /* HELLO: owned */
    size_t running_count;
};

void letter_free(struct letter *letter);

#endif
