/* Bundles that a worker holds, by digest: those in use, and the last few that were. */
#ifndef DROVER_LINK_BUNDLE_CACHE_H
#define DROVER_LINK_BUNDLE_CACHE_H

#include "common/revision/bundle.h"

enum { BUNDLE_CACHE_UNUSED_MAX = 4 };

struct bundle_cache;

struct bundle_cache *bundle_cache_open(void);
/* Nobody uses a bundle any more; NULL is fine. */
void bundle_cache_close(struct bundle_cache *cache);

/* Parses and keeps a bundle that arrived under `digest`. -1 when it is damaged or another one.
 * Adding what is held already is harmless. */
int bundle_cache_add(struct bundle_cache *cache, const char *digest, struct bytes content,
                     struct error *error) MUST_CHECK;

/* The bundle, in use until bundle_cache_give_back; NULL when it is not held. */
const struct bundle *bundle_cache_take(struct bundle_cache *cache, const char *digest);
void bundle_cache_give_back(struct bundle_cache *cache, const struct bundle *bundle);

#endif
