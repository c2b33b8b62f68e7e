/* Rollback: a rollout of its own over what an earlier one changed, last wave first, each target
 * back to exactly the heads it had. The last rollout that changed something is kept for it, also
 * when others, which changed nothing (plans, validations), came after; earlier ones are recalled
 * from the journal.
 *
 * The way back is the way there, step by step in reverse. It is planned for each path once; a
 * target that was left in the middle (a rollout in transactions per revision, cancelled) goes back
 * from where its inspection finds it.
 */
#include "coordinator/core/decide/rollback.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/revision/plan.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/event.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/rollback.h"
#include "coordinator/core/facts/rollout.h"

enum { WAYS_TOLD = 3 };

const struct rollout *rollback_source(const struct core *core, const char *id)
{
    if (strcmp(core->rollout.policy.rollout, id) == 0) {
        return &core->rollout;
    }
    if (core->kept.state != ROLLOUT_NONE && strcmp(core->kept.policy.rollout, id) == 0) {
        return &core->kept;
    }
    return core->ports.rollout == NULL ? NULL : core->ports.rollout(core->ports.context, id);
}

int rollback_possible(const struct rollout *rollout, struct error *error)
{
    if (rollout->policy.request.purpose != PURPOSE_DEPLOY) {
        return error_set(error, ERROR_USAGE, "rollout %s changed nothing, it only looked",
                         rollout->policy.rollout);
    }
    if (rollout_is_rollback(rollout)) {
        (void)error_set(error, ERROR_USAGE,
                        "rollout %s is a rollback, and taking that back would go forward",
                        rollout->policy.rollout);
        return error_hint(error, rollout_is_active(rollout) ? "`drover cancel` ends it"
                                                            : "`drover upgrade` goes forward");
    }
    if (rollout->policy.request.direction == DIRECTION_STAMP) {
        (void)error_set(error, ERROR_USAGE, "a %s cannot be rolled back",
                        direction_word(rollout->policy.request.direction));
        return error_hint(error, "stamp the targets with the revisions they had");
    }
    if (!rollout_is_active(rollout) && !rollback_has_targets(rollout)) {
        return error_set(error, ERROR_FAILED, "rollout %s changed no target",
                         rollout->policy.rollout);
    }
    return 0;
}

struct texts steps_reversed(struct arena *arena, struct texts steps)
{
    const char **items = arena_array(arena, steps.count, sizeof *items);
    for (size_t i = 0; i < steps.count; i++) {
        const char *step = steps.items[steps.count - 1 - i];
        items[i] = arena_printf(arena, "%c%s", step[0] == '+' ? '-' : '+', step + 1);
    }
    return (struct texts){items, steps.count};
}

/* What the new rollout is made of; everything is copied, for its first event forgets the old. */
struct way_back {
    struct event_path_planned *paths;
    uint32_t *path_numbers; /* from 1, by path of the old rollout; 0: not used */
    uint32_t path_count;
    struct wave_definition *waves;
    uint32_t wave_count;
    struct event_target_added *targets;
    uint32_t target_count;
    struct throttle_definition *throttles;
    uint32_t throttle_count;
    struct event_rollout_started policy;
};

static uint32_t path_back(struct way_back *back, const struct rollout *rollout, uint32_t number,
                          struct arena *arena)
{
    if (back->path_numbers[number] == 0) {
        const struct path *path = &rollout->paths[number];
        const struct intern *intern = &rollout->intern;
        struct texts steps = intern_set_texts(intern, path->steps);
        back->paths[back->path_count] = (struct event_path_planned){
            .from = arena_texts(arena, intern_set_texts(intern, path->to)),
            .to = arena_texts(arena, intern_set_texts(intern, path->from)),
            .steps = steps_reversed(arena, steps)};
        back->path_numbers[number] = ++back->path_count;
    }
    return back->path_numbers[number];
}

static void target_back(struct way_back *back, const struct rollout *rollout, uint32_t number,
                        struct arena *arena)
{
    const struct target *target = &rollout->targets[number];
    if (target_goes_back(rollout, target)) {
        struct event_target_added *added = &back->targets[back->target_count++];
        *added = (struct event_target_added){
            .labels = arena_texts(arena, intern_set_texts(&rollout->intern, target->labels)),
            .path = path_back(back, rollout, target->path, arena),
            .origin = target->origin,
            .wave = back->wave_count + 1};
        layout_copy(target_place_layout(), arena, &target->place, &added->place);
    }
}

static void wave_back(struct way_back *back, const struct rollout *rollout, uint32_t number,
                      struct arena *arena)
{
    const struct wave *wave = &rollout->waves[number];
    uint32_t before = back->target_count;
    for (uint32_t i = 0; i < wave->counts.targets; i++) {
        target_back(back, rollout, rollout->wave_order[wave->first + i], arena);
    }
    if (back->target_count > before) {
        back->waves[back->wave_count++] =
            (struct wave_definition){.name = arena_text(arena, wave->definition.name)};
    }
}

