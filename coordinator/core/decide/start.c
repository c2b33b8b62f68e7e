/* START: the whole fleet and policy become events. */
#include "coordinator/core/decide/start.h"

#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/found_targets.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/rollout.h"

static int start_check(const struct core *core, const struct core_start *start, struct error *error)
{
    const struct rollout *rollout = &core->rollout;
    if (rollout_is_active(rollout)) {
        const struct event_rollout_started *policy = &rollout->policy;
        (void)error_set(error, ERROR_BUSY, "rollout %s (%s%s%s by %s) is %s", policy->rollout,
                        request_verb(&policy->request),
                        policy->request.spec[0] == '\0'    ? ""
                        : request_adopts(&policy->request) ? " from "
                                                           : " to ",
                        policy->request.spec, policy->request.actor,
                        rollout_state_word(rollout->state));
        return error_hint(error, "wait for it (`drover status -w`) or end it with `drover cancel`");
    }
    if ((unsigned)start->policy.request.purpose > PURPOSE_DEPLOY) {
        return error_set(error, ERROR_PROTOCOL, "unknown purpose %d",
                         (int)start->policy.request.purpose);
    }
    if (start->policy.request.purge && start->policy.request.direction != DIRECTION_STAMP) {
        return error_set(error, ERROR_PROTOCOL, "only a stamp can purge");
    }
    if (request_adopts(&start->policy.request) &&
        (start->policy.request.direction != DIRECTION_STAMP || start->policy.request.purge)) {
        return error_set(error, ERROR_PROTOCOL, "an adoption is a stamp that does not purge");
    }
    bool plans = start->policy.request.purpose == PURPOSE_VALIDATE ||
                 start->policy.request.purpose == PURPOSE_DEPLOY;
    if ((!plans && start->policy.request.bundle[0] == '\0') ||
        core->ports.graph(core->ports.context, start->policy.request.bundle, error) != NULL) {
        return 0;
    }
    return error->code != ERROR_NONE
               ? -1
               : error_set(error, ERROR_JOURNAL, "the bundle is not in the journal");
}

static bool text_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

int step_start(struct step *step, const struct core_start *start, struct error *error)
{
    const struct fleet_definition *fleet = &start->fleet;
    if (start_check(step->core, start, error) < 0) {
        return -1;
    }
    emit(step, (struct event){.type = EVENT_ROLLOUT_STARTED, .rollout_started = start->policy});
    for (size_t i = 0; i < fleet->waves.count; i++) {
        emit(step, (struct event){.type = EVENT_WAVE_DEFINED,
                                  .wave_defined = {.wave = fleet->waves.items[i]}});
    }
    for (size_t i = 0; i < fleet->windows.count && i < CORE_WINDOWS_MAX; i++) {
        emit(step, (struct event){.type = EVENT_WINDOW_DEFINED,
                                  .window_defined = {.window = fleet->windows.items[i]}});
    }
    for (size_t i = 0; i < fleet->throttles.count; i++) {
        emit(step, (struct event){.type = EVENT_THROTTLE_DEFINED,
                                  .throttle_defined = {.throttle = fleet->throttles.items[i]}});
    }
    for (size_t i = 0; i < fleet->sources.count; i++) {
        const struct source_definition *source = &fleet->sources.items[i];
        if (text_given(source->discovery.databases) || text_given(source->discovery.schemas) ||
            text_given(source->discovery.query)) {
            emit(step, (struct event){.type = EVENT_SOURCE_DEFINED,
                                      .source_defined = {.source = *source}});
        } else {
            struct found_target found = {source->place, source->labels};
            target_found(step, &found, TARGET_ORIGIN_NAMED);
        }
    }
    return 0;
}
