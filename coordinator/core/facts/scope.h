/* A scope: which targets an operator means. A selector over the target's labels and these words. */
#ifndef DROVER_FACTS_SCOPE_H
#define DROVER_FACTS_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/selector.h"

struct core;
struct hold;

/* X(word, what it is); a label with the same name stays hidden. */
#define SCOPE_WORD_LIST(X)                                                                         \
    X(target, "name of the target")                                                                \
    X(server, "host:port or system identifier of its server")                                      \
    X(wave, "name or number of its wave")                                                          \
    X(state, "its state")                                                                          \
    X(schema, "its schema")                                                                        \
    X(cause, "cause of its failure")                                                               \
    X(sqlstate, "SQLSTATE of its failure")                                                         \
    X(revision, "revision that failed, from the place of the failure")

/* Whether the scope selects the target. Servers and waves go by two names: any one is enough. */
bool scope_matches(const struct core *core, uint32_t target, const struct selector *scope);

/* How many targets it selects. */
uint32_t scope_count(const struct core *core, const struct selector *scope);

/* The first hold in force that concerns the target, or NULL; `now`: of
 * those that cancel what runs. */
const struct hold *target_hold(const struct core *core, uint32_t target, bool now);

/* Whether `scope` (scope.h) selects the target. */
bool core_target_in_scope(const struct core *core, size_t target, const struct selector *scope);

/* Compiles a scope. -1 with a sentence, also for words that neither scope.h nor any label of the
 * active or last rollout knows. */
int core_scope_parse(const struct core *core, struct arena *arena, const char *text,
                     const struct selector **scope, struct error *error) MUST_CHECK;

#endif