static void waves_back(struct way_back *back, const struct rollout *rollout, struct arena *arena)
{
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        wave_back(back, rollout, rollout->wave_count - 1 - i, arena);
    }
}

/* Who begins the rollback, as which rollout, from which bundle. */
struct beginning {
    const char *id;
    const char *actor;
    const char *bundle;
};

static void policy_back(struct way_back *back, const struct rollout *rollout,
                        const struct beginning *beginning, struct arena *arena)
{
    struct event_rollout_started *policy = &back->policy;
    layout_copy(event_layout(EVENT_ROLLOUT_STARTED), arena, &rollout->policy, policy);
    bool up = policy->request.direction == DIRECTION_UP;
    policy->reverts = policy->rollout;
    policy->rollout = arena_text(arena, beginning->id);
    policy->request.purpose = PURPOSE_DEPLOY;
    policy->request.direction = up ? DIRECTION_DOWN : DIRECTION_UP;
    policy->request.spec = policy->reverts;
    policy->request.actor = arena_text(arena, beginning->actor);
    policy->request.bundle = arena_text(arena, beginning->bundle);
    policy->request.where = "";
    policy->request.plan = "";
    policy->request.until_wave = 0;
    policy->limits.on_failure = ON_FAILURE_PAUSE;
    policy->rediscover_ms = 0;
    policy->reason = "";
}

static void throttles_back(struct way_back *back, const struct rollout *rollout,
                           struct arena *arena)
{
    back->throttle_count = rollout->throttle_count;
    back->throttles = arena_array(arena, back->throttle_count, sizeof *back->throttles);
    for (uint32_t i = 0; i < rollout->throttle_count; i++) {
        layout_copy(throttle_definition_layout(), arena, &rollout->throttles[i].definition,
                    &back->throttles[i]);
    }
}

static void back_begin(struct step *step, const struct way_back *back)
{
    emit(step, (struct event){.type = EVENT_ROLLOUT_STARTED, .rollout_started = back->policy});
    for (uint32_t i = 0; i < back->wave_count; i++) {
        emit(step,
             (struct event){.type = EVENT_WAVE_DEFINED, .wave_defined = {.wave = back->waves[i]}});
    }
    for (uint32_t i = 0; i < back->throttle_count; i++) {
        emit(step, (struct event){.type = EVENT_THROTTLE_DEFINED,
                                  .throttle_defined = {.throttle = back->throttles[i]}});
    }
    for (uint32_t i = 0; i < back->path_count; i++) {
        emit(step, (struct event){.type = EVENT_PATH_PLANNED, .path_planned = back->paths[i]});
    }
    for (uint32_t i = 0; i < back->target_count; i++) {
        emit(step, (struct event){.type = EVENT_TARGET_ADDED, .target_added = back->targets[i]});
    }
}

static struct way_back way_back_make(const struct rollout *rollout, struct arena *arena)
{
    struct way_back back = {
        .paths = arena_array(arena, rollout->path_count, sizeof *back.paths),
        .path_numbers = arena_array(arena, rollout->path_count, sizeof *back.path_numbers),
        .waves = arena_array(arena, rollout->wave_count, sizeof *back.waves),
        .targets = arena_array(arena, rollout->target_count, sizeof *back.targets)};
    waves_back(&back, rollout, arena);
    return back;
}

static void rollback_start(struct step *step, const struct rollout *rollout,
                           const struct graph *graph, const struct beginning *beginning)
{
    struct arena *arena = &step->output->arena;
    struct way_back back = way_back_make(rollout, arena);
    for (uint32_t i = 0; i < back.path_count; i++) {
        back.paths[i].sharing = plan_steps_sharing(graph, back.paths[i].steps);
    }
    policy_back(&back, rollout, beginning, arena);
    throttles_back(&back, rollout, arena);
    back_begin(step, &back);
}

static void heads_append(struct texts heads, struct buffer *out)
{
    for (size_t i = 0; i < heads.count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", heads.items[i]);
    }
    if (heads.count == 0) {
        buffer_text_append(out, "<base>");
    }
}

const char *rollback_describe(const struct rollout *rollout, struct arena *arena, uint32_t *count)
{
    struct way_back back = way_back_make(rollout, arena);
    struct buffer text = {0};
    *count = back.target_count;
    buffer_printf(&text, "rollout %s (%s to %s, by %s): ", rollout->policy.rollout,
                  rollout_verb(rollout), rollout->policy.request.spec,
                  rollout->policy.request.actor);
    buffer_count(&text, back.target_count, "target");
    buffer_text_append(&text, back.wave_count > 1 ? ", last wave first" : "");
    for (uint32_t i = 0; i < back.path_count && i < WAYS_TOLD; i++) {
        uint32_t targets = 0;
        for (uint32_t k = 0; k < back.target_count; k++) {
            targets += back.targets[k].path == i + 1;
        }
        if (back.path_count > 1) {
            buffer_printf(&text, "%s %" PRIu32, i == 0 ? ":" : ",", targets);
        }
        buffer_text_append(&text, " from ");
        heads_append(back.paths[i].from, &text);
        buffer_text_append(&text, " to ");
        heads_append(back.paths[i].to, &text);
    }
    if (back.path_count > WAYS_TOLD) {
        buffer_printf(&text, ", and %" PRIu32 " ways more", back.path_count - WAYS_TOLD);
    }
    const char *told = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return told;
}

