/* See plan_digest.h. */
#include "coordinator/core/facts/plan_digest.h"

#include <stdio.h>
#include <string.h>

#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/policy.h"
#include "coordinator/core/facts/state.h"

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

static void chain_pair(const char *key, const char *value, void *context)
{
    chain_text(context, key);
    chain_text(context, value);
}

static void chain_plan(struct chain *chain, const struct rollout *rollout)
{
    const struct intern *intern = &rollout->intern;
    /* Targets carry their path by its heads, not by its number: the order in which workers answered
     * must not change the name of the plan. */
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        chain_text(chain, target->place.name);
        chain_text(chain, target->place.url);
        chain_text(chain, target->place.schema);
        if (target->place.search_path[0] != '\0') {
            chain_text(chain, target->place.search_path);
        }
        chain_text(chain, target->state == TARGET_REFUSED ? "refused" : "");
        if (target->path != NUMBER_NONE && target->state != TARGET_REFUSED) {
            const struct path *path = &rollout->paths[target->path];
            chain_set(chain, intern, path->from);
            chain_set(chain, intern, path->to);
            chain_set(chain, intern, path->steps);
        }
    }
}

void plan_digest(const struct rollout *rollout, char digest[DIGEST_TEXT_BYTES])
{
    struct chain chain = {0};
    policy_each(rollout, chain_pair, &chain);
    chain_plan(&chain, rollout);
    chain_close(&chain);
    (void)snprintf(digest, DIGEST_TEXT_BYTES, "%s", chain.digest);
    buffer_free(&chain.block);
}
