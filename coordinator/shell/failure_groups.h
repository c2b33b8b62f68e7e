/* Failed sources and targets, grouped by cause, SQLSTATE, likeness of the message and revision, most
 * targets first.
 */
#ifndef DROVER_SHELL_FAILURE_GROUPS_H
#define DROVER_SHELL_FAILURE_GROUPS_H

#include "common/base/arena.h"
#include "common/base/selector.h"
#include "common/wire/message.h"

struct core;

enum { ANSWER_FAILURES_BYTES = 4 * 1024 * 1024 }; /* of their texts: one message must hold them */

/* `scope`: only its targets; NULL: all, and sources. Beyond so many bytes there is one group for all others
 * of a phase and cause, which says how many messages it stands for. Borrows from the core and `arena`, until the
 * next step. */
struct failure_group_list answer_failures(const struct core *core, const struct selector *scope,
                                          struct arena *arena);

#endif