/* The graph of the bundle from which the rollback begins. */
static const struct graph *beginning_graph(const struct core *core, const struct rollout *rollout,
                                           const char *bundle, struct error *error)
{
    return bundle[0] == '\0' ? rollout_graph(core, rollout, error)
                             : core->ports.graph(core->ports.context, bundle, error);
}

int rollback_recalled(struct step *step, const struct rollout *rollout, const char *actor,
                      const char *bundle, struct error *error)
{
    const struct core_ports *ports = &step->core->ports;
    const struct graph *graph = beginning_graph(step->core, rollout, bundle, error);
    const char *id = graph == NULL ? NULL : ports->rollout_id(ports->context);
    if (id == NULL) {
        return graph == NULL ? -1 : error_set(error, ERROR_FAILED, "the rollback cannot begin");
    }
    rollback_start(step, rollout, graph, &(struct beginning){id, actor, bundle});
    return 0;
}

bool rollback_begin(struct step *step)
{
    const struct core *core = step->core;
    const struct rollout *rollout = rollback_wanted(core);
    struct error error = {0};
    if (rollout == NULL || core->rollout.state < ROLLOUT_SUCCEEDED ||
        !rollback_has_targets(rollout)) {
        return false;
    }
    const char *id = core->ports.rollout_id(core->ports.context);
    if (id == NULL) {
        return false;
    }
    const char *bundle = rollout->rollback_bundle[0] != '\0' ? rollout->rollback_bundle
                                                             : rollout->policy.request.bundle;
    const struct graph *graph = beginning_graph(core, rollout, rollout->rollback_bundle, &error);
    if (graph == NULL) {
        step->output->complaint =
            arena_printf(&step->output->arena, "the rollback cannot begin: %s", error.message);
        return false;
    }
    rollback_start(step, rollout, graph, &(struct beginning){id, rollout->rollback_actor, bundle});
    return true;
}

/* ---- where a target stands on the way back ---- */

/* The rest of the way after `done` of its steps. */
static uint32_t path_rest(struct step *step, const struct graph *graph, struct texts heads,
                          struct texts to, struct texts steps, size_t done)
{
    const struct rollout *rollout = &step->core->rollout;
    uint32_t number = rollout_path_same(rollout, heads, to);
    if (number == NUMBER_NONE) {
        number = rollout->path_count;
        steps = (struct texts){steps.items + done, steps.count - done};
        emit(step, (struct event){.type = EVENT_PATH_PLANNED,
                                  .path_planned = {.from = heads,
                                                   .to = to,
                                                   .steps = steps,
                                                   .sharing = plan_steps_sharing(graph, steps)}});
    }
    return number;
}

int rollback_path(struct step *step, uint32_t target, struct texts heads, uint32_t *number,
                  enum failure_cause *cause, struct error *error)
{
    const struct core *core = step->core;
    const struct rollout *rollout = &core->rollout;
    struct arena *arena = &step->output->arena;
    const struct path *path = &rollout->paths[rollout->targets[target].path];
    struct texts from = intern_set_texts(&rollout->intern, path->from);
    struct texts to = intern_set_texts(&rollout->intern, path->to);
    struct texts steps = intern_set_texts(&rollout->intern, path->steps);
    struct plan plan = {0};
    const struct graph *graph = rollout_graph(core, rollout, error);
    *cause = FAILURE_CAUSE_PATH;
    if (graph == NULL) {
        return -1;
    }
    if (texts_equal(heads, to)) {
        *number = path_rest(step, graph, heads, to, steps, steps.count);
        return 0;
    }
    if (plan_replay(graph, from, steps, arena, &plan, error) < 0) {
        return -1;
    }
    if (texts_equal(heads, from)) {
        *number = rollout->targets[target].path;
        return 0;
    }
    for (size_t i = 0; i < plan.step_count; i++) {
        if (texts_equal(heads, plan.steps[i].rows_after)) {
            *number = path_rest(step, graph, heads, to, steps, i + 1);
            return 0;
        }
    }
    *cause = FAILURE_CAUSE_MOVED;
    return error_set(error, ERROR_REVISION,
                     "somebody moved it since that rollout: it stands neither where that left it "
                     "nor between");
}
