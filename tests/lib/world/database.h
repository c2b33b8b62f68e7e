/* Servers and their databases. */
#ifndef DROVER_TESTS_WORLD_DATABASE_H
#define DROVER_TESTS_WORLD_DATABASE_H

#include "common/vocabulary/failure.h"
#include "common/vocabulary/job.h"
#include "tests/lib/world/route.h"

struct world;

#define ALWAYS UINT32_MAX /* of a fault: with all jobs */

struct database_server {
    const char *identity; /* "s1"; "": it tells none */
    bool up;
    bool loaded;        /* its probes say so */
    uint64_t up_ms;     /* since when */
    uint32_t timelines; /* that it left behind */
};

/* What goes wrong with the next `times` jobs of a kind. */
struct fault {
    enum job_kind kind;
    uint32_t times;
    enum failure_cause cause;
    const char *sqlstate;
    const char *location; /* or NULL */
};

/* What stands in drover_history's last row. */
struct last_row {
    uint32_t revision; /* NONE: no row */
    bool down;
    uint32_t rollout;
};

/* What a server keeps, and a standby that lags has an older state of. */
struct database_rows {
    uint32_t heads;
    uint64_t applied;    /* bit for each revision */
    uint64_t recorded;   /* of those that our history takes for applied */
    uint64_t stepped[2]; /* by the rollout `stepped_by`: revisions gone up, down */
    uint32_t stepped_by; /* number of the rollout, and of losses of the journal before */
    uint32_t stepped_losses;
    struct last_row last;
};

/* As a database was before a commit. */
struct database_past {
    uint32_t database; /* NONE: it was taken back */
    uint64_t at_ms;
    struct database_rows rows;
};

struct database {
    const char *name; /* of its target */
    const char *url;
    struct texts labels;
    uint32_t server;
    uint32_t host;
    uint64_t born_ms; /* a discovery finds it from then on */
    struct database_rows rows;
    uint32_t lock;    /* slot of the transaction that holds it, or NONE */
    uint64_t lost_ms; /* when a failover took back what had been committed; 0: it was done again */
    uint64_t foreign_ms; /* when somebody else changed it last; 0: never */
    uint32_t commits;    /* of ours */
    bool kills;          /* whoever runs its scripts */
    struct fault looks;  /* what goes wrong with looks at it */
    struct fault deploys;
};

void databases_create(struct world *world);
/* By the name of its target, or NONE. */
uint32_t database_number(const struct world *world, const char *name);
/* Where a database stands after the first `steps` steps of the way from base to the heads. */
void database_place(struct database *database, const struct route *whole, size_t steps);
void server_dies(struct world *world, uint32_t server);
/* Its standby goes on without the commits that it had not received yet. */
void server_fails_over(struct world *world, uint32_t server);
/* The database is about to change: what it would be again in a failover. */
void database_remember(struct world *world, uint32_t database);
void server_rises(struct world *world, uint32_t server);
void foreign_change(struct world *world);

#endif
