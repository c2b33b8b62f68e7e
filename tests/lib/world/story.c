/* The world without chance (story.h). */
#include "tests/lib/world/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/trace.h"

enum { DATABASES = 32, AGENTS = 8, TURNS_MAX = 1000000 };

/* ---- promises ---- */

static void promises_keep(const struct world *world)
{
    const struct check *check = &world->check;
    if (check->failed) {
        fprintf(stderr, "%s: %s\n---- trace\n%s", check->promise, check->detail,
                story_trace(world));
        abort();
    }
}

void story_event(struct world *world, const struct event *event)
{
    struct story *story = world->story;
    trace_event(event, world->start_ms, &story->trace);
    if (story->watch != NULL) {
        story->watch(world, event, story->watch_context);
    }
}

void story_command(struct world *world, const struct command *command)
{
    trace_command(command, &world->story->trace);
}

void story_line(struct world *world, const char *line)
{
    buffer_printf(&world->story->trace, "      %s\n", line);
}

/* ---- time ---- */

static void run_until(struct world *world, uint64_t end_ms)
{
    unsigned turns = 0;
    while (world->queue.count > 0 && world->queue.items[0].at_ms <= end_ms) {
        (void)world_turn(world);
        promises_keep(world);
        if (++turns > TURNS_MAX) {
            check_fail(world, "the world does not go round in circles", "%u turns", turns);
        }
    }
}

void story_run(struct world *world, uint64_t until_ms)
{
    uint64_t end_ms = world->start_ms + until_ms;
    run_until(world, end_ms);
    world->now_ms = world->now_ms < end_ms ? end_ms : world->now_ms;
}

/* Whatever happens at this very moment. */
static void settle(struct world *world)
{
    coordinator_turn(world);
    run_until(world, world->now_ms);
}

void story_pace(struct world *world, uint32_t work_ms)
{
    world->work_ms_min = world->swarm.work_ms = work_ms;
}

/* ---- databases ---- */

static struct route *way(struct world *world)
{
    uint32_t base = heads_number(world, (struct texts){NULL, 0});
    uint32_t number = route_plan(world, DIRECTION_UP, "head", base);
    return &world->routes[number];
}

/* Names of one host share a number. */
static uint32_t host_of(const struct world *world, const char *url)
{
    size_t length = strcspn(url, "/") + 2;
    length += length < strlen(url) ? strcspn(url + length, ":/") : 0;
    uint32_t host = 0;
    while (host < world->story->database_count &&
           strncmp(world->databases[host].url, url, length) != 0) {
        host++;
    }
    return host;
}

struct database *story_database(struct world *world, const char *name, const char *url, size_t at)
{
    uint32_t host = host_of(world, url);
    struct database *database = &world->databases[world->story->database_count++];
    database->name = name;
    database->url = url;
    database->host = host;
    database_place(database, way(world), at);
    database->rows.recorded = database->rows.applied;
    return database;
}

size_t story_at(struct world *world, uint32_t database)
{
    const struct route *whole = way(world);
    uint32_t heads = world->databases[database].rows.heads;
    size_t at = whole->plan.step_count;
    while (at > 0 && whole->after[at - 1] != heads) {
        at--;
    }
    return at > 0 || heads == whole->from ? at : SIZE_MAX;
}

void story_move(struct world *world, uint32_t database, size_t at)
{
    database_place(&world->databases[database], way(world), at);
    world->databases[database].foreign_ms = world->now_ms;
}

void story_lose(struct world *world, uint32_t database)
{
    static const char *const row[] = {"feedbeef"};
    story_move(world, database, 0);
    world->databases[database].rows.heads = heads_number(world, (struct texts){row, 1});
}

/* ---- workers ---- */

void story_connect(struct world *world, uint32_t agent)
{
    world->agents[agent].alive = true;
    link_open(world, agent);
    settle(world);
}

uint32_t story_worker(struct world *world, uint64_t instance, uint32_t credit)
{
    uint32_t number = world->story->agent_count++;
    world->agents[number] = (struct agent){.instance = instance, .credit = credit, .broken = true};
    story_connect(world, number);
    return number;
}

void story_disconnect(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    agent->broken = true;
    agent->link = LINK_NONE;
    link_session_noticed(world, number, agent->connection);
    settle(world);
}

void story_kill(struct world *world, uint32_t number)
{
    agent_die(world, number, true);
    settle(world);
}

const struct work *story_first(const struct world *world, uint32_t agent)
{
    struct ledger_entry *entry = world->agents[agent].ledger.entries;
    while (entry != NULL && entry->state != LEDGER_RUNNING) {
        entry = entry->hh.next;
    }
    return entry != NULL ? work_of(entry) : NULL;
}

