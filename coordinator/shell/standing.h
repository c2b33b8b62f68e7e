/* Do targets stand at a revision, or beyond? Answered from what was last seen of them, for those who ask before they let traffic
 * in: what is not known for certain is no yes.
 */
#ifndef DROVER_SHELL_STANDING_H
#define DROVER_SHELL_STANDING_H

#include "common/wire/message.h"

struct core;

/* STANDING, or REFUSED when no revision is named. Borrows from the core and `arena`. */
struct message standing_message(const struct core *core,
                                const struct message_standing_wanted *wanted, struct arena *arena);

#endif
