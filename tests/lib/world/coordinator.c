/* The shell around the core, as coordinator/shell/pump.c is it: items gather in an inbox; a turn steps
 * the core with each, appends all events in one batch, and releases commands only when the append
 * is durable. A failed append ends the process. */
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/facts/state_walk.h"
#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/story.h"
#include "tests/lib/world/world.h"

enum { BACK_MS_MAX = 3000, CLOCK_SET_MEANWHILE = 700 /* permille */ };

/* ---- what the core asks ---- */

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    const struct world *world = context;
    error->code = ERROR_NONE;
    return !world->bundle_lost && strcmp(bundle, bundle_digest(world->bundle)) == 0 ? world->graph
                                                                                    : NULL;
}

uint64_t coordinator_clock_ms(const struct world *world)
{
    return world->now_ms + (uint64_t)world->coordinator.set_ms;
}

void coordinator_opening(const struct world *world, uint32_t window, uint64_t at_ms,
                         uint64_t *opens_ms, uint64_t *closes_ms)
{
    if (world->story != NULL && world->story->opening != NULL) {
        world->story->opening(world, window, at_ms, opens_ms, closes_ms);
    } else {
        opening_at(world, window, at_ms, opens_ms, closes_ms);
    }
}

/* An answer takes a random word, as an input does: seeds keep their worlds. */
static void opening(void *context, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms)
{
    struct world *world = context;
    (void)world_chance(world);
    coordinator_opening(world, window, at_ms, opens_ms, closes_ms);
}

/* The end of the rollout before is checked while the core still shows that one. */
static const char *rollout_id(void *context)
{
    struct world *world = context;
    coordinator_check(world);
    (void)world_chance(world);
    world->sights.rollbacks++;
    uint32_t last =
        world->last_rollout > world->rollouts_ended ? world->last_rollout : world->rollouts_ended;
    return arena_printf(&world->coordinator.output.arena, "r%u", last + 1);
}

static const struct rollout *rollout_recalled(void *context, const char *id)
{
    struct world *world = context;
    const struct core_ports none = {0};
    core_free(world->coordinator.recalled);
    world->coordinator.recalled = core_create(&none);
    batches_replay(world, world->coordinator.recalled, false, id);
    const struct rollout *rollout = core_rollout(world->coordinator.recalled);
    return strcmp(rollout->policy.rollout, id) == 0 ? rollout : NULL;
}

static struct core *core_make(struct world *world)
{
    const struct core_ports ports = {.context = world,
                                     .graph = graph,
                                     .opening = opening,
                                     .rollout_id = rollout_id,
                                     .rollout = rollout_recalled};
    return core_create(&ports);
}

/* The first line in which the two differ. */
static void difference_tell(struct world *world, const struct core *live,
                            const struct core *replayed)
{
    struct buffer expected = {0};
    struct buffer actual = {0};
    core_state_print(live, &expected);
    core_state_print(replayed, &actual);
    const char *left = buffer_text(&expected);
    const char *right = buffer_text(&actual);
    size_t at = 0;
    while (left[at] == right[at] && left[at] != '\0') {
        at++;
    }
    while (at > 0 && left[at - 1] != '\n') {
        at--;
    }
    check_fail(world, "replay equals live state", "live: %.*s; replayed: %.*s",
               (int)strcspn(left + at, "\n"), left + at, (int)strcspn(right + at, "\n"),
               right + at);
    buffer_free(&expected);
    buffer_free(&actual);
}

void coordinator_replay_check(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    if (!coordinator->up || world->swarm.mode == MODE_QUESTION) {
        return;
    }
    world->sights.replays++;
    struct core *replayed = core_make(world);
    batches_replay(world, replayed, false, NULL);
    bool stored = coordinator->appending && (coordinator->ambiguous || !coordinator->fails);
    for (size_t i = 0; !stored && i < coordinator->output.event_count; i++) {
        core_apply(replayed, &coordinator->output.events[i]);
    }
    if (!core_state_equal(coordinator->core, replayed)) {
        difference_tell(world, coordinator->core, replayed);
    }
    core_free(replayed);
}

