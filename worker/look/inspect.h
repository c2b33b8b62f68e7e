/* An inspection in hand: what inspect.c asks for and verdict.c makes of it. */
#ifndef DROVER_LOOK_INSPECT_H
#define DROVER_LOOK_INSPECT_H

#include "common/revision/graph.h"
#include "worker/look/facts.h"
#include "worker/look/look.h"
#include "worker/look/version_path.h"
#include "worker/sql/half_applied.h"

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

/* A table of ours that belongs to another role and holds something that would run as ours. */
struct foreign_table {
    const char *name; /* NULL: there is none */
    const char *owner;
    const char *what; /* "has a trigger or a foreign key" */
};

enum adoption_stage {
    ADOPTION_BEFORE,
    ADOPTION_FINDING, /* the question for the table is under way, or answered */
    ADOPTION_READING, /* that for its rows */
    ADOPTION_OVER,
};

/* A row of another tool's version table. */
struct adopted {
    const char *version;
    const char *fault;   /* "" or "dirty" */
    const char *implies; /* "", "below", "baseline", "project": see tools.def */
};

/* An adoption in hand (adopt.h). */
struct adoption {
    const struct tool *tool; /* NULL: nothing is adopted, or this worker does not know it */
    enum adoption_stage stage;
    const char *table;   /* as the user or the tool names it */
    const char *place;   /* as found, quoted; NULL: there is none */
    const char *shown;   /* the same for people */
    const char *columns; /* ",id,version," that there are, of the server's own types */
    bool ordinary;
    bool readable;
    struct adopted *rows;
    size_t count;
};

/* What the server is asked about statements that the built-in parser does not know (unread.c). */
struct unread {
    bool asking;
    bool failed; /* the transaction that it takes has failed: statements go out */
    const struct revision **steps;
    size_t step_count;
    size_t step;      /* in hand */
    size_t statement; /* of it, in hand */
    struct unread_step *refused;
    size_t refused_count;
};

struct check_call;

/* Env.py, run on the target up to its revisions (rehearse.c). */
struct rehearsal {
    struct revision_list steps;
    struct secret_wait *secret;        /* the password is looked for */
    struct check_call *check;          /* in flight */
    void (*cancel)(struct task *task); /* the look's own */
};

struct inspect;
typedef void inspect_part(struct inspect *inspect, const PGresult *result);

struct inspect {
    struct look look; /* first; its task's arena owns everything here */
    struct version_path path;
    struct bookkeeping tables; /* in one of the path's schemas */
    struct facts facts;
    unsigned messages; /* sent so far */
    unsigned asked;    /* set of enum bookkeeping_table: read by the message in flight */
    bool misled;       /* it was made for another path than the server's */
    bool pooler_asked; /* whether it keeps a transaction together */
    bool ownership;    /* whose the tables are has been asked */
    struct foreign_table foreign;
    inspect_part *parts[7]; /* who takes which result */
    unsigned part_count;
    unsigned part_next;        /* the next one to be taken */
    struct recorded *recorded; /* since the last purge, sorted by revision and number */
    size_t recorded_count;
    struct unfinished *unfinished;
    size_t unfinished_count;
    struct texts invalid; /* indexes */
    struct adoption adoption;
    struct revision_list applied; /* what the version rows imply; told by the verdict */
    struct rehearsal rehearsal;
    struct unread unread;
};

/* The facts about a table of ours, in the schema of the names in use. */
const struct fact_table *inspect_table(const struct inspect *inspect, size_t table);

/* Appends the statements that read the tables in `asked`. */
void inspect_rows_append(struct inspect *inspect, struct buffer *sql);

/* The next statement of the message answers with rows that `part` takes. */
void inspect_part_add(struct inspect *inspect, inspect_part *part);

/* Fills in the task's result as failed. Returns true. */
bool inspect_refuse(struct inspect *inspect, const struct failure *failure);

/* Fills in the task's result: done, or failed with the first reason not to migrate. */
void inspect_judge(struct inspect *inspect);

/* Notes in the result what is half done. */
void unfinished_tell(struct inspect *inspect);

/* Fails the task when a revision was left half done and this rollout cannot go on with it; true then.
 * Reads inspect->applied. */
bool unfinished_refuse(struct inspect *inspect);

/* Asks whether the worker can run the steps ahead that only Alembic can run, and notes in the result what it cannot;
 * inspect_conclude follows. False when there are none. */
bool rehearse_ask(struct inspect *inspect);

/* The target is judged: asks what is still to be asked of it, and ends the look. */
void inspect_conclude(struct inspect *inspect);

/* Asks the server about what the built-in parser does not know of the ways from here, and notes in the result
 * what it cannot parse. False when there is nothing to be asked. */
bool unread_ask(struct inspect *inspect);

/* Takes its answer, and asks on or ends the look. False, with nothing done, when the fault is no answer. */
bool unread_answered(struct inspect *inspect, const struct pg_error *fault);

#endif
