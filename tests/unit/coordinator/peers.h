/* A coordinator on a real loop, and peers that speak the protocol by a script over socket pairs. */
#ifndef DROVER_TESTS_PEERS_H
#define DROVER_TESTS_PEERS_H

#include <criterion/criterion.h>
#include <uv.h>

#include "common/revision/bundle.h"
#include "common/wire/stream.h"
#include "coordinator/shell/coordinator.h"

enum { PEER_MESSAGES_MAX = 16384 };

struct peer {
    struct stream *stream; /* NULL once lost or closed */
    bool lost;
    struct arena arena;
    struct message messages[PEER_MESSAGES_MAX]; /* all received, in order */
    size_t count;
    /* workers: how jobs are answered */
    bool inspects;
    bool deploys;
    bool deploy_fails;
    size_t jobs_seen[3]; /* discover, inspect, deploy */
};

struct bench {
    uv_loop_t loop;
    uv_timer_t guard; /* wakes the loop, so that a missed event shows as a timeout */
    char folder[64];
    char journal_path[128];
    struct config config;
    struct journal_failures failures;
    struct journal *journal; /* the coordinator's */
    const char *listen;      /* or NULL */
    struct coordinator *coordinator;
    bool failed; /* coordinator_failed was called */
    bool closed;
    const struct bundle *bundle; /* a1, b2, c3 */
};
extern struct bench bench;

void bench_init(void);
void bench_fini(void);
void bench_start(bool sqlite);
void bench_stop(void);

struct peer *peer_connect(const char *role, uint64_t instance, uint32_t credit);
struct peer *peer_connect_raw(void);
/* A worker that was there before, with jobs in hand; its WELCOME may still be on its way. */
struct peer *peer_come_back(uint64_t instance, struct job_attempt *running, size_t count);

/* A zeroed peer of the caller's own over a stream that is connected already. */
void peer_listen(struct peer *peer, struct stream *stream);
void peer_send(struct peer *peer, const struct message *message);
void peer_close(struct peer *peer);

/* The n-th message of the type (from 0), or NULL. */
const struct message *peer_message(const struct peer *peer, enum message_type type, size_t nth);
size_t peer_count(const struct peer *peer, enum message_type type);
bool peer_was_told(const struct peer *peer, const char *sentence_part);

/* A command that starts the bench's bundle; answers BUNDLE_WANTED. */
void peer_start(struct peer *peer, const char *purpose, const char *spec);
void peer_watch(struct peer *peer);

/* Starts the deploy of "head", waits for STARTED, watches. */
void peer_start_watch(struct peer *peer);
void peer_control(struct peer *peer, const char *verb);

/* Answers the n-th JOB. */
void peer_result(struct peer *peer, const struct message_job *job, const char *outcome);

/* Turns the loop until the condition holds; fails the test after 20 s. */
#define RUN_UNTIL(condition)                                                                       \
    do {                                                                                           \
        uint64_t run_end = uv_hrtime() + 20000000000ULL;                                           \
        while (!(condition)) {                                                                     \
            cr_assert_lt(uv_hrtime(), run_end, "waited in vain for " #condition);                  \
            uv_run(&bench.loop, UV_RUN_ONCE);                                                      \
        }                                                                                          \
    } while (0)

/* Turns the loop often enough for anything under way to arrive: a message there and back. */
void bench_settle(struct peer *peer);

#endif
