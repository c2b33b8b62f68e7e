/* What is looked at again is deployed again: where nothing was lost that finds it done. */
#include "coordinator/core/decide/timeline.h"

#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/bounds.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/wave.h"

/* Whoever was heard from so lately is not asked: a short rollout has no job more. */
enum { HEARD_MS = 10000 };

/* Eight hexadecimal digits; what has another length is of another kind and is not compared. */
static bool is_later(const char *timeline, const char *than)
{
    return timeline[0] != '\0' && strlen(timeline) == strlen(than) && strcmp(timeline, than) > 0;
}

static const struct server *server_of(const struct step *step, uint32_t target)
{
    const struct rollout *rollout = &step->core->rollout;
    return &rollout->servers.items[rollout->targets[target].server];
}

/* One whose check is under way, or to come, is asked by that. */
static bool is_checked(const struct target *target)
{
    return target->check == CHECK_WANTED || target->check == CHECK_RUNNING ||
           target->check == CHECK_WAITING;
}

static bool is_doubtful(const struct step *step, uint32_t number)
{
    const struct target *target = &step->core->rollout.targets[number];
    bool over = target->state == TARGET_DEPLOYED || target->state == TARGET_UNCHANGED;
    return over && !is_checked(target) &&
           is_later(server_of(step, number)->timeline, target->timeline);
}

static bool is_under_way(const struct rollout *rollout)
{
    return rollout->state == ROLLOUT_DEPLOYING || rollout->state == ROLLOUT_PAUSED;
}

void timeline_doubt(struct step *step, uint32_t target)
{
    if (is_under_way(&step->core->rollout) && is_doubtful(step, target)) {
        emit(step, (struct event){.type = EVENT_TARGET_DOUBTED, .target_doubted = {target}});
    }
}

void timeline_heard(struct step *step, uint32_t target, const char *timeline)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct server *server = server_of(step, target);
    if (!is_later(timeline, server->timeline)) {
        return;
    }
    emit(step, (struct event){.type = EVENT_TIMELINE_MOVED,
                              .timeline_moved = {.server = rollout->targets[target].server,
                                                 .name = server->key,
                                                 .timeline = timeline}});
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].server == rollout->targets[target].server) {
            timeline_doubt(step, i);
        }
    }
}

/* Reckoned from when the first was asked: each is asked once, however long it takes to ask them all. */
static bool is_silent(const struct step *step, uint32_t number)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target *target = &rollout->targets[number];
    const struct server *server = server_of(step, number);
    uint64_t now_ms = rollout->asking_ms > 0 ? rollout->asking_ms : step->at_ms;
    return target->state == TARGET_DEPLOYED && !is_checked(target) && server->timeline[0] != '\0' &&
           now_ms > server->heard_ms + HEARD_MS && target_hold(step->core, number, false) == NULL;
}

/* Whether it is down for longer than a wave waits. One that is over its threshold is asked all the same. */
static bool is_overdue(const struct step *step, const struct server *server)
{
    return step->at_ms >= server->asking_ms + CORE_TIMELINE_PATIENCE_MS && server->down_ms != 0;
}

/* The wave is over without its answer. */
static void server_put_off(struct step *step, const struct server *server)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct failure *last =
        server->failure != INTERN_NONE
            ? &intern_failure_at(&rollout->intern, server->failure)->failure
            : NULL;
    struct failure failure =
        last != NULL ? *last : (struct failure){.cause = FAILURE_CAUSE_CONNECTION};
    failure.message =
        arena_printf(&step->output->arena, "%s; it is asked on until the rollout is over",
                     last != NULL ? last->message : "it cannot be reached");
    emit(step, (struct event){.type = EVENT_SERVER_UNSURE,
                              .server_unsure = {.target = server->witness,
                                                .name = server->key,
                                                .failure = failure,
                                                .open = true}});
}

static bool is_known(struct step *step, uint32_t target, bool last)
{
    const struct server *server = server_of(step, target);
    if (server->witness == NUMBER_NONE) {
        bool silent = is_silent(step, target);
        if (silent && step->core->rollout.state == ROLLOUT_DEPLOYING) {
            emit(step, (struct event){.type = EVENT_TARGET_ASKED, .target_asked = {target}});
        }
        return !silent;
    }
    if (!last && !server->unsure && is_overdue(step, server)) {
        server_put_off(step, server);
    }
    return !last && server->unsure;
}

static bool are_known(struct step *step, uint32_t first, uint32_t count, bool last)
{
    bool known = true;
    for (uint32_t i = first; i < first + count; i++) {
        bool this_known = is_known(step, step->core->rollout.wave_order[i], last);
        known = known && this_known;
    }
    return known;
}

bool wave_timelines_known(struct step *step, const struct wave *wave)
{
    return are_known(step, wave->first, wave->counts.targets, false);
}

bool rollout_timelines_known(struct step *step)
{
    return are_known(step, 0, step->core->rollout.placed, true);
}

bool wave_timelines_asked(const struct step *step, const struct wave *wave)
{
    bool asked = false;
    for (uint32_t i = 0; i < wave->counts.targets && !asked; i++) {
        asked = timeline_is_asked(step, step->core->rollout.wave_order[wave->first + i]);
    }
    return asked;
}

bool timeline_is_asked(const struct step *step, uint32_t target)
{
    return server_of(step, target)->witness == target;
}

void timeline_unsure(struct step *step, uint64_t job, uint32_t target,
                     const struct failure *failure)
{
    emit(step, (struct event){.type = EVENT_SERVER_UNSURE,
                              .server_unsure = {.job = job,
                                                .target = target,
                                                .name = server_of(step, target)->key,
                                                .failure = *failure}});
}

bool timeline_is_over(const struct step *step, uint32_t target, const char *timeline)
{
    return timeline[0] != '\0' && is_later(server_of(step, target)->timeline, timeline);
}
