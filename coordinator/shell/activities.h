/* What the jobs of a worker are at, as it last said: kept in its session until the job's result comes, or the session
 * ends. Nothing of it is journaled, and nothing is decided by it. */
#ifndef DROVER_SHELL_ACTIVITIES_H
#define DROVER_SHELL_ACTIVITIES_H

#include <stdbool.h>

#include "common/wire/message.h"

enum {
    ACTIVITY_BYTES_MAX = 8 * 1024, /* as a message */
    ACTIVITIES_MAX = 65536,        /* of a worker */
};

struct kept_activity; /* of one job */

/* Keeps a copy, in the place of what was kept for the job; false: it is too long, or they are too many. */
bool activities_take(struct kept_activity **activities, const struct message_activity *message,
                     uint64_t now_ms);

/* What the job is at, ages as of `now_ms`; false: nothing is known. Texts are borrowed until the next that is taken;
 * lists stand in `arena`. */
bool activities_find(const struct kept_activity *activities, struct job_key key, uint64_t now_ms,
                     struct arena *arena, struct activity *activity);

/* The job is over. `targets`, another table, keeps by its target's name whom it waited for last if it `stumbled`, and
 * forgets an earlier one. */
void activities_end(struct kept_activity **activities, const struct message_result *result,
                    bool stumbled, struct kept_activity **targets);

/* As activities_find, in such a table. */
bool activities_find_target(const struct kept_activity *targets, const char *target,
                            uint64_t now_ms, struct arena *arena, struct activity *activity);

void activities_free(struct kept_activity **activities);

#endif
