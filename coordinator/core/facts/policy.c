/* The policy of a plan, as pairs of key and value: what the digest covers besides the targets, and
 * what `--plan` compares. One list for both. */
#include "coordinator/core/facts/policy.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/impossible.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/state.h"

/* Fields that policy_each names one by one. */
enum { LIMITS_NAMED = 8, TIMEOUTS_NAMED = 3 };

struct pairs {
    policy_pair *pair;
    void *context;
    char key[160];
};

static void pair_text(struct pairs *pairs, const char *key, const char *value)
{
    pairs->pair(key, value, pairs->context);
}

static void pair_number(struct pairs *pairs, const char *key, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    pair_text(pairs, key, text);
}

static void pair_share(struct pairs *pairs, const char *key, struct share share)
{
    struct buffer text = {0};
    share_append(share, &text);
    pair_text(pairs, key, buffer_text(&text));
    buffer_free(&text);
}

static void pair_texts(struct pairs *pairs, const char *key, struct texts texts)
{
    for (size_t i = 0; i < texts.count; i++) {
        pair_text(pairs, key, texts.items[i]);
    }
}

/* "wave NAME key" */
static const char *key_of(struct pairs *pairs, const char *what, const char *name, const char *key)
{
    (void)snprintf(pairs->key, sizeof pairs->key, "%s %s %s", what, name, key);
    return pairs->key;
}

static void wave_pairs(struct pairs *pairs, const struct wave_definition *wave)
{
    const char *name = wave->name;
    pair_text(pairs, key_of(pairs, "wave", name, "select"), wave->select);
    pair_number(pairs, key_of(pairs, "wave", name, "count"), wave->count);
    pair_number(pairs, key_of(pairs, "wave", name, "percent"), wave->percent);
    pair_number(pairs, key_of(pairs, "wave", name, "canary.per_cohort"), wave->canary);
    pair_texts(pairs, key_of(pairs, "wave", name, "ramp"), wave->ramp);
    pair_number(pairs, key_of(pairs, "wave", name, "soak_ms"), wave->soak_ms);
    pair_texts(pairs, key_of(pairs, "wave", name, "checks"), wave->checks);
    pair_share(pairs, key_of(pairs, "wave", name, "check_sample"), wave->sample);
    pair_text(pairs, key_of(pairs, "wave", name, "approve"), wave->approve ? "true" : "false");
    if (wave->budget) {
        pair_share(pairs, key_of(pairs, "wave", name, "max_failures"), wave->failures);
    }
}

static void window_pairs(struct pairs *pairs, const struct window_definition *window)
{
    const char *kind = window->deny ? "deny" : "allow";
    pair_text(pairs, key_of(pairs, "window", kind, "schedule"), window->schedule);
    pair_number(pairs, key_of(pairs, "window", kind, "duration_ms"), window->duration_ms);
    pair_text(pairs, key_of(pairs, "window", kind, "timeZone"), window->time_zone);
    pair_text(pairs, key_of(pairs, "window", kind, "select"), window->select);
    pair_text(pairs, key_of(pairs, "window", kind, "syncOverrun"),
              window->sync_overrun ? "true" : "false");
}

static void throttle_pairs(struct pairs *pairs, const struct throttle_definition *throttle)
{
    pair_text(pairs, key_of(pairs, "throttle", throttle->name, "query"), throttle->query);
    pair_text(pairs, key_of(pairs, "throttle", throttle->name, "threshold"), throttle->threshold);
    pair_number(pairs, key_of(pairs, "throttle", throttle->name, "every_ms"), throttle->every_ms);
}

/* What was appended to a record of limits: under its own name. */
static void appended_pairs(struct pairs *pairs, const struct layout *layout, size_t first,
                           const void *value)
{
    for (size_t i = first; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        const void *at = field_at(field, value);
        switch (field->type) {
        case FIELD_U32: pair_number(pairs, field->name, *(const uint32_t *)at); break;
        case FIELD_U64: pair_number(pairs, field->name, *(const uint64_t *)at); break;
        case FIELD_BOOLEAN: pair_number(pairs, field->name, *(const bool *)at); break;
        case FIELD_SHARE: pair_share(pairs, field->name, *(const struct share *)at); break;
        default: IMPOSSIBLE("a limit is a number, not as %s is", field->name);
        }
    }
}

void policy_each(const struct rollout *rollout, policy_pair *pair, void *context)
{
    const struct event_rollout_started *policy = &rollout->policy;
    struct pairs pairs = {.pair = pair, .context = context};
    pair_text(&pairs, "bundle", policy->request.bundle);
    pair_text(&pairs, "direction", direction_word(policy->request.direction));
    pair_text(&pairs, "spec", policy->request.spec);
    pair_text(&pairs, "version_schema", policy->version.version_schema);
    pair_text(&pairs, "version_table", policy->version.version_table);
    pair_text(&pairs, "where", policy->request.where);
    pair_text(&pairs, "reverts", policy->reverts);
    if (policy->request.transaction == TRANSACTION_REVISION) {
        pair_text(&pairs, "transaction", transaction_scope_word(policy->request.transaction));
    }
    if (request_adopts(&policy->request)) {
        pair_text(&pairs, "tool", policy->request.tool);
        pair_text(&pairs, "tool_table", policy->request.tool_table);
    }
    pair_number(&pairs, "concurrency", policy->limits.concurrency);
    pair_number(&pairs, "per_server", policy->limits.per_server);
    pair_share(&pairs, "validate.max_failures", policy->limits.validate_failures);
    pair_share(&pairs, "max_failures", policy->limits.failures);
    pair_number(&pairs, "on_failure", policy->limits.on_failure);
    pair_number(&pairs, "retry.attempts", policy->limits.retry_attempts);
    pair_number(&pairs, "retry.backoff_min_ms", policy->limits.retry_backoff_min_ms);
    pair_number(&pairs, "retry.backoff_max_ms", policy->limits.retry_backoff_max_ms);
    pair_number(&pairs, "lock_timeout_ms", policy->timeouts.lock_timeout_ms);
    pair_number(&pairs, "statement_timeout_ms", policy->timeouts.statement_timeout_ms);
    pair_number(&pairs, "connect_timeout_ms", policy->timeouts.connect_timeout_ms);
    appended_pairs(&pairs, limits_layout(), LIMITS_NAMED, &policy->limits);
    appended_pairs(&pairs, timeouts_layout(), TIMEOUTS_NAMED, &policy->timeouts);
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        wave_pairs(&pairs, &rollout->waves[i].definition);
    }
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        window_pairs(&pairs, &rollout->windows[i].definition);
    }
    for (uint32_t i = 0; i < rollout->throttle_count; i++) {
        throttle_pairs(&pairs, &rollout->throttles[i].definition);
    }
}

struct collected {
    struct arena *arena;
    const char **items;
    size_t count;
};

static void pair_count(const char *key, const char *value, void *context)
{
    (void)key;
    (void)value;
    ++*(size_t *)context;
}

static void pair_collect(const char *key, const char *value, void *context)
{
    struct collected *collected = context;
    collected->items[collected->count++] = arena_printf(collected->arena, "%s=%s", key, value);
}

struct texts core_plan_policy(const struct core *core, struct arena *arena)
{
    if (core->rollout.state == ROLLOUT_NONE) {
        return (struct texts){NULL, 0};
    }
    size_t count = 0;
    policy_each(&core->rollout, pair_count, &count);
    struct collected collected = {.arena = arena,
                                  .items = arena_array(arena, count, sizeof(const char *))};
    policy_each(&core->rollout, pair_collect, &collected);
    return (struct texts){collected.items, collected.count};
}
