/* Worker processes. */
#ifndef DROVER_TESTS_WORLD_AGENT_H
#define DROVER_TESTS_WORLD_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/world/link.h"
#include "worker/link/ledger.h"

struct work;
struct world;

struct agent {
    uint64_t instance;
    bool alive;
    bool draining;
    uint32_t credit;
    enum link_state link;
    bool broken;         /* the link is dead, noticed or not */
    uint32_t connection; /* number of the current or last link */
    uint64_t unreachable_until_ms;
    uint64_t stopped_until_ms; /* its process does nothing until then */
    uint64_t welcome_ms;       /* when the link began */
    uint64_t up_last_ms;       /* of the link: no message overtakes another */
    uint64_t down_last_ms;
    unsigned failures;
    bool has_bundle;
    struct ledger ledger;
};

void agent_start(struct world *world, uint32_t agent);
void agent_die(struct world *world, uint32_t agent, bool announced);
void agent_drain(struct world *world, uint32_t agent);
/* It has begun one. When one is to be stopped (SIGSTOP) this is: long enough for its lease to be over when it goes on. */
void agent_in_transaction(struct world *world, uint32_t agent);
void agent_welcome(struct world *world, uint32_t agent);
void agent_receive(struct world *world, const struct letter *letter);
void agent_say_hello(struct world *world, uint32_t agent);
/* Some of them do not reach a server for a while, or any; and all do again. */
void agents_blinded(struct world *world);
void agents_see(struct world *world);
/* When it reaches that server again, to be read or set; the world's. */
uint64_t *agent_blind_until(const struct world *world, uint32_t agent, uint32_t server);
bool agent_is_blind(const struct world *world, uint32_t agent, uint32_t server);
/* The work's outcome is known. */
void agent_work_over(struct world *world, struct work *work);

#endif
