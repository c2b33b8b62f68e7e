/* What a pump is doing, for the last words of the process. */
#ifndef DROVER_SHELL_PUMP_CONTEXT_H
#define DROVER_SHELL_PUMP_CONTEXT_H

#include "common/base/impossible.h"

struct pump;

/* Tells the item that is decided, if any, and the last events: of the journal, then those that are
 * not written yet. Borrows the pump. */
struct impossible_context pump_context(const struct pump *pump);

#endif
