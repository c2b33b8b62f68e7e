/* Forecasts: how long the active rollout will take, and which targets fit which
 * window; for a validation, the deploy that it was made for. The rollout is run
 * ahead in virtual time (run_ahead.h).
 */
#ifndef DROVER_FORECAST_FORECAST_H
#define DROVER_FORECAST_FORECAST_H

#include <stdatomic.h>

#include "common/wire/message.h"
#include "coordinator/journal/journal.h"

enum { FORECAST_NAMES_MAX = 20 }; /* of targets that fit no window */

/* The forecast of the active or last rollout of the journal, at Unix time now_ms. What is not known
 * is 0 and told in `reason`. It may take seconds; `stop` (or NULL) ends it early from another
 * thread. `forecast` lives in `arena`. -1 when the journal cannot be read. */
int forecast_make(struct journal *journal, uint64_t now_ms, const atomic_bool *stop,
                  struct arena *arena, struct message_forecast *forecast,
                  struct error *error) MUST_CHECK;

#endif
