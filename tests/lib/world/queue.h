/* What is to happen, by virtual time and, at the same time, in the order of being planned. */
#ifndef DROVER_TESTS_WORLD_QUEUE_H
#define DROVER_TESTS_WORLD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct letter;

/* X(NAME, what a and b are) */
#define OCCURRENCE_LIST(X)                                                                         \
    X(LETTER_UP, "letter")                                                                         \
    X(LETTER_DOWN, "letter")                                                                       \
    X(APPEND_DONE, "life of the coordinator")                                                      \
    X(TICK, "life of the coordinator")                                                             \
    X(LINK_BREAKS, "")                                                                             \
    X(LINK_OPENS, "agent, connection before")                                                      \
    X(LINK_NOTICED, "agent, connection")                                                           \
    X(SESSION_NOTICED, "agent, connection")                                                        \
    X(WORK_STEP, "slot, generation")                                                               \
    X(COMMIT_ARRIVES, "slot, generation")                                                          \
    X(TRANSACTION_ENDS, "slot, generation")                                                        \
    X(AGENT_DIES, "")                                                                              \
    X(AGENT_DRAINS, "")                                                                            \
    X(AGENT_STOPS, "")                                                                             \
    X(AGENT_STARTS, "agent")                                                                       \
    X(COORDINATOR_DIES, "")                                                                        \
    X(JOURNAL_LOST, "")                                                                            \
    X(FAILOVER, "")                                                                                \
    X(CLOCK_SET, "")                                                                               \
    X(COORDINATOR_STARTS, "")                                                                      \
    X(AGENTS_BLINDED, "")                                                                          \
    X(SERVER_DIES, "")                                                                             \
    X(SERVER_RISES, "server")                                                                      \
    X(FOREIGN, "")                                                                                 \
    X(VERB, "")                                                                                    \
    X(LOOK, "")                                                                                    \
    X(REPLAY, "")                                                                                  \
    X(HEAL, "")

enum occurrence_kind {
#define OCCURRENCE_ENUM(NAME, meaning) OCCURRENCE_##NAME,
    OCCURRENCE_LIST(OCCURRENCE_ENUM)
#undef OCCURRENCE_ENUM
};

struct occurrence {
    uint64_t at_ms;
    uint64_t order;
    enum occurrence_kind kind;
    uint32_t a;
    uint32_t b;
    struct letter *letter; /* owned */
};

/* A zeroed struct is a valid empty one. */
struct queue {
    struct occurrence *items; /* a heap */
    size_t count;
    size_t capacity;
    uint64_t order;
};

void queue_push(struct queue *queue, struct occurrence occurrence);
/* False: nothing is left. */
bool queue_pop(struct queue *queue, struct occurrence *occurrence);
const char *occurrence_word(enum occurrence_kind kind);

#endif
