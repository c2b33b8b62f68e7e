/* The gate: whether enough targets agree, and the digest that names what was agreed on. */
#include <string.h>

#include "common/revision/digest.h"
#include "coordinator/core/step.h"

/* A digest over texts of any length with little memory: each full block is digested together with
 * the digest of those before. */
struct chain {
    struct buffer block;
    char digest[DIGEST_TEXT_BYTES];
};

enum { CHAIN_BLOCK_BYTES = 64 * 1024 };

static void chain_close(struct chain *chain)
{
    digest_text(chain->block.data, chain->block.length, chain->digest);
    buffer_clear(&chain->block);
    buffer_text_append(&chain->block, chain->digest);
}

static void chain_number(struct chain *chain, uint64_t number)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(number >> (56 - 8 * i));
    }
    buffer_append(&chain->block, bytes, sizeof bytes);
}

/* With its length, so that neighbours cannot be mistaken for each other. */
static void chain_text(struct chain *chain, const char *text)
{
    size_t length = strlen(text);
    chain_number(chain, length);
    buffer_append(&chain->block, text, length);
    if (chain->block.length >= CHAIN_BLOCK_BYTES) {
        chain_close(chain);
    }
}

static void chain_set(struct chain *chain, const struct intern *intern, uint32_t set)
{
    struct texts texts = intern_set_texts(intern, set);
    chain_number(chain, texts.count);
    for (size_t i = 0; i < texts.count; i++) {
        chain_text(chain, texts.items[i]);
    }
}

static void chain_policy(struct chain *chain, const struct event_rollout_started *policy)
{
    chain_text(chain, policy->bundle);
    chain_text(chain, policy->direction);
    chain_text(chain, policy->spec);
    chain_text(chain, policy->version_schema);
    chain_number(chain, policy->concurrency);
    chain_number(chain, policy->per_server);
    chain_number(chain, policy->validate_failures_count);
    chain_number(chain, policy->validate_failures_percent);
    chain_number(chain, policy->failures_count);
    chain_number(chain, policy->failures_percent);
    chain_number(chain, policy->on_failure);
    chain_number(chain, policy->retry_attempts);
    chain_number(chain, policy->retry_backoff_min_ms);
    chain_number(chain, policy->retry_backoff_max_ms);
    chain_number(chain, policy->lock_timeout_ms);
    chain_number(chain, policy->statement_timeout_ms);
    chain_number(chain, policy->connect_timeout_ms);
}

static void chain_plan(struct chain *chain, const struct rollout *rollout)
{
    const struct intern *intern = &rollout->intern;
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        const struct wave *wave = &rollout->waves[i];
        chain_text(chain, wave->name);
        chain_set(chain, intern, wave->select);
        chain_number(chain, wave->count);
        chain_number(chain, wave->percent);
    }
    /* Targets carry their path by its heads, not by its number: the order in which workers answered
     * must not change the name of the plan. */
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        chain_text(chain, target->name);
        chain_text(chain, target->url);
        chain_text(chain, target->schema);
        chain_text(chain, target_state_word((enum target_state)target->state));
        if (target->state == TARGET_VALIDATED) {
            const struct path *path = &rollout->paths[target->path];
            chain_set(chain, intern, path->from);
            chain_set(chain, intern, path->to);
            chain_set(chain, intern, path->steps);
        }
    }
}

static bool gate_opens(const struct rollout *rollout)
{
    const struct event_rollout_started *policy = &rollout->policy;
    uint64_t allowed = policy->validate_failures_count;
    if (policy->validate_failures_percent > 0) {
        allowed = (uint64_t)rollout->target_count * policy->validate_failures_percent / 100;
    }
    return rollout->sources_failed == 0 && rollout->passed > 0 &&
           rollout->counts[TARGET_REFUSED] <= allowed;
}

void gate_decide(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    uint32_t refused = rollout->counts[TARGET_REFUSED];
    if (!gate_opens(rollout)) {
        emit(step, (struct event){.type = EVENT_GATE_REFUSED, .gate_refused = {refused}});
        rollout_finish(step, ROLLOUT_REFUSED);
        return;
    }
    struct chain chain = {0};
    chain_policy(&chain, &rollout->policy);
    chain_plan(&chain, rollout);
    chain_close(&chain);
    emit(step, (struct event){.type = EVENT_GATE_OPENED,
                              .gate_opened = {.digest = chain.digest, .left_out = refused}});
    buffer_free(&chain.block);
    if (rollout->purpose == PURPOSE_VALIDATE) {
        rollout_finish(step, ROLLOUT_SUCCEEDED);
    }
}
