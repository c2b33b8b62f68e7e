/* The ledger: the jobs that a worker has in hand, and what it owes the coordinator for each.
 *
 *   WAITING for a bundle -> RUNNING -> FINISHED -> acknowledged and forgotten
 *
 * It decides and does nothing: each function says which duty follows, and whoever keeps the ledger
 * carries it out (job.c with a link and runners, tests/simulate in virtual time). Jobs are
 * dispatched at least once, so one may arrive twice and is worked on once; a result is owed until
 * the coordinator has made it durable. Entries are kept in the order of their arrival. No I/O, no
 * clock.
 */
#ifndef DROVER_LINK_LEDGER_H
#define DROVER_LINK_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "common/vocabulary/record.h"

enum ledger_state {
    LEDGER_WAITING,  /* for its bundle */
    LEDGER_RUNNING,  /* a runner has it */
    LEDGER_FINISHED, /* its result waits for the acknowledgement */
};

/* Embedded in what its keeper knows of the job. */
struct ledger_entry {
    struct job_attempt try;
    const char *bundle; /* digest, "" for none; borrowed from the keeper */
    enum ledger_state state;
    UT_hash_handle hh;
};

/* A zeroed struct is a valid empty one. */
struct ledger {
    struct ledger_entry *entries;
    size_t running; /* in LEDGER_RUNNING */
};

enum ledger_duty {
    DUTY_NONE,
    DUTY_RUN,           /* start a runner, then ledger_started */
    DUTY_ASK_BUNDLE,    /* ask the coordinator for the entry's bundle */
    DUTY_SEND_RESULT,   /* send the result that is held */
    DUTY_STOP,          /* tell the runner to stop */
    DUTY_END_CANCELLED, /* it never ran: end it as cancelled */
    DUTY_FORGET,        /* ledger_forget, then free it */
};

/* NULL: not in hand. */
struct ledger_entry *ledger_find(const struct ledger *ledger, struct job_key key);

/* A job arrived that was not in hand: key, attempt and bundle are filled in. RUN,
 * ASK_BUNDLE, or NONE while its bundle is on the way for another. */
enum ledger_duty ledger_add(struct ledger *ledger, struct ledger_entry *entry, bool bundle_here);

/* A job arrived that is in hand. */
enum ledger_duty ledger_repeat(const struct ledger_entry *entry);

/* The bundle `digest` arrived: RUN for those that waited for it. */
enum ledger_duty ledger_bundle(const struct ledger_entry *entry, const char *digest);

/* The coordinator wants the job stopped; NULL: it is not in hand. */
enum ledger_duty ledger_cancel(const struct ledger_entry *entry);

/* The coordinator says that the result is durable; NULL: it is not in hand. */
enum ledger_duty ledger_acknowledge(const struct ledger_entry *entry);

/* After a handshake, for each entry in order: what the coordinator must be told again. */
enum ledger_duty ledger_present(const struct ledger *ledger, const struct ledger_entry *entry);

void ledger_started(struct ledger *ledger, struct ledger_entry *entry);
/* Its result is known, whether it ran or not. */
void ledger_ended(struct ledger *ledger, struct ledger_entry *entry);
/* Takes it out. */
void ledger_forget(struct ledger *ledger, struct ledger_entry *entry);

#endif
