/* What a core asks of its pump. */
#include "coordinator/shell/ports.h"

#include <stdatomic.h>

#include "common/base/log.h"
#include "common/calendar/calendar.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/recall.h"
#include "coordinator/shell/start.h"

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    struct pump *pump = context;
    return bundles_lend(&pump->bundles, pump->journal, bundle, error);
}

/* The schedule was checked with the configuration; what a newer ICU
 * may no longer know never opens. */
static void opening(void *context, uint32_t number, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms)
{
    struct pump *pump = context;
    const struct window_definition *defined = &core_rollout(pump->core)->windows[number].definition;
    const struct calendar_window *window = NULL;
    struct error error = {0};
    *opens_ms = *closes_ms = UINT64_MAX;
    if (calendar_window_parse(&pump->batch.arena, defined->schedule, defined->duration_ms,
                              defined->time_zone, &window, &error) == 0) {
        calendar_window_next(window, at_ms, opens_ms, closes_ms);
    } else {
        log_write(LOG_ERROR, "window %s: %s", defined->schedule, error.message);
    }
}

static const char *rollout_id(void *context)
{
    return rollout_draw(context);
}

/* By a second core, which reads the journal as far as that rollout. */
static const struct rollout *rollout_recalled(void *context, const char *id)
{
    struct pump *pump = context;
    const struct core_ports none = {0};
    struct error error = {0};
    atomic_bool stop = false;
    core_free(pump->recalled);
    pump->recalled = core_create(&none);
    bool over = false;
    struct journal *reader = journal_reader(pump->journal, &stop, &error);
    bool read = reader != NULL && rollout_recall(reader, pump->recalled, id, &over, &error) == 0;
    journal_close(reader);
    if (!read) {
        log_write(LOG_ERROR, "rollout %s cannot be read: %s", id, error.message);
    }
    return read && over ? core_rollout(pump->recalled) : NULL;
}

struct core *pump_core_create(struct pump *pump)
{
    const struct core_ports ports = {.context = pump,
                                     .graph = graph,
                                     .opening = opening,
                                     .rollout_id = rollout_id,
                                     .rollout = rollout_recalled};
    return core_create(&ports);
}
