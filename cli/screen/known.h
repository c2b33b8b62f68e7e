/* What is known of a rollout while somebody looks at it: what the coordinator says by itself, and what it
 * answers to the questions of the sheet that is shown. Those are asked one after the other, so that an
 * answer or a refusal belongs to the one that is open, and again when the answer is some seconds old.
 */
#ifndef DROVER_SCREEN_KNOWN_H
#define DROVER_SCREEN_KNOWN_H

#include "cli/client/client.h"
#include "cli/report/display.h"
#include "cli/report/status_text.h"
#include "cli/screen/log_lines.h"

enum {
    QUESTION_TARGETS = 1,
    QUESTION_FAILURES = 2,
    QUESTION_LOG = 4,
    QUESTION_FORECAST = 8,
};

/* Of so many targets a sheet knows; the scope of a filter makes them fewer. */
enum { KNOWN_TARGETS_MAX = 2000 };

struct answers {
    struct arena arena;
    unsigned answered; /* questions */
    struct target_status_list targets;
    size_t target_capacity;
    bool cut; /* there are more targets */
    struct failure_group_list failures;
    struct remark_group_list remarks;
    struct log_lines log;
    struct message ahead;               /* FORECAST */
    char refusal[DISPLAY_NOTICE_BYTES]; /* why there is no answer, or "" */
};

struct known {
    struct invocation *invocation; /* borrowed */
    struct client *client;         /* borrowed */
    const char *rollout;           /* that was asked for; "" for whichever there is */
    struct display display;        /* silent: holds the progress and the speed */
    struct arena finished_arena;
    struct message_finished finished;
    bool over;             /* `finished` is filled */
    struct log_lines log;  /* of the rollout, the newest lines */
    struct log_lines held; /* came while the log was asked for: they follow it */

    unsigned wanted; /* questions of the sheet that is shown */
    char *scope;     /* of them; owned */
    struct answers answers;
    struct answers coming; /* what of the next answers is there */
    unsigned open;         /* the question that is not answered yet; 0: none */
    bool log_wanted;       /* the one for `log` has not been asked yet */
    bool log_open;         /* it is open */
    bool outdated;         /* what it asks is not wanted any more */
    unsigned ticks;        /* since the answers came */
    unsigned watch_ticks;  /* since the rollout was over, or there was none */
};

void known_init(struct known *known, struct invocation *invocation, struct client *client,
                const char *rollout);

/* Asks for everything from the beginning; the client was just connected. */
void known_begin(struct known *known);

/* What the sheet that is shown needs, of the targets in `scope`. */
void known_want(struct known *known, unsigned questions, const char *scope);

/* Takes what came. -1: the rollout is refused. */
int known_take(struct known *known, const struct message *message, struct error *error) MUST_CHECK;

/* Ten times a second. */
void known_tick(struct known *known);

/* Whether there is or was a rollout. */
bool known_any(const struct known *known);

/* The progress as of now: its clock goes on. */
struct message_progress known_progress(const struct known *known);

void known_free(struct known *known);

#endif
