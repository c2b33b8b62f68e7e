/* Transactions live in the server: they commit or not whatever their client still knows of it. */
#ifndef DROVER_TESTS_WORLD_TRANSACTION_H
#define DROVER_TESTS_WORLD_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct work;
struct world;

/* A session of the server's with a transaction in it; it may outlive the worker that began it. */
struct transaction {
    uint32_t generation;
    bool open;
    bool committing; /* COMMIT is on its way */
    uint32_t database;
    uint32_t route;
    size_t first;
    size_t end;
    uint32_t rollout;
    uint32_t losses; /* of the journal before its job was given out */
    uint32_t work;   /* slot and generation of whom to tell */
    uint32_t work_generation;
};

/* The slot, or NONE when the lock is held. */
uint32_t transaction_open(struct world *world, struct work *work);
/* COMMIT is sent; it arrives later. */
void transaction_commit(struct world *world, uint32_t slot);
void transaction_commit_arrives(struct world *world, uint32_t slot, uint32_t generation);
/* The worker has gone: the server notices, sooner or later, unless COMMIT was on its way. */
void transaction_orphan(struct world *world, uint32_t slot);
void transaction_roll_back(struct world *world, uint32_t slot);
void transaction_end(struct world *world, uint32_t slot, uint32_t generation);
/* The server died with all of its. */
void transactions_lose(struct world *world, uint32_t server);

#endif