void coordinator_check(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    while (coordinator->checked < coordinator->output.event_count) {
        const struct event *event = &coordinator->output.events[coordinator->checked++];
        world->check.set_ms = coordinator->set_ms;
        world->rollouts_ended += event->type == EVENT_ROLLOUT_FINISHED;
        check_event(world, event);
    }
}

/* ---- turning ---- */

static void inbox_clear(struct coordinator *coordinator)
{
    for (size_t i = 0; i < coordinator->inbox_count; i++) {
        free(coordinator->inbox[i].letter.running);
    }
    coordinator->inbox_count = 0;
}

static void deadline_plan(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    uint64_t deadline = core_deadline_ms(coordinator->core);
    if (deadline == UINT64_MAX || deadline == coordinator->deadline_ms) {
        return;
    }
    coordinator->deadline_ms = deadline;
    uint64_t clock_ms = coordinator_clock_ms(world);
    uint64_t delay = deadline > clock_ms ? deadline - clock_ms : 1;
    world_plan(world, delay, OCCURRENCE_TICK, coordinator->life, 0);
}

static void batch_release(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    for (size_t i = 0; i < coordinator->output.event_count; i++) {
        event_release(world, &coordinator->output.events[i]);
    }
    if (world->story != NULL && coordinator->output.complaint != NULL) {
        story_line(world, coordinator->output.complaint);
    }
    for (size_t i = 0; i < coordinator->output.command_count; i++) {
        command_release(world, &coordinator->output.commands[i]);
    }
    core_output_clear(&coordinator->output);
    coordinator->checked = 0;
    deadline_plan(world);
    if (world->replays) {
        coordinator_replay_check(world);
    }
}

void coordinator_append(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    const struct swarm *swarm = &world->swarm;
    if (coordinator->output.event_count == 0 || swarm->mode == MODE_QUESTION) {
        batch_release(world);
        return;
    }
    struct random *random = &world->random;
    bool trouble = !world->healed;
    coordinator->appending = true;
    coordinator->ambiguous = trouble && random_permille(random, swarm->append_ambiguous);
    coordinator->fails =
        coordinator->ambiguous || (trouble && random_permille(random, swarm->append_fails));
    if (coordinator->ambiguous || !coordinator->fails) {
        batches_write(world, &coordinator->output);
    }
    uint64_t delay = random_below(random, (uint64_t)swarm->append_ms + 1);
    delay *= trouble && random_permille(random, swarm->slow_append) ? 100 : 1;
    if (delay == 0 && !coordinator->fails) {
        coordinator->appending = false;
        batch_release(world);
    } else {
        world_plan(world, delay, OCCURRENCE_APPEND_DONE, coordinator->life, 0);
    }
}

void coordinator_append_done(struct world *world, uint32_t life)
{
    struct coordinator *coordinator = &world->coordinator;
    if (!coordinator->up || life != coordinator->life) {
        return;
    }
    if (coordinator->fails) {
        coordinator_die(world, coordinator->ambiguous ? "an append failed that was written"
                                                      : "an append failed");
        return;
    }
    coordinator->appending = false;
    batch_release(world);
    coordinator_turn(world);
}

/* Items pushed while the batch is stepped wait for the next one. */
void coordinator_turn(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    while (coordinator->up && !coordinator->appending && coordinator->inbox_count > 0 &&
           !world->check.failed) {
        for (size_t i = 0; i < coordinator->inbox_count; i++) {
            (void)input_feed(world, &coordinator->inbox[i]);
        }
        inbox_clear(coordinator);
        coordinator_append(world);
    }
}

void coordinator_push(struct world *world, const struct item *item)
{
    struct coordinator *coordinator = &world->coordinator;
    if (coordinator->inbox_count == coordinator->inbox_capacity) {
        coordinator->inbox_capacity =
            coordinator->inbox_capacity > 0 ? coordinator->inbox_capacity * 2 : 16;
        coordinator->inbox =
            memory_resize(coordinator->inbox, coordinator->inbox_capacity * sizeof *item);
    }
    coordinator->inbox[coordinator->inbox_count++] = *item;
}

