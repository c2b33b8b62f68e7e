/* What was told is known by a hash of it, ages apart. */
#include "worker/connections/telling.h"

#include <string.h>

enum {
    TELL_AFTER_MS = 1000, /* that a job has run */
    TELL_EVERY_MS = 1000,
};

static void ages_forget(struct blocker_list *list, struct arena *arena)
{
    struct blocker *copies = arena_array(arena, list->count, sizeof *copies);
    for (size_t i = 0; i < list->count; i++) {
        copies[i] = list->items[i];
        copies[i].session_ms = 0;
    }
    list->items = copies;
}

static uint64_t text_hash(const char *text)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 1099511628211U;
    }
    return hash;
}

/* Never 0. */
static uint64_t activity_hash(const struct activity *activity)
{
    struct arena arena = {0};
    struct buffer text = {0};
    struct activity ageless = *activity;
    ageless.running_ms = ageless.statement_ms = ageless.waiting_ms = ageless.behind_ms = 0;
    ages_forget(&ageless.blockers, &arena);
    ages_forget(&ageless.behind, &arena);
    if (ageless.phase_whole > 0) {
        ageless.phase_done = ageless.phase_done * 100 / ageless.phase_whole;
    }
    layout_print(activity_layout(), &ageless, &text);
    uint64_t hash = text_hash(buffer_text(&text)) | 1;
    buffer_free(&text);
    arena_free(&arena);
    return hash;
}

void activity_tell(struct task *task, struct activity *activity, bool notable)
{
    uint64_t now = uv_now(task->loop);
    struct told *told = &task->told;
    activity->running_ms = now - task->started_ms;
    bool early = activity->running_ms < TELL_AFTER_MS && !notable;
    bool often = told->hash != 0 && now - told->at_ms < TELL_EVERY_MS;
    if (task->tell == NULL || early || often) {
        return;
    }
    uint64_t hash = activity_hash(activity);
    if (hash != told->hash) {
        *told = (struct told){.hash = hash, .at_ms = now};
        task->tell(task, activity);
    }
}

void activity_tell_again(struct task *task)
{
    task->told = (struct told){0};
}
