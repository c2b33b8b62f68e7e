/* The core's words: how what arrives becomes an input, what becomes of commands and events, and
 * which facts the world takes note of. When the core learns a new input, command or event, this
 * file and the fold in check.c are where the simulator learns it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/vocabulary/limits.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/journal/journal.h"
#include "tests/lib/world/story.h"
#include "tests/lib/world/world.h"

/* ---- inputs ---- */

static void hello_make(struct input *input, const struct item *item, char *name, size_t size)
{
    const struct letter *letter = &item->letter;
    (void)snprintf(name, size, "w%llu", (unsigned long long)item->instance);
    input->type = INPUT_WORKER_JOINED;
    input->worker_joined.worker =
        (struct event_worker_joined){item->instance, name, letter->credit};
    input->worker_joined.running = letter->running;
    input->worker_joined.running_count = letter->running_count;
}

/* What a discovery finds: every database from the first discovered one on, of its source. */
static struct found_target *found_make(struct world *world, uint32_t source, struct arena *arena,
                                       size_t *count)
{
    uint32_t discovered =
        (uint32_t)((uint64_t)world->swarm.targets * world->swarm.discovered / 1000);
    struct found_target *found = arena_array(arena, discovered, sizeof *found);
    *count = 0;
    for (uint32_t i = world->swarm.targets - discovered; i < world->swarm.targets; i++) {
        bool born = world->healed || world->databases[i].born_ms <= world->now_ms;
        if (born && i % 2 == source % 2) {
            found[(*count)++] = (struct found_target){.place.name = world->databases[i].name,
                                                      .place.url = world->databases[i].url};
        }
    }
    return found;
}

static void result_make(struct world *world, struct input *input, const struct item *item,
                        struct arena *arena)
{
    const struct letter *letter = &item->letter;
    const struct outcome *outcome = &letter->outcome;
    input->type = INPUT_RESULT;
    input->result.worker = item->instance;
    struct message_result *result = &input->result.message;
    *result = (struct message_result){.try = letter->try,
                                      .outcome = outcome->outcome,
                                      .failure = {.cause = outcome->cause,
                                                  .sqlstate = outcome->sqlstate,
                                                  .message = "no",
                                                  .location = outcome->location},
                                      .seen.server.timeline = "1"};
    if (world->story == NULL) { /* which tells none that is compared */
        result->seen.server.timeline =
            outcome->timeline > 0 ? arena_printf(arena, "%08X", outcome->timeline) : "";
    }
    if (outcome->heads != NONE) {
        result->rows.heads = world->heads[outcome->heads];
        result->rows.heads_known = true;
    }
    if (outcome->server != NONE) {
        result->seen.server.server_identity = world->servers[outcome->server].identity;
        result->seen.reading.unrecorded.seen = outcome->seen;
        result->seen.reading.unrecorded.gone = outcome->gone;
    }
    result->elapsed_ms = outcome->elapsed_ms;
    if (letter->job_kind == JOB_PROBE) {
        const char **values = arena_array(arena, 1, sizeof *values);
        values[0] = outcome->value;
        result->values = (struct texts){values, 1};
        world->sights.probed++;
    }
    if (letter->job_kind == JOB_DISCOVER && outcome->outcome == JOB_OUTCOME_DONE) {
        result->found.items = world->found;
        result->found.count = world->found_count;
        if (world->found == NULL) {
            result->found.items = found_make(world, letter->subject, arena, &result->found.count);
        }
    }
}

static void letter_make(struct world *world, struct input *input, const struct item *item,
                        struct arena *arena)
{
    switch (item->letter.kind) {
    case LETTER_HELLO: hello_make(input, item, arena_alloc(arena, 32), 32); break;
    case LETTER_RESULT: result_make(world, input, item, arena); break;
    default:
        input->type = INPUT_WORKER_CREDIT;
        input->worker_credit.instance = item->instance;
        input->worker_credit.credit = item->letter.credit;
    }
}

static void control_make(struct world *world, struct input *input, const struct verb *verb,
                         struct arena *arena)
{
    const struct rollout *rollout = core_rollout(world->coordinator.core);
    bool sets = verb->verb == CONTROL_SET;
    input->type = INPUT_CONTROL;
    input->control = (struct message_control){
        .verb = verb->verb,
        .who = {"ann", "asked"},
        .scope = scope_text(verb, arena),
        .now = verb->now,
        .digest = verb->misread ? "000000000000" : arena_printf(arena, "%.12s", rollout->digest),
        .limits = sets ? (struct limit_changes){.concurrency = verb->concurrency,
                                                .per_server = verb->per_server,
                                                .failures = {verb->failures, 0}}
                       : limits_kept()};
}

