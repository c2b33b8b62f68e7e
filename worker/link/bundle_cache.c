/* A list, the most recently used first: there are never more than a handful. */
#include "worker/link/bundle_cache.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/base/arena.h"
#include "common/wire/bundle_parts.h"

struct held {
    struct bundle *bundle;
    unsigned users;
    struct held *prev, *next;
};

/* One that was asked for. */
struct coming {
    struct buffer digest;
    struct buffer bytes;
    struct coming *prev, *next;
};

struct bundle_cache {
    struct held *held;
    struct coming *coming;
};

static void held_prepend(struct bundle_cache *cache, struct bundle *bundle)
{
    struct held *held = memory_alloc(sizeof *held);
    held->bundle = bundle;
    DL_PREPEND(cache->held, held);
}

struct bundle_cache *bundle_cache_open(struct bundle *known)
{
    struct bundle_cache *cache = memory_alloc(sizeof *cache);
    if (known != NULL) {
        held_prepend(cache, bundle_share(known));
    }
    return cache;
}

static void held_free(struct bundle_cache *cache, struct held *held)
{
    DL_DELETE(cache->held, held);
    bundle_free(held->bundle);
    free(held);
}

static void coming_free(struct bundle_cache *cache, struct coming *coming)
{
    if (coming != NULL) {
        DL_DELETE(cache->coming, coming);
        buffer_free(&coming->digest);
        buffer_free(&coming->bytes);
        free(coming);
    }
}

void bundle_cache_close(struct bundle_cache *cache)
{
    while (cache != NULL && cache->held != NULL) {
        held_free(cache, cache->held);
    }
    while (cache != NULL && cache->coming != NULL) {
        coming_free(cache, cache->coming);
    }
    free(cache);
}

static struct coming *coming_find(struct bundle_cache *cache, const char *digest)
{
    struct coming *coming = NULL;
    DL_FOREACH(cache->coming, coming)
    {
        if (strcmp(buffer_text(&coming->digest), digest) == 0) {
            return coming;
        }
    }
    return NULL;
}

void bundle_cache_expect(struct bundle_cache *cache, const char *digest)
{
    struct coming *coming = coming_find(cache, digest);
    if (coming == NULL) {
        coming = memory_alloc(sizeof *coming);
        buffer_text_append(&coming->digest, digest);
        DL_APPEND(cache->coming, coming);
    }
    buffer_free(&coming->bytes);
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

/* Takes the bytes over. */
static int held_add(struct bundle_cache *cache, const char *digest, struct buffer *bytes,
                    struct error *error)
{
    struct bundle *bundle = bundle_open(bytes, error);
    if (bundle == NULL) {
        return error_wrap(error, "bundle %.12s", digest);
    }
    if (strcmp(bundle_digest(bundle), digest) != 0) {
        error_set(error, ERROR_PROTOCOL, "bundle %.12s arrived with the content of %.12s", digest,
                  bundle_digest(bundle));
        bundle_free(bundle);
        return -1;
    }
    held_prepend(cache, bundle);
    unused_trim(cache);
    return 1;
}

int bundle_cache_add(struct bundle_cache *cache, const struct message_bundle *part,
                     uint64_t *offset, struct error *error)
{
    struct coming *coming = coming_find(cache, part->digest);
    if (held_find(cache, part->digest) != NULL) {
        coming_free(cache, coming);
        return 1;
    }
    if (coming == NULL) {
        return error_set(error, ERROR_PROTOCOL, "bundle %.12s was not asked for", part->digest);
    }
    int whole = bundle_part_take(&coming->bytes, part, error);
    *offset = coming->bytes.length;
    if (whole == 0) {
        return 0;
    }
    if (whole == 1) {
        whole = held_add(cache, part->digest, &coming->bytes, error);
    }
    coming_free(cache, coming);
    return whole;
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
