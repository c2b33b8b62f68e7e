/* START: the whole fleet and policy become events. */
#include <string.h>

#include "coordinator/core/decide/step.h"

static int start_check(const struct core *core, const struct core_start *start, struct error *error)
{
    const struct rollout *rollout = &core->rollout;
    if (rollout_is_active(rollout)) {
        const struct event_rollout_started *policy = &rollout->policy;
        bool deploys = rollout->policy.purpose == PURPOSE_DEPLOY;
        (void)error_set(error, ERROR_BUSY, "rollout %s (%s%s%s by %s) is %s", policy->rollout,
                        deploys ? direction_word(policy->direction) : purpose_word(policy->purpose),
                        policy->spec[0] != '\0' ? " to " : "", policy->spec, policy->actor,
                        rollout_state_word(rollout->state));
        return error_hint(error, "wait for it (`drover status -w`) or end it with `drover cancel`");
    }
    if ((unsigned)start->purpose > PURPOSE_DEPLOY) {
        return error_set(error, ERROR_PROTOCOL, "unknown purpose %d", (int)start->purpose);
    }
    if (start->purge && start->direction != DIRECTION_STAMP) {
        return error_set(error, ERROR_PROTOCOL, "only a stamp can purge");
    }
    bool plans = start->purpose == PURPOSE_VALIDATE || start->purpose == PURPOSE_DEPLOY;
    if ((!plans && start->bundle[0] == '\0') ||
        core->ports.graph(core->ports.context, start->bundle, error) != NULL) {
        return 0;
    }
    return error->code != ERROR_NONE
               ? -1
               : error_set(error, ERROR_JOURNAL, "the bundle is not in the journal");
}

static void rollout_begin(struct step *step, const struct core_start *start)
{
    emit(step, (struct event){.type = EVENT_ROLLOUT_STARTED,
                              .rollout_started = {
                                  .rollout = start->rollout,
                                  .purpose = start->purpose,
                                  .direction = start->direction,
                                  .spec = start->spec,
                                  .bundle = start->bundle,
                                  .actor = start->actor,
                                  .version_schema = start->version_schema,
                                  .concurrency = start->concurrency,
                                  .per_server = start->per_server,
                                  .validate_failures_count = start->validate_failures_count,
                                  .validate_failures_percent = start->validate_failures_percent,
                                  .failures_count = start->failures_count,
                                  .failures_percent = start->failures_percent,
                                  .on_failure = (uint32_t)start->on_failure,
                                  .retry_attempts = start->retry_attempts,
                                  .retry_backoff_min_ms = start->retry_backoff_min_ms,
                                  .retry_backoff_max_ms = start->retry_backoff_max_ms,
                                  .lock_timeout_ms = start->lock_timeout_ms,
                                  .statement_timeout_ms = start->statement_timeout_ms,
                                  .connect_timeout_ms = start->connect_timeout_ms,
                                  .where = start->where,
                                  .until_wave = start->until_wave,
                                  .plan = start->plan,
                                  .rediscover_ms = start->rediscover_ms,
                                  .version_table = start->version_table,
                                  .version_keyless = start->version_keyless,
                                  .purge = start->purge,
                              }});
}

static void source_define(struct step *step, const struct core_source *source)
{
    emit(step, (struct event){.type = EVENT_SOURCE_DEFINED,
                              .source_defined = {.name = source->name,
                                                 .url = source->url,
                                                 .password = source->password,
                                                 .labels = source->labels,
                                                 .databases = source->databases,
                                                 .schemas = source->schemas,
                                                 .query = source->query,
                                                 .origin = source->origin}});
}

static void wave_define(struct step *step, const struct core_wave *wave)
{
    emit(step, (struct event){.type = EVENT_WAVE_DEFINED,
                              .wave_defined = {.name = wave->name,
                                               .select = wave->select,
                                               .count = wave->count,
                                               .percent = wave->percent,
                                               .canary = wave->canary,
                                               .ramp = wave->ramp,
                                               .soak_ms = wave->soak_ms,
                                               .checks = wave->checks,
                                               .sample_count = wave->sample_count,
                                               .sample_percent = wave->sample_percent,
                                               .approve = wave->approve,
                                               .budget = wave->budget,
                                               .failures_count = wave->failures_count,
                                               .failures_percent = wave->failures_percent}});
}

static bool text_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

int step_start(struct step *step, const struct core_start *start, struct error *error)
{
    if (start_check(step->core, start, error) < 0) {
        return -1;
    }
    rollout_begin(step, start);
    for (size_t i = 0; i < start->wave_count; i++) {
        wave_define(step, &start->waves[i]);
    }
    for (size_t i = 0; i < start->window_count && i < CORE_WINDOWS_MAX; i++) {
        const struct core_window *window = &start->windows[i];
        emit(step, (struct event){.type = EVENT_WINDOW_DEFINED,
                                  .window_defined = {.deny = window->deny,
                                                     .schedule = window->schedule,
                                                     .duration_ms = window->duration_ms,
                                                     .time_zone = window->time_zone,
                                                     .select = window->select,
                                                     .sync_overrun = window->sync_overrun}});
    }
    for (size_t i = 0; i < start->throttle_count; i++) {
        const struct core_throttle *throttle = &start->throttles[i];
        emit(step, (struct event){.type = EVENT_THROTTLE_DEFINED,
                                  .throttle_defined = {.name = throttle->name,
                                                       .query = throttle->query,
                                                       .threshold = throttle->threshold,
                                                       .every_ms = throttle->every_ms}});
    }
    for (size_t i = 0; i < start->source_count; i++) {
        const struct core_source *source = &start->sources[i];
        if (text_given(source->databases) || text_given(source->schemas) ||
            text_given(source->query)) {
            source_define(step, source);
        } else {
            struct core_found found = {source->name, source->url, source->schema, source->labels};
            target_found(step, &found, source->password);
        }
    }
    return 0;
}
