/* Events as entries: what each is about, found by the names of its fields. */
#include <ctype.h>
#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/event_text.h"

struct telling {
    const struct moves *moves;
    const struct core *core;
    const struct event *event;
    struct arena *arena;
};

static const char *value_text(const struct telling *telling, const char *field)
{
    struct buffer text = {0};
    moves_value_append(telling->moves, telling->core, telling->event, field, &text);
    const char *copy = text.length > 0 ? arena_strdup(telling->arena, buffer_text(&text)) : "";
    buffer_free(&text);
    return copy;
}

static const char *rollout_text(const struct telling *telling)
{
    return core_rollout(telling->core)->policy.rollout;
}

/* Of the event itself, or of its job. */
static const char *target_text(const struct telling *telling)
{
    const char *target = value_text(telling, "target");
    const struct event_job_leased *job = moves_event_job(telling->moves, telling->event);
    const struct rollout *rollout = core_rollout(telling->core);
    if (target[0] == '\0' && job != NULL && job->kind != JOB_DISCOVER && job->kind != JOB_PROBE &&
        job->subject < rollout->target_count) {
        target = rollout->targets[job->subject].place.name;
    }
    return target;
}

static const char *worker_text(const struct telling *telling)
{
    static const char *const fields[] = {"worker", "instance", "by"};
    if (telling->event->type == EVENT_WORKER_JOINED) {
        return telling->event->worker_joined.name;
    }
    for (size_t i = 0; i < LENGTH(fields); i++) {
        const char *worker = value_text(telling, fields[i]);
        if (worker[0] != '\0') {
            return worker;
        }
    }
    const struct event_job_leased *job = moves_event_job(telling->moves, telling->event);
    return job != NULL ? moves_worker(telling->moves, job->worker) : "";
}

static const char *fact_word(enum event_type type, struct arena *arena)
{
    char *word = arena_strdup(arena, event_name(type));
    for (char *c = word; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return word;
}

static const char *level_word(const struct event *event)
{
    bool warns = event->type == EVENT_SCRIPT_SPOKE &&
                 strcmp(event->script_spoke.remark.level, "WARNING") == 0;
    switch (event_level(event->type)) {
    case EVENT_LEVEL_ERROR: return "error";
    case EVENT_LEVEL_WARNING: return "warning";
    default: return warns ? "warning" : "info";
    }
}

struct log_entry moves_entry(const struct moves *moves, const struct core *core,
                             const struct event *event, const char *sentence, struct arena *arena)
{
    const struct telling telling = {moves, core, event, arena};
    return (struct log_entry){
        .at_ms = event->at_ms,
        .level = level_word(event),
        .fact = fact_word(event->type, arena),
        .rollout = rollout_text(&telling),
        .wave = value_text(&telling, "wave"),
        .target = target_text(&telling),
        .server = value_text(&telling, "server"),
        .worker = worker_text(&telling),
        .who = {value_text(&telling, "actor"), value_text(&telling, "reason")},
        .cause = value_text(&telling, "cause"),
        .sqlstate = value_text(&telling, "sqlstate"),
        .location = value_text(&telling, "location"),
        .sentence = sentence};
}