void coordinator_tick(struct world *world, uint32_t life)
{
    struct coordinator *coordinator = &world->coordinator;
    if (!coordinator->up || life != coordinator->life) {
        return;
    }
    coordinator->deadline_ms = UINT64_MAX;
    coordinator_push(world, &(struct item){.kind = ITEM_TICK});
}

/* ---- life ---- */

/* Whether an inspection of the rollout is yet to say where the database stands. */
static bool database_is_unseen(const struct check *check, uint32_t database)
{
    uint32_t number = check->active ? check->database_targets[database] : NONE;
    return number == NONE || check->targets[number].state < TARGET_VALIDATED;
}

/* What was done by a rollout that the journal does not have, as it is an older copy, or by its own before it looked, was
 * done by somebody else. */
static void databases_disown(struct world *world)
{
    const struct check *check = &world->check;
    for (uint32_t i = 0; i < world->swarm.targets; i++) {
        uint32_t by = world->databases[i].rows.stepped_by;
        if (by > check->rollout ||
            (check->active && by == check->rollout && by > 0 && database_is_unseen(check, i))) {
            world->databases[i].foreign_ms = world->now_ms;
        }
    }
}

void coordinator_begin(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    if (coordinator->up) {
        return;
    }
    bool question = world->swarm.mode == MODE_QUESTION;
    coordinator->up = true;
    coordinator->life++;
    coordinator->epoch = ++world->journal.epoch;
    coordinator->deadline_ms = UINT64_MAX;
    coordinator->set_ms = world->set_ms;
    coordinator->core = core_make(world);
    check_begin(world);
    world->check.refolding = true;
    if (!question) {
        batches_replay(world, coordinator->core, true, NULL);
        world->rollouts_finished = coordinator->core->summary_count;
        databases_disown(world);
    }
    world->rollouts_ended = world->rollouts_finished;
    world->check.refolding = false;
    world->check.cause = NULL;
    bool alone = question || world->swarm.mode == MODE_EMBEDDED || coordinator->alone;
    world_trace(world, "the coordinator starts, epoch %llu, %llu events",
                (unsigned long long)coordinator->epoch, (unsigned long long)world->journal.count);
    uint64_t chance = world_chance(world);
    struct event_epoch_claimed epoch = {.epoch = coordinator->epoch, .alone = alone};
    if (world->story == NULL) {
        epoch.claim = chance;
        epoch.boot = (struct boot){1, world->start_ms + (uint64_t)world->set_ms};
    }
    core_resume(coordinator->core, &epoch, coordinator_clock_ms(world), &coordinator->output);
    coordinator_check(world);
    world->check.alone = false;
    coordinator_append(world);
    if (world->swarm.mode == MODE_EMBEDDED) {
        agent_start(world, 0);
    }
}

void coordinator_die(struct world *world, const char *why)
{
    struct coordinator *coordinator = &world->coordinator;
    if (!coordinator->up) {
        return;
    }
    world_trace(world, "the coordinator dies: %s", why);
    world->sights.crashes++;
    world->sights.batches_lost += coordinator->appending;
    if (random_permille(&world->random, 300)) {
        coordinator_replay_check(world);
    }
    coordinator_end(world);
    if (world->swarm.clock_every_ms > 0 && !world->healed &&
        random_permille(&world->random, CLOCK_SET_MEANWHILE)) {
        world_clock_set(world);
    }
    if (world->swarm.mode == MODE_EMBEDDED) {
        agent_die(world, 0, false);
    }
    link_break_all(world);
    world_plan(world, random_below(&world->random, BACK_MS_MAX), OCCURRENCE_COORDINATOR_STARTS, 0,
               0);
}

void coordinator_end(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    coordinator->up = false;
    coordinator->appending = false;
    inbox_clear(coordinator);
    core_output_clear(&coordinator->output);
    coordinator->checked = 0;
    core_free(coordinator->core);
    coordinator->core = NULL;
    memset(coordinator->sessions, 0, world->swarm.workers * sizeof *coordinator->sessions);
}

void coordinator_free(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    inbox_clear(coordinator);
    core_output_free(&coordinator->output);
    core_free(coordinator->core);
    core_free(coordinator->recalled);
    free(coordinator->inbox);
    batches_free(&world->journal);
}
