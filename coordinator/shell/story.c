/* Entries are kept in chunks, so that of a long story no more stays in memory than is asked for, and
 * one chunk where everything is. */
#include "coordinator/shell/story.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/selector.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/journal/journal.h"
#include "coordinator/shell/event_text.h"

enum { CHUNK_ENTRIES = 200 }; /* also of one LOG: a sentence is 8 KiB at most */

struct chunk {
    struct chunk *next;
    struct arena arena;
    struct log_entry entries[CHUNK_ENTRIES];
    size_t count;
};

struct story {
    const struct message_log_wanted *wanted;
    coordinator_answer *answer;
    void *context;
    struct core *core;
    struct moves moves;
    struct chunk *first;
    struct chunk *last;
    size_t entry_count;
    size_t left_out;
    bool known;                   /* the rollout that is asked for */
    struct arena arena;           /* of the scope */
    const struct selector *scope; /* in the words of the rollout; NULL: it selects nothing there */
};

/* ---- keeping ---- */

static void chunk_drop(struct story *story)
{
    struct chunk *chunk = story->first;
    story->first = chunk->next;
    story->last = chunk->next == NULL ? NULL : story->last;
    story->entry_count -= chunk->count;
    arena_free(&chunk->arena);
    free(chunk);
}

/* Hands over the first chunk from its entry `begin` on, and drops it. */
static void chunk_tell(struct story *story, size_t begin, bool last)
{
    struct chunk *chunk = story->first;
    const struct message message = {
        .type = MESSAGE_LOG,
        .log = {.entries = {chunk->entries + begin, chunk->count - begin},
                .left_out = (uint32_t)story->left_out,
                .last = last}};
    story->answer(&message, story->context);
    story->left_out = 0;
    chunk_drop(story);
}

/* What is beyond the limit goes by whole chunks. */
static void chunks_limit(struct story *story)
{
    uint32_t limit = story->wanted->limit;
    while (limit > 0 && story->first != NULL && story->entry_count - story->first->count >= limit) {
        story->left_out += story->first->count;
        chunk_drop(story);
    }
}

/* A place for one entry more. */
static struct chunk *chunk_with_room(struct story *story)
{
    if (story->last != NULL && story->last->count < CHUNK_ENTRIES) {
        return story->last;
    }
    if (story->wanted->limit == 0 && story->first != NULL) {
        chunk_tell(story, 0, false);
    }
    chunks_limit(story);
    struct chunk *chunk = memory_alloc(sizeof *chunk);
    if (story->last != NULL) {
        story->last->next = chunk;
    } else {
        story->first = chunk;
    }
    story->last = chunk;
    return chunk;
}

static void entry_keep(struct story *story, const struct event *event)
{
    struct chunk *chunk = chunk_with_room(story);
    struct buffer sentence = {0};
    moves_describe(&story->moves, story->core, event, &sentence);
    struct log_entry entry =
        moves_entry(&story->moves, story->core, event, buffer_text(&sentence), &chunk->arena);
    layout_copy(log_entry_layout(), &chunk->arena, &entry, &chunk->entries[chunk->count++]);
    story->entry_count++;
    buffer_free(&sentence);
}

/* ---- choosing ---- */

/* The target that an event is about, also by its job; false: it is about none. */
static bool event_target(const struct story *story, const struct event *event, uint32_t *target)
{
    const void *at;
    const struct field *field = event_field(event, "target", 6, &at);
    if (field != NULL && field->type == FIELD_U32) {
        *target = *(const uint32_t *)at;
    } else {
        const struct event_job_leased *job = moves_event_job(&story->moves, event);
        if (job == NULL || job->kind == JOB_DISCOVER || job->kind == JOB_PROBE) {
            return false;
        }
        *target = job->subject;
    }
    return *target < core_rollout(story->core)->target_count;
}

/* Labels and words are the rollout's own. */
static void scope_take(struct story *story)
{
    struct error ignored = {0};
    arena_free(&story->arena);
    if (core_scope_parse(story->core, &story->arena, story->wanted->where, &story->scope,
                         &ignored) != 0) {
        story->scope = NULL;
    }
}

static bool is_worth_telling(const struct story *story, const struct event *event)
{
    enum event_level level = event_level(event->type);
    bool story_of_targets = story->wanted->where[0] != '\0';
    if (story->wanted->whole || story_of_targets) {
        return level >= EVENT_LEVEL_LOG;
    }
    return level >= EVENT_LEVEL_INFO || event->type == EVENT_ROLLOUT_FINISHED;
}

static bool is_of_the_rollout(const struct story *story)
{
    const char *wanted = story->wanted->rollout;
    const char *rollout = core_rollout(story->core)->policy.rollout;
    return strncmp(rollout, wanted, strlen(wanted)) == 0;
}

static bool is_wanted(const struct story *story, const struct event *event)
{
    uint32_t target;
    if (event->at_ms < story->wanted->from_ms || !is_worth_telling(story, event) ||
        !is_of_the_rollout(story)) {
        return false;
    }
    return story->wanted->where[0] == '\0' ||
           (story->scope != NULL && event_target(story, event, &target) &&
            core_target_in_scope(story->core, target, story->scope));
}

static void story_apply(const struct event *event, void *context)
{
    struct story *story = context;
    core_apply(story->core, event);
    /* a label is known when its targets are */
    bool words_change =
        event->type == EVENT_VALIDATION_STARTED || event->type == EVENT_TARGETS_JOINED;
    if (words_change && story->wanted->where[0] != '\0') {
        scope_take(story);
    }
    story->known =
        story->known || (event->type == EVENT_ROLLOUT_STARTED && is_of_the_rollout(story));
    if (is_wanted(story, event)) {
        entry_keep(story, event);
    }
    moves_remember(&story->moves, event);
}

/* ---- telling ---- */

/* The first entry of the first chunk that is not beyond the limit. */
static size_t first_entry(struct story *story)
{
    chunks_limit(story);
    uint32_t limit = story->wanted->limit;
    size_t beyond = limit > 0 && story->entry_count > limit ? story->entry_count - limit : 0;
    story->left_out += beyond;
    return beyond;
}

static void chunks_tell(struct story *story)
{
    size_t begin = first_entry(story);
    if (story->first == NULL) {
        const struct message nothing = {.type = MESSAGE_LOG, .log = {.last = true}};
        story->answer(&nothing, story->context);
    }
    while (story->first != NULL) {
        chunk_tell(story, begin, story->first->next == NULL);
        begin = 0;
    }
}

int story_tell(struct journal *journal, const struct message_log_wanted *wanted,
               coordinator_answer *answer, void *context, struct error *error)
{
    static const struct core_ports none;
    struct story story = {
        .wanted = wanted, .answer = answer, .context = context, .core = core_create(&none)};
    int result = journal_replay(journal, story_apply, &story, error);
    if (result == 0 && wanted->rollout[0] != '\0' && !story.known) {
        (void)error_set(error, ERROR_USAGE, "the journal knows no rollout %s", wanted->rollout);
        result = error_hint(error, "`drover rollouts` lists them");
    }
    if (result == 0) {
        chunks_tell(&story);
    }
    while (story.first != NULL) {
        chunk_drop(&story);
    }
    arena_free(&story.arena);
    moves_free(&story.moves);
    core_free(story.core);
    return result;
}
