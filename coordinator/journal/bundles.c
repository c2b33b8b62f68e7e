/* A handful of parsed bundles: the one whose graph is lent is never thrown out. */
#include "coordinator/journal/bundles.h"

#include <string.h>

static const struct bundle *held_find(const struct bundles *bundles, const char *digest)
{
    for (size_t i = 0; i < BUNDLES_HELD; i++) {
        if (bundles->held[i] != NULL && strcmp(bundle_digest(bundles->held[i]), digest) == 0) {
            return bundles->held[i];
        }
    }
    return NULL;
}

/* Puts it first; the oldest that is not lent makes room. */
static void held_add(struct bundles *bundles, struct bundle *bundle)
{
    size_t victim = BUNDLES_HELD - 1;
    if (bundles->held[victim] != NULL && bundles->held[victim] == bundles->lent) {
        victim--;
    }
    bundle_free(bundles->held[victim]);
    for (size_t i = victim; i > 0; i--) {
        bundles->held[i] = bundles->held[i - 1];
    }
    bundles->held[0] = bundle;
}

/* What this process has already is kept in the journal all the same, for the next one. */
static const struct bundle *known_take(struct bundles *bundles, struct journal *journal,
                                       struct error *error)
{
    if (journal != NULL && journal_bundle_put(journal, bundle_digest(bundles->known),
                                              bundle_bytes(bundles->known), error) != 0) {
        return NULL;
    }
    held_add(bundles, bundle_share(bundles->known));
    return bundles->known;
}

const struct bundle *bundles_find(struct bundles *bundles, struct journal *journal,
                                  const char *digest, struct error *error)
{
    const struct bundle *held = held_find(bundles, digest);
    if (held != NULL) {
        return held;
    }
    if (bundles->known != NULL && strcmp(bundle_digest(bundles->known), digest) == 0) {
        return known_take(bundles, journal, error);
    }
    if (journal == NULL) {
        error->code = ERROR_NONE;
        return NULL;
    }
    struct arena arena = {0};
    struct bytes content;
    struct bundle *bundle = NULL;
    int found = journal_bundle_get(journal, digest, &arena, &content, error);
    if (found == 0) {
        error->code = ERROR_NONE;
    } else if (found > 0) {
        bundle = bundle_read(content, error);
    }
    arena_free(&arena);
    if (bundle != NULL) {
        held_add(bundles, bundle);
    }
    return bundle;
}

const struct graph *bundles_lend(struct bundles *bundles, struct journal *journal,
                                 const char *digest, struct error *error)
{
    const struct bundle *bundle = bundles_find(bundles, journal, digest, error);
    if (bundle == NULL) {
        return NULL;
    }
    bundles->lent = bundle;
    return bundle_graph(bundle);
}

const struct bundle *bundles_take(struct bundles *bundles, struct journal *journal,
                                  const char *digest, struct buffer *content, struct error *error)
{
    struct bundle *bundle = bundle_open(content, error);
    if (bundle == NULL) {
        return NULL;
    }
    if (strcmp(bundle_digest(bundle), digest) != 0) {
        error_set(error, ERROR_PROTOCOL, "the bundle sent is %s, asked for was %s",
                  bundle_digest(bundle), digest);
        bundle_free(bundle);
        return NULL;
    }
    if (journal != NULL && journal_bundle_put(journal, digest, bundle_bytes(bundle), error) != 0) {
        bundle_free(bundle);
        return NULL;
    }
    const struct bundle *held = held_find(bundles, digest);
    if (held != NULL) {
        bundle_free(bundle);
        return held;
    }
    held_add(bundles, bundle);
    return bundle;
}

void bundles_free(struct bundles *bundles)
{
    for (size_t i = 0; i < BUNDLES_HELD; i++) {
        bundle_free(bundles->held[i]);
        bundles->held[i] = NULL;
    }
    bundle_free(bundles->known);
    bundles->known = NULL;
}