void story_end(struct world *world, const struct work *work)
{
    work_step(world, work->slot, work->generation);
    settle(world);
}

/* ---- the coordinator ---- */

void story_crash(struct world *world, bool alone)
{
    story_line(world, "crash");
    coordinator_end(world);
    for (uint32_t i = 0; i < world->story->agent_count; i++) {
        world->agents[i].broken = true;
        world->agents[i].link = LINK_NONE;
        if (alone) {
            agent_die(world, i, false);
        }
    }
    world->coordinator.alone = alone;
    coordinator_begin(world);
    settle(world);
}

/* What the check is to know of who said it. */
static struct item item_of(struct world *world, const struct input *input)
{
    struct item item = {.kind = ITEM_LETTER};
    if (input->type == INPUT_RESULT) {
        const struct message_result *result = &input->result.message;
        item.instance = input->result.worker;
        item.letter =
            (struct letter){.kind = LETTER_RESULT,
                            .try = result->try,
                            .outcome = {.outcome = result->outcome,
                                        .heads = heads_number(world, result->rows.heads)}};
    }
    return item;
}

int story_input(struct world *world, struct input *input, struct error *error)
{
    struct item item = item_of(world, input);
    int result = input_step(world, input, &item, error);
    coordinator_append(world);
    promises_keep(world);
    return result;
}

int story_start(struct world *world, const struct core_start *start, struct error *error)
{
    struct input input = {.type = INPUT_START, .start = *start};
    return story_input(world, &input, error);
}

int story_steer(struct world *world, const struct message_control *control, struct error *error)
{
    struct input input = {.type = INPUT_CONTROL, .control = *control};
    return story_input(world, &input, error);
}

int story_control(struct world *world, enum control_verb verb)
{
    struct error error = {0};
    struct message_control control = {.verb = verb, .who = {"ann", "asked"}};
    return story_steer(world, &control, &error);
}

/* ---- life ---- */

struct world *story_create(void)
{
    struct world *world = memory_alloc(sizeof *world);
    world->swarm = (struct swarm){.targets = DATABASES,
                                  .workers = AGENTS,
                                  .servers = DATABASES,
                                  .hosts = DATABASES,
                                  .shape = SHAPE_OF_THREE};
    world->story = memory_alloc(sizeof *world->story);
    world->replays = true;
    world_init(world);
    story_pace(world, 10);
    for (uint32_t i = 0; i < DATABASES; i++) {
        world->servers[i].identity = i > 0 ? arena_printf(&world->arena, "s%u", i) : "";
        world->servers[i].up = true;
        world->databases[i] =
            (struct database){.name = "", .url = "", .rows.last = {.revision = NONE}, .lock = NONE};
    }
    coordinator_begin(world);
    return world;
}

void story_free(struct world *world)
{
    buffer_free(&world->story->trace);
    free(world->story);
    world_free(world);
    shapes_free();
}

struct core_start story_start_default(struct world *world, enum purpose purpose)
{
    size_t count = world->story->database_count;
    struct source_definition *sources = arena_array(&world->arena, count, sizeof *sources);
    for (size_t i = 0; i < count; i++) {
        sources[i] = (struct source_definition){.place.name = world->databases[i].name,
                                                .place.url = world->databases[i].url,
                                                .labels = world->databases[i].labels,
                                                .origin = "drover.yaml:1:1"};
    }
    return (struct core_start){.policy.rollout = "r1",
                               .policy.request.purpose = purpose,
                               .policy.request.direction = DIRECTION_UP,
                               .policy.request.spec = "head",
                               .policy.request.bundle =
                                   purpose >= PURPOSE_VALIDATE ? bundle_digest(world->bundle) : "",
                               .policy.request.actor = "ann",
                               .fleet.sources = {sources, count},
                               .policy.limits.concurrency = 64,
                               .policy.limits.per_server = 8,
                               .policy.limits.retry_attempts = 3,
                               .policy.limits.retry_backoff_min_ms = 1000,
                               .policy.limits.retry_backoff_max_ms = 60000,
                               .policy.timeouts.lock_timeout_ms = 2000,
                               .policy.timeouts.statement_timeout_ms = 60000,
                               .policy.timeouts.connect_timeout_ms = 10000};
}

/* ---- questions ---- */

const char *story_trace(const struct world *world)
{
    return buffer_text(&world->story->trace);
}

const char *story_state(const struct world *world)
{
    const struct rollout *rollout = core_rollout(world->coordinator.core);
    return rollout_state_word(rollout->state);
}

const char *story_target_state(const struct world *world, const char *name)
{
    const struct rollout *rollout = core_rollout(world->coordinator.core);
    for (size_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        if (strcmp(target->place.name, name) == 0) {
            return target_state_word(target->state);
        }
    }
    return "";
}
