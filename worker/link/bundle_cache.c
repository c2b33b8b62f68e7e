/* A list, the most recently used first: there are never more than a handful. */
#include "worker/link/bundle_cache.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/base/arena.h"

struct held {
    struct bundle *bundle;
    unsigned users;
    struct held *prev, *next;
};

struct bundle_cache {
    struct held *held;
};

struct bundle_cache *bundle_cache_open(void)
{
    return memory_alloc(sizeof(struct bundle_cache));
}

static void held_free(struct bundle_cache *cache, struct held *held)
{
    DL_DELETE(cache->held, held);
    bundle_free(held->bundle);
    free(held);
}

void bundle_cache_close(struct bundle_cache *cache)
{
    while (cache != NULL && cache->held != NULL) {
        held_free(cache, cache->held);
    }
    free(cache);
}

static struct held *held_find(struct bundle_cache *cache, const char *digest)
{
    struct held *held = NULL;
    DL_FOREACH(cache->held, held)
    {
        if (strcmp(bundle_digest(held->bundle), digest) == 0) {
            return held;
        }
    }
    return NULL;
}

static void unused_trim(struct bundle_cache *cache)
{
    unsigned unused = 0;
    struct held *held, *next;
    DL_FOREACH_SAFE(cache->held, held, next)
    {
        if (held->users == 0 && ++unused > BUNDLE_CACHE_UNUSED_MAX) {
            held_free(cache, held);
        }
    }
}

int bundle_cache_add(struct bundle_cache *cache, const char *digest, struct bytes content,
                     struct error *error)
{
    if (held_find(cache, digest) != NULL) {
        return 0;
    }
    struct bundle *bundle = bundle_read(content, error);
    if (bundle == NULL) {
        return error_wrap(error, "bundle %.12s", digest);
    }
    if (strcmp(bundle_digest(bundle), digest) != 0) {
        error_set(error, ERROR_PROTOCOL, "bundle %.12s arrived with the content of %.12s", digest,
                  bundle_digest(bundle));
        bundle_free(bundle);
        return -1;
    }
    struct held *held = memory_alloc(sizeof *held);
    held->bundle = bundle;
    DL_PREPEND(cache->held, held);
    unused_trim(cache);
    return 0;
}

const struct bundle *bundle_cache_take(struct bundle_cache *cache, const char *digest)
{
    struct held *held = held_find(cache, digest);
    if (held == NULL) {
        return NULL;
    }
    held->users++;
    DL_DELETE(cache->held, held);
    DL_PREPEND(cache->held, held);
    return held->bundle;
}

void bundle_cache_give_back(struct bundle_cache *cache, const struct bundle *bundle)
{
    struct held *held = NULL;
    DL_SEARCH_SCALAR(cache->held, held, bundle, bundle);
    if (held != NULL) {
        held->users--;
        unused_trim(cache);
    }
}
