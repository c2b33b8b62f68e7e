/* Bundles that a worker holds, by digest: those in use, and the last few that were. */
#ifndef DROVER_LINK_BUNDLE_CACHE_H
#define DROVER_LINK_BUNDLE_CACHE_H

#include <stdint.h>

#include "common/revision/bundle.h"
#include "common/wire/message.h"

enum { BUNDLE_CACHE_UNUSED_MAX = 4 };

struct bundle_cache;

/* `known`: one that this process has, which is shared; or NULL. */
struct bundle_cache *bundle_cache_open(struct bundle *known);
/* Nobody uses a bundle any more; NULL is fine. */
void bundle_cache_close(struct bundle_cache *cache);

/* It is being asked for, from its begin on. */
void bundle_cache_expect(struct bundle_cache *cache, const char *digest);

/* A part has come. 1: the bundle is whole, parsed and kept; 0: more is wanted, from *offset on; -1 when it is damaged or
 * another one. What is held already is harmless. */
int bundle_cache_add(struct bundle_cache *cache, const struct message_bundle *part,
                     uint64_t *offset, struct error *error) MUST_CHECK;

/* The bundle, in use until bundle_cache_give_back; NULL when it is not held. */
const struct bundle *bundle_cache_take(struct bundle_cache *cache, const char *digest);
void bundle_cache_give_back(struct bundle_cache *cache, const struct bundle *bundle);

#endif
