/* A rollout begins, is steered, ends. */
#include "coordinator/core/fold/apply_rollout.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/event.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/invariants.h"
#include "coordinator/core/facts/machine.h"
#include "coordinator/core/facts/rollback.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/server.h"
#include "coordinator/core/facts/wave.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_job.h"
#include "coordinator/core/fold/apply_outage.h"
#include "coordinator/core/fold/named.h"
#include "coordinator/core/order/schedule.h"

void rollout_move(struct core *core, enum event_type event, enum rollout_state to)
{
    machine_check(MACHINE_ROLLOUT, core->rollout.state, event, to);
    core->rollout.state = to;
    rollout_invariant(core);
}

void apply_rollout_started(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    INVARIANT_THAT(!rollout_is_active(rollout), "rollout %s begins while %s is %s",
                   event->rollout_started.rollout, rollout->policy.rollout,
                   rollout_state_word(rollout->state));
    schedule_clear(core->schedule);
    core->kept.rollback_wanted = false;
    rollout->rollback_wanted = false;
    if (rollback_has_targets(rollout)) {
        rollout_free(&core->kept);
        core->kept = *rollout;
        memset(rollout, 0, sizeof *rollout);
    } else {
        rollout_free(rollout);
    }
    struct intern *intern = &rollout->intern;
    layout_copy(event_layout(event->type), &intern->arena, event_body(event), &rollout->policy);
    rollout->where = selector_of(intern, rollout->policy.request.where);
    rollout->reason = "";
    rollout->digest = "";
    rollout->rollback_actor = "";
    rollout->pause.paused_by = "";
    rollout->rollback_reason = "";
    rollout->rollback_bundle = "";
    workers_see(core);
    rollout->started_ms = event->at_ms;
    rollout->listed_ms = event->at_ms;
    rollout_move(core, event->type, ROLLOUT_PLANNING);
}

void apply_source_defined(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    rollout->sources = array_room(rollout->sources, rollout->source_count,
                                  &rollout->source_capacity, sizeof *rollout->sources);
    struct source *source = &rollout->sources[rollout->source_count++];
    *source = (struct source){.trial.failure = INTERN_NONE};
    layout_copy(source_definition_layout(), &rollout->intern.arena, &event->source_defined.source,
                &source->definition);
    source->server =
        server_of_url(&rollout->servers, &rollout->intern, source->definition.place.url);
    rollout->sources_open++;
}

/* Without a job when its server was waited for in vain. */
static void source_over(struct core *core, const struct source *source, enum event_type event)
{
    INVARIANT(core->rollout.sources_open > 0);
    INVARIANT(source->state == SOURCE_RUNNING ||
              (event == EVENT_SOURCE_FAILED && source->state < SOURCE_LISTED));
    if (source->state == SOURCE_RUNNING) {
        job_end(core, source->trial.job, event);
    }
    core->rollout.sources_open--;
}

void apply_source_listed(struct core *core, const struct event *event)
{
    struct source *source = source_at(core, event->source_listed.source);
    source_over(core, source, event->type);
    source->state = SOURCE_LISTED;
    source->found = event->source_listed.found;
    core->rollout.listed_ms = event->at_ms;
}

void apply_source_failed(struct core *core, const struct event *event)
{
    const struct event_source_failed *failed = &event->source_failed;
    struct source *source = source_at(core, failed->source);
    source_over(core, source, event->type);
    source->state = SOURCE_FAILED;
    source->trial.failure = intern_failure(&core->rollout.intern, "discovery", &failed->failure);
    core->rollout.sources_failed++;
}

/* Sources that were listed are listed again; what failed may be well. */
void apply_discovery_repeated(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    INVARIANT(rollout->sources_open == 0);
    for (uint32_t i = 0; i < rollout->source_count; i++) {
        struct source *source = &rollout->sources[i];
        source->state = SOURCE_PENDING;
        source->trial.attempt = 0;
        source->trial.tries = 0;
        source->trial.unreached = 0;
        source->trial.failure = INTERN_NONE;
        rollout->sources_open++;
    }
    rollout->sources_failed = 0;
    rollout->found_new = 0;
    rollout->listed_ms = event->at_ms;
    rollout->listed_at_end = event->discovery_repeated.last;
}

void apply_rollout_paused(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    const struct event_rollout_paused *paused = &event->rollout_paused;
    rollout->phase = rollout_phase(rollout);
    rollout->paused_over_budget = rollout_is_over_budget(rollout);
    rollout->paused_now = rollout->paused_now || paused->now; /* it may have been paused before */
    rollout->paused_at_limit = rollout->paused_at_limit || paused->limit;
    rollout->reason = intern_text(&rollout->intern, paused->who.reason);
    rollout->pause = (struct pause){.paused_by = intern_text(&rollout->intern, paused->who.actor),
                                    .paused_ms = event->at_ms,
                                    .until_resumed = paused->until_resumed};
    rollout_move(core, event->type, ROLLOUT_PAUSED);
}

/* Going on after too many failures means going on without those. */
static void failures_forgive(struct rollout *rollout)
{
    if (rollout->paused_over_budget && rollout_is_over_budget(rollout)) {
        rollout->forgiven = rollout->counts[TARGET_FAILED];
    }
    for (uint32_t i = 0; i < rollout->waves_started; i++) {
        if (wave_is_over_budget(&rollout->waves[i])) {
            rollout->waves[i].forgiven = rollout->waves[i].counts.failed;
        }
    }
    for (uint32_t i = 0; i < rollout->brake_count; i++) {
        if (rollout->brakes[i].servers.count >= CORE_BRAKE_SERVERS) {
            rollout->brakes[i].servers.count = 0;
        }
    }
}

void apply_rollout_resumed(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    failures_forgive(rollout);
    if (rollout->paused_at_limit) {
        rollout->policy.request.until_wave = event->rollout_resumed.until_wave;
    }
    rollout->paused_now = false;
    rollout->paused_at_limit = false;
    rollout->reason = "";
    rollout->pause = (struct pause){.paused_by = ""};
    for (uint32_t i = 0; i < rollout->servers.count; i++) {
        server_ask_anew(rollout, i, event->at_ms);
    }
    rollout_move(core, event->type, rollout->phase);
}

void apply_rollout_cancel_asked(struct core *core, const struct event *event)
{
    core->rollout.reason =
        intern_text(&core->rollout.intern, event->rollout_cancel_asked.who.reason);
    core->rollout.pause = (struct pause){.paused_by = ""};
    rollout_move(core, event->type, ROLLOUT_CANCELLING);
}

void apply_rollout_finished(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    rollout_move(core, event->type, event->rollout_finished.state);
    core_invariant(core);
    rollout->finished_ms = event->at_ms;
    rollout->pause = (struct pause){.paused_by = ""};
    schedule_clear(core->schedule);

    core->summaries = array_room(core->summaries, core->summary_count, &core->summary_capacity,
                                 sizeof *core->summaries);
    const struct rollout_summary summary = rollout_summary(rollout);
    layout_copy(rollout_summary_layout(), &core->summary_arena, &summary,
                &core->summaries[core->summary_count++]);
}
