/* The policy of a plan, as pairs of key and value: what the digest covers besides the targets, and
 * what `--plan` compares. One list for both. */
#include <inttypes.h>
#include <stdio.h>

#include "coordinator/core/facts/policy.h"

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

/* "3", or "5%" when it is a part. */
static void pair_budget(struct pairs *pairs, const char *key, uint32_t count, uint32_t percent)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu32 "%s", percent > 0 ? percent : count,
                   percent > 0 ? "%" : "");
    pair_text(pairs, key, text);
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

static void wave_pairs(struct pairs *pairs, const struct rollout *rollout, const struct wave *wave)
{
    const struct intern *intern = &rollout->intern;
    const char *name = wave->name;
    pair_text(pairs, key_of(pairs, "wave", name, "select"), wave->select);
    pair_number(pairs, key_of(pairs, "wave", name, "count"), wave->count);
    pair_number(pairs, key_of(pairs, "wave", name, "percent"), wave->percent);
    pair_number(pairs, key_of(pairs, "wave", name, "canary.per_cohort"), wave->canary);
    pair_texts(pairs, key_of(pairs, "wave", name, "ramp"), intern_set_texts(intern, wave->ramp));
    pair_number(pairs, key_of(pairs, "wave", name, "soak_ms"), wave->soak_ms);
    pair_texts(pairs, key_of(pairs, "wave", name, "checks"),
               intern_set_texts(intern, wave->checks));
    pair_budget(pairs, key_of(pairs, "wave", name, "check_sample"), wave->sample_count,
                wave->sample_percent);
    pair_text(pairs, key_of(pairs, "wave", name, "approve"), wave->approve ? "true" : "false");
    if (wave->budget) {
        pair_budget(pairs, key_of(pairs, "wave", name, "max_failures"), wave->failures_count,
                    wave->failures_percent);
    }
}

static void window_pairs(struct pairs *pairs, const struct window *window)
{
    const char *kind = window->deny ? "deny" : "allow";
    pair_text(pairs, key_of(pairs, "window", kind, "schedule"), window->schedule);
    pair_number(pairs, key_of(pairs, "window", kind, "duration_ms"), window->duration_ms);
    pair_text(pairs, key_of(pairs, "window", kind, "timeZone"), window->time_zone);
    pair_text(pairs, key_of(pairs, "window", kind, "select"), window->select);
    pair_text(pairs, key_of(pairs, "window", kind, "syncOverrun"),
              window->sync_overrun ? "true" : "false");
}

static void throttle_pairs(struct pairs *pairs, const struct throttle *throttle)
{
    pair_text(pairs, key_of(pairs, "throttle", throttle->name, "query"), throttle->query);
    pair_text(pairs, key_of(pairs, "throttle", throttle->name, "threshold"), throttle->threshold);
    pair_number(pairs, key_of(pairs, "throttle", throttle->name, "every_ms"), throttle->every_ms);
}

void policy_each(const struct rollout *rollout, policy_pair *pair, void *context)
{
    const struct event_rollout_started *policy = &rollout->policy;
    struct pairs pairs = {.pair = pair, .context = context};
    pair_text(&pairs, "bundle", policy->bundle);
    pair_text(&pairs, "direction", direction_word(policy->direction));
    pair_text(&pairs, "spec", policy->spec);
    pair_text(&pairs, "version_schema", policy->version_schema);
    pair_text(&pairs, "version_table", policy->version_table);
    pair_text(&pairs, "where", policy->where);
    pair_text(&pairs, "reverts", policy->reverts);
    pair_number(&pairs, "concurrency", policy->concurrency);
    pair_number(&pairs, "per_server", policy->per_server);
    pair_budget(&pairs, "validate.max_failures", policy->validate_failures_count,
                policy->validate_failures_percent);
    pair_budget(&pairs, "max_failures", policy->failures_count, policy->failures_percent);
    pair_number(&pairs, "on_failure", policy->on_failure);
    pair_number(&pairs, "retry.attempts", policy->retry_attempts);
    pair_number(&pairs, "retry.backoff_min_ms", policy->retry_backoff_min_ms);
    pair_number(&pairs, "retry.backoff_max_ms", policy->retry_backoff_max_ms);
    pair_number(&pairs, "lock_timeout_ms", policy->lock_timeout_ms);
    pair_number(&pairs, "statement_timeout_ms", policy->statement_timeout_ms);
    pair_number(&pairs, "connect_timeout_ms", policy->connect_timeout_ms);
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        wave_pairs(&pairs, rollout, &rollout->waves[i]);
    }
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        window_pairs(&pairs, &rollout->windows[i]);
    }
    for (uint32_t i = 0; i < rollout->throttle_count; i++) {
        throttle_pairs(&pairs, &rollout->throttles[i]);
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
