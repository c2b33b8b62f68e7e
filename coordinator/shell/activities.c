/* A hash table by job. */
#include "coordinator/shell/activities.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct kept_activity {
    struct job_key key;
    struct arena arena; /* holds what it points to */
    struct activity activity;
    uint64_t at_ms;     /* when it came */
    const char *target; /* in a table by target */
    UT_hash_handle hh;
};

static struct kept_activity *kept_find(const struct kept_activity *activities, struct job_key key)
{
    struct kept_activity *kept = NULL;
    HASH_FIND(hh, activities, &key, sizeof key, kept);
    return kept;
}

static bool is_bounded(const struct message_activity *activity)
{
    struct message message = {.type = MESSAGE_ACTIVITY, .activity = *activity};
    struct buffer bytes = {0};
    message_encode(&message, &bytes);
    bool bounded = bytes.length <= ACTIVITY_BYTES_MAX;
    buffer_free(&bytes);
    return bounded;
}

bool activities_take(struct kept_activity **activities, const struct message_activity *message,
                     uint64_t now_ms)
{
    struct kept_activity *kept = kept_find(*activities, message->key);
    if (!is_bounded(message) || (kept == NULL && HASH_COUNT(*activities) >= ACTIVITIES_MAX)) {
        return false;
    }
    if (kept == NULL) {
        kept = memory_alloc(sizeof *kept);
        kept->key = message->key;
        HASH_ADD(hh, *activities, key, sizeof kept->key, kept);
    }
    arena_free(&kept->arena);
    layout_copy(activity_layout(), &kept->arena, &message->activity, &kept->activity);
    kept->at_ms = now_ms;
    return true;
}

/* Copies whose transactions are older by `age_ms`. */
static struct blocker_list aged(const struct blocker_list *list, uint64_t age_ms,
                                struct arena *arena)
{
    struct blocker_list copy = {arena_array(arena, list->count, sizeof *copy.items), list->count};
    for (size_t i = 0; i < list->count; i++) {
        copy.items[i] = list->items[i];
        copy.items[i].session_ms += age_ms;
    }
    return copy;
}

static bool kept_show(const struct kept_activity *kept, uint64_t now_ms, struct arena *arena,
                      struct activity *activity)
{
    if (kept == NULL) {
        return false;
    }
    uint64_t age_ms = now_ms > kept->at_ms ? now_ms - kept->at_ms : 0;
    *activity = kept->activity;
    activity->running_ms += age_ms;
    activity->statement_ms += age_ms;
    activity->waiting_ms += activity->waits_for[0] != '\0' ? age_ms : 0;
    activity->behind_ms += activity->behind_count > 0 ? age_ms : 0;
    activity->blockers = aged(&activity->blockers, age_ms, arena);
    activity->behind = aged(&activity->behind, age_ms, arena);
    return true;
}

bool activities_find(const struct kept_activity *activities, struct job_key key, uint64_t now_ms,
                     struct arena *arena, struct activity *activity)
{
    return kept_show(kept_find(activities, key), now_ms, arena, activity);
}

bool activities_find_target(const struct kept_activity *targets, const char *target,
                            uint64_t now_ms, struct arena *arena, struct activity *activity)
{
    struct kept_activity *kept = NULL;
    HASH_FIND_STR(targets, target, kept);
    return kept_show(kept, now_ms, arena, activity);
}

static void kept_drop(struct kept_activity **activities, struct kept_activity *kept)
{
    HASH_DEL(*activities, kept); // NOLINT(clang-analyzer-unix.Malloc): one of its own table
    arena_free(&kept->arena);
    free(kept);
}

void activities_end(struct kept_activity **activities, const struct message_result *result,
                    bool stumbled, struct kept_activity **targets)
{
    struct kept_activity *before = NULL;
    HASH_FIND_STR(*targets, result->target, before);
    if (before != NULL) {
        kept_drop(targets, before);
    }
    struct kept_activity *kept = kept_find(*activities, result->try.key);
    bool keeps = kept != NULL && stumbled && kept->activity.blockers.count > 0 &&
                 HASH_COUNT(*targets) < ACTIVITIES_MAX;
    if (keeps) {
        HASH_DEL(*activities, kept);
        kept->target = arena_strdup(&kept->arena, result->target);
        HASH_ADD_KEYPTR(hh, *targets, kept->target, strlen(kept->target), kept);
    } else if (kept != NULL) {
        kept_drop(activities, kept);
    }
}

void activities_free(struct kept_activity **activities)
{
    struct kept_activity *kept, *following;
    HASH_ITER(hh, *activities, kept, following)
    {
        kept_drop(activities, kept);
    }
}