static void input_make(struct world *world, struct input *input, const struct item *item,
                       struct arena *arena)
{
    switch (item->kind) {
    case ITEM_LETTER: letter_make(world, input, item, arena); break;
    case ITEM_LEFT:
        input->type = INPUT_WORKER_LEFT;
        input->worker_left.instance = item->instance;
        break;
    case ITEM_TICK: input->type = INPUT_TICK; break;
    case ITEM_CONTROL: control_make(world, input, &item->verb, arena); break;
    case ITEM_START:
        input->type = INPUT_START;
        input->start = operator_start_make(world, world->last_rollout + 1, arena);
        break;
    }
}

/* Before anything else is decided by a clock that was set. */
static void clock_tell(struct world *world)
{
    struct coordinator *coordinator = &world->coordinator;
    if (coordinator->set_ms == world->set_ms) {
        return;
    }
    struct error error = {0};
    struct input input = {.type = INPUT_CLOCK_SET,
                          .clock_set = {.was_ms = coordinator_clock_ms(world)}};
    coordinator->set_ms = world->set_ms;
    (void)input_step(world, &input, NULL, &error);
}

int input_step(struct world *world, struct input *input, const struct item *cause,
               struct error *error)
{
    struct coordinator *coordinator = &world->coordinator;
    clock_tell(world);
    input->at_ms = coordinator_clock_ms(world);
    input->chance = world_chance(world);
    world->check.cause = cause;
    int result = core_step(coordinator->core, input, &coordinator->output, error);
    coordinator_check(world);
    world->check.cause = NULL;
    return result;
}

void input_feed(struct world *world, const struct item *item)
{
    struct arena arena = {0};
    struct error error = {0};
    struct input input = {0};
    input_make(world, &input, item, &arena);
    if (input_step(world, &input, item, &error) != 0) {
        world_trace(world, "refused: %s", error.message);
    }
    arena_free(&arena);
}

/* ---- commands ---- */

static uint32_t agent_of(const struct world *world, uint64_t instance)
{
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        if (world->coordinator.sessions[i] != 0 &&
            world->coordinator.session_instances[i] == instance) {
            return i;
        }
    }
    return NONE;
}

static struct letter job_letter(struct world *world, const struct message_job *job)
{
    bool deploys = job->kind == JOB_DEPLOY;
    bool stamps = deploys && job->direction == DIRECTION_STAMP;
    bool apart = job->transaction == TRANSACTION_REVISION;
    return (struct letter){
        .kind = LETTER_JOB,
        .try = job->try,
        .job_kind = job->kind,
        .subject = job->kind == JOB_DISCOVER ? (uint32_t)strtoul(job->place.name + 1, NULL, 10)
                                             : database_number(world, job->place.name),
        .route = deploys && !stamps ? route_number(world, job->from, job->steps, apart) : NONE,
        .stamp = stamps ? heads_number(world, job->to) : NONE,
        .rollout = (uint32_t)strtoul(job->rollout + 1, NULL, 10),
        .losses = world->journal.losses,
        .wants_bundle = job->bundle[0] != '\0',
    };
}

static bool hello_waits(const struct world *world, uint32_t agent)
{
    const struct coordinator *coordinator = &world->coordinator;
    for (size_t i = 0; i < coordinator->inbox_count; i++) {
        const struct item *item = &coordinator->inbox[i];
        if (item->kind == ITEM_LETTER && item->letter.kind == LETTER_HELLO &&
            item->letter.agent == agent) {
            return true;
        }
    }
    return false;
}

void command_release(struct world *world, const struct command *command)
{
    if (world->story != NULL) {
        story_command(world, command);
    }
    check_command(world, command);
    uint32_t agent = agent_of(world, command->worker);
    if (agent == NONE || (command->type == COMMAND_SEND_JOB && hello_waits(world, agent))) {
        return; /* its WORKER_LEFT is in the inbox, or its next HELLO */
    }
    struct letter letter = {.kind =
                                command->type == COMMAND_CANCEL_JOB ? LETTER_CANCEL : LETTER_ACK,
                            .try.key = command->key};
    if (command->type == COMMAND_SEND_JOB) {
        letter = job_letter(world, &command->job);
    }
    letter.agent = agent;
    letter.connection = world->coordinator.sessions[agent];
    link_send_down(world, &letter);
}

/* ---- events ---- */

void event_release(struct world *world, const struct event *event)
{
    if (world->story != NULL) {
        story_event(world, event);
    }
    if (world->tracing) {
        struct buffer line = {0};
        event_print(event, &line);
        world_trace(world, "%s", buffer_text(&line));
        buffer_free(&line);
    }
    if (event->type == EVENT_ROLLOUT_FINISHED) {
        enum rollout_state state = event->rollout_finished.state;
        world->rollouts_finished++;
        world->sights.succeeded += state == ROLLOUT_SUCCEEDED;
        world->sights.failed += state == ROLLOUT_FAILED;
        world->sights.refused += state == ROLLOUT_REFUSED;
        world->sights.cancelled += state == ROLLOUT_CANCELLED;
    }
}
