/* An inspection in hand: what inspect.c asks for and verdict.c makes of it. */
#ifndef DROVER_LOOK_INSPECT_H
#define DROVER_LOOK_INSPECT_H

#include "worker/look/look.h"
#include "worker/sql/bookkeeping.h"
#include "worker/sql/half_applied.h"

enum { INSPECT_TABLES = 3 };

struct fact_table {
    bool exists;
    bool readable;
    bool writable; /* INSERT, UPDATE and DELETE */
};

struct facts {
    bool known;
    bool pooled; /* another session answers than the one that was connected to */
    bool standby;
    bool read_only;
    unsigned server_version; /* 150020 */
    const char *role;
    bool schema_exists;
    bool schema_usage;
    bool schema_create;
    struct fact_table tables[INSPECT_TABLES];
};

/* A row of the history (history.h). */
struct recorded {
    const char *revision;
    const char *checksum; /* "": not known */
    uint64_t number;
    bool applied; /* the revision counts as applied after it */
    bool ran;     /* an upgrade of Drover's */
};

/* A row of a non-transactional revision under way. */
struct unfinished {
    const char *revision;
    const char *direction;
    struct half_applied_row row; /* number 0: of the revision as a whole */
};

struct inspect;
typedef void inspect_part(struct inspect *inspect, const PGresult *result);

struct inspect {
    struct look look; /* first; its task's arena owns everything here */
    struct bookkeeping tables;
    struct facts facts;
    unsigned asked;         /* set of enum bookkeeping_table: read by the message in flight */
    bool pooler_asked;      /* whether it keeps a transaction together */
    bool thorough;          /* the quick way to the facts was denied */
    inspect_part *parts[4]; /* who takes which result */
    unsigned part_count;
    unsigned part_next;        /* the next one to be taken */
    struct recorded *recorded; /* since the last purge, sorted by revision and number */
    size_t recorded_count;
    struct unfinished *unfinished;
    size_t unfinished_count;
};

/* "alembic_version" or as the project has it, "drover_history", "drover_progress". */
const char *inspect_table_name(const struct inspect *inspect, size_t table);

/* Fills in the task's result: done, or failed with the first reason not to migrate. */
void inspect_judge(struct inspect *inspect);

/* Fails the task when a revision was left half done and this rollout cannot go on with it; true then. */
bool unfinished_refuse(struct inspect *inspect);

#endif
