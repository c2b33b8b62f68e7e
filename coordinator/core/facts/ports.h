/* Ports: what the core must know to decide and cannot know without a calendar, a journal and
 * a source of chance.
 *
 * They are called within core_step, core_resume and questions about failures. What is decided
 * by their answers stands in events, so that a replay (core_apply) asks nothing. A port must not step
 * the core that asks; it may put questions to it.
 */
#ifndef DROVER_FACTS_PORTS_H
#define DROVER_FACTS_PORTS_H

#include "common/base/error.h"
#include "common/revision/graph.h"

struct rollout;

/* Copied by core_create. A port that nothing is asked of may be NULL: a core that only replays
 * needs none. */
struct core_ports {
    void *context; /* borrowed: the first parameter of each port */

    /* The graph of the bundle with this digest, lent until the next call. NULL, with an error, when
     * it is not to be had; with the code ERROR_NONE, when nobody keeps it. Asked when a rollout or
     * its rollback is to begin, for the way of each target, for the revisions of failures. */
    const struct graph *(*graph)(void *context, const char *bundle, struct error *error);

    /* When the window with this number, of the rollout at hand, is open: the opening that contains
     * at_ms, or the next. It closes after at_ms; UINT64_MAX for both: it never opens again. Asked
     * when the opening known before is over. */
    void (*opening)(void *context, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms);

    /* An id for a rollback that is to begin, as START brings one: unique, sorts by time. Lent until
     * the next call. NULL: it shall not begin. */
    const char *(*rollout_id)(void *context);

    /* A finished rollout as the journal has it, lent until the next call: of those that are over the
     * core itself keeps one. Asked when it is to be rolled back. NULL: it is not known any more. */
    const struct rollout *(*rollout)(void *context, const char *id);
};

#endif
