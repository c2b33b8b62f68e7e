/* The pretend world; see harness.h. */
#include "tests/core/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const revisions[] = {"a1", "b2", "c3"};

uint64_t world_random(struct world *world, uint64_t below)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return below > 0 ? world->random % below : 0;
}

static _Noreturn void world_abort(struct world *world, const char *why)
{
    fprintf(stderr, "%s\n---- trace\n%s", why, buffer_text(&world->trace));
    abort();
}

/* ---- what the core asks ---- */

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    const struct world *world = context;
    error->code = ERROR_NONE;
    return world->bundle_lost || strcmp(bundle, bundle_digest(world->bundle)) != 0
               ? NULL
               : bundle_graph(world->bundle);
}

static void opening(void *context, uint32_t number, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms)
{
    const struct world *world = context;
    const struct pretend_window *window = &world->windows[number];
    *opens_ms = world->start_ms + window->first_ms;
    while (*opens_ms + window->for_ms <= at_ms) {
        *opens_ms += window->every_ms;
    }
    *closes_ms = *opens_ms + window->for_ms;
}

static const char *rollout_id(void *context)
{
    struct world *world = context;
    return arena_printf(&world->arena, "back%u", ++world->rollbacks);
}

/* ---- the journal ---- */

static struct core *world_replay(struct world *world)
{
    const struct core_ports ports = {
        .context = world, .graph = graph, .opening = opening, .rollout_id = rollout_id};
    struct core *core = core_create(&ports);
    for (size_t i = 0; i < world->event_count; i++) {
        core_apply(core, &world->events[i]);
    }
    return core;
}

/* Replay equals live state. */
static void replay_check(struct world *world)
{
    struct core *replayed = world_replay(world);
    struct buffer expected = {0};
    struct buffer actual = {0};
    core_state_print(world->core, &expected);
    core_state_print(replayed, &actual);
    if (strcmp(buffer_text(&expected), buffer_text(&actual)) != 0) {
        fprintf(stderr, "---- live\n%s---- replayed\n%s", buffer_text(&expected),
                buffer_text(&actual));
        world_abort(world, "the replay differs from the live state");
    }
    buffer_free(&expected);
    buffer_free(&actual);
    core_free(replayed);
}

/* ---- connections ---- */

static struct message *message_add(struct world *world, const struct pretend_worker *worker)
{
    if (world->message_count == WORLD_MESSAGES) {
        world_abort(world, "too many messages");
    }
    struct message *message = &world->messages[world->message_count++];
    *message = (struct message){.at_ms = world->now_ms + world_random(world, world->delay_max_ms),
                                .order = ++world->message_order,
                                .worker = (size_t)(worker - world->workers),
                                .connection = worker->connection};
    /* a connection keeps the order of what is sent on it */
    for (size_t i = 0; i + 1 < world->message_count; i++) {
        if (world->messages[i].worker == message->worker &&
            world->messages[i].at_ms > message->at_ms) {
            message->at_ms = world->messages[i].at_ms;
        }
    }
    return message;
}

static void output_release(struct world *world)
{
    if (world->output.complaint != NULL) {
        buffer_printf(&world->trace, "      %s\n", world->output.complaint);
    }
    for (size_t i = 0; i < world->output.command_count; i++) {
        const struct command *command = &world->output.commands[i];
        trace_command(command, &world->trace);
        for (size_t j = 0; j < world->worker_count; j++) {
            if (world->workers[j].instance == command->worker && world->workers[j].connected) {
                struct message *message = message_add(world, &world->workers[j]);
                message->command = *command;
                struct core_job *job = &message->command.job;
                job->target = arena_text(&world->arena, job->target);
                job->from = arena_texts(&world->arena, job->from);
                job->steps = arena_texts(&world->arena, job->steps);
                job->to = arena_texts(&world->arena, job->to);
            }
        }
    }
    core_output_clear(&world->output);
}

/* Events become durable, then commands are released. */
static void output_flush(struct world *world)
{
    for (size_t i = 0; i < world->output.event_count; i++) {
        const struct event *event = &world->output.events[i];
        if (world->event_count == world->event_capacity) {
            world->event_capacity = world->event_capacity > 0 ? world->event_capacity * 2 : 64;
            world->events =
                memory_resize(world->events, world->event_capacity * sizeof *world->events);
        }
        event_copy(&world->arena, event, &world->events[world->event_count++]);
        trace_event(event, world->start_ms, &world->trace);
        if (world->watch != NULL) {
            world->watch(world, event, world->watch_context);
        }
    }
    output_release(world);
    replay_check(world);
}

int world_steer(struct world *world, const struct core_control *control, struct error *error)
{
    struct input input = {.type = INPUT_CONTROL, .control = *control};
    return world_input(world, &input, error);
}

int world_input(struct world *world, struct input *input, struct error *error)
{
    input->at_ms = world->now_ms;
    input->chance = world->random;
    int result = core_step(world->core, input, &world->output, error);
    if (world_random(world, 100) < world->crash_percent) {
        world_crash(world, false);
        return 0;
    }
    output_flush(world);
    return result;
}

static void input_feed(struct world *world, struct input *input)
{
    struct error error = {0};
    if (world_input(world, input, &error) < 0) {
        world_abort(world, error.message);
    }
}

/* ---- workers ---- */

struct pretend_worker *world_worker(struct world *world, uint64_t instance, uint32_t window)
{
    struct pretend_worker *worker = &world->workers[world->worker_count++];
    *worker = (struct pretend_worker){.instance = instance, .window = window, .alive = true};
    world_connect(world, worker);
    return worker;
}

static void result_send(struct world *world, struct pretend_worker *worker,
                        const struct core_result *result)
{
    for (unsigned i = 0; i < 1 + (world_random(world, 100) < world->twice_percent); i++) {
        struct message *message = message_add(world, worker);
        message->upward = true;
        message->result = *result;
    }
}

void world_connect(struct world *world, struct pretend_worker *worker)
{
    char name[32];
    (void)snprintf(name, sizeof name, "w%llu", (unsigned long long)worker->instance);
    struct core_running running[WORLD_HAND];
    for (size_t i = 0; i < worker->hand_count; i++) {
        const struct core_job *job = &worker->hand[i].job;
        running[i] = (struct core_running){job->job, job->epoch, job->attempt};
    }
    worker->connected = true;
    worker->connection++;
    struct input input = {.type = INPUT_WORKER_JOINED,
                          .worker_joined = {.instance = worker->instance,
                                            .name = name,
                                            .window = worker->window,
                                            .running = running,
                                            .running_count = worker->hand_count}};
    input_feed(world, &input);
    for (size_t i = 0; i < worker->hand_count; i++) {
        if (worker->hand[i].ended) {
            result_send(world, worker, &worker->hand[i].result);
        }
    }
}

void world_disconnect(struct world *world, struct pretend_worker *worker, bool noticed)
{
    worker->connected = false;
    worker->connection++;
    if (noticed) {
        struct input input = {.type = INPUT_WORKER_LEFT, .worker_left = {worker->instance}};
        input_feed(world, &input);
    }
}

void world_kill(struct world *world, struct pretend_worker *worker)
{
    worker->alive = false;
    worker->hand_count = 0;
    world_disconnect(world, worker, true);
}

static void hand_drop(struct pretend_worker *worker, size_t position)
{
    worker->hand_count--;
    memmove(&worker->hand[position], &worker->hand[position + 1],
            (worker->hand_count - position) * sizeof worker->hand[0]);
}

static void command_arrives(struct world *world, struct pretend_worker *worker,
                            const struct command *command)
{
    if (command->type == COMMAND_SEND_JOB) {
        if (worker->hand_count == WORLD_HAND) {
            world_abort(world, "the worker got more jobs than it asked for");
        }
        uint64_t spread = world->duration_max_ms - world->duration_min_ms;
        worker->hand[worker->hand_count++] = (struct held_job){
            .job = command->job,
            .ends_ms = world->now_ms + world->duration_min_ms + world_random(world, spread + 1)};
        return;
    }
    for (size_t i = 0; i < worker->hand_count; i++) {
        struct held_job *held = &worker->hand[i];
        if (held->job.job != command->job_id || held->job.epoch != command->epoch) {
            continue;
        }
        if (command->type == COMMAND_CANCEL_JOB && !held->ended) {
            held->cancelled = true;
            held->ends_ms = world->now_ms;
        } else if (command->type == COMMAND_ACK_RESULT && held->ended) {
            hand_drop(worker, i);
        }
        return;
    }
}

/* ---- databases ---- */

struct database *world_database(struct world *world, const char *name, const char *url, int at)
{
    struct database *database = &world->databases[world->database_count++];
    *database = (struct database){.name = name, .url = url, .identity = "", .at = at};
    return database;
}

static struct texts heads_of(struct world *world, int at)
{
    const char **items = arena_array(&world->arena, 1, sizeof *items);
    items[0] = at > 0 ? revisions[at - 1] : "";
    return (struct texts){items, at > 0};
}

static struct database *database_of(struct world *world, const char *name)
{
    for (size_t i = 0; i < world->database_count; i++) {
        if (strcmp(world->databases[i].name, name) == 0) {
            return &world->databases[i];
        }
    }
    return NULL;
}

static const struct texts lost_row = {(const char *const[]){"feedbeef"}, 1};

/* How many revisions these rows mean; rows that nobody knows mean none. */
static int place_of(struct texts rows)
{
    int place = 0;
    for (int i = 0; i < 3 && rows.count > 0; i++) {
        place = strcmp(rows.items[0], revisions[i]) == 0 ? i + 1 : place;
    }
    return place;
}

/* The target's own transaction decides. */
static void database_deploy(struct world *world, struct database *database,
                            const struct core_job *job, struct core_result *result)
{
    int from = place_of(job->from);
    int to = from;
    for (size_t i = 0; i < job->steps.count; i++) {
        to += job->steps.items[i][0] == '+' ? 1 : -1;
    }
    to = job->direction == DIRECTION_STAMP ? place_of(job->to) : to;
    if (database->at == to) {
        result->outcome = JOB_OUTCOME_ALREADY;
    } else if (database->at == from) {
        database->at = to;
        database->lost = false;
        database->commits++;
    } else {
        result->outcome = JOB_OUTCOME_FAILED;
        result->cause = FAILURE_CAUSE_MOVED;
    }
    result->heads = heads_of(world, database->at);
}

static void job_ends(struct world *world, struct pretend_worker *worker, struct held_job *held)
{
    const struct core_job *job = &held->job;
    struct core_result *result = &held->result;
    *result = (struct core_result){.worker = worker->instance,
                                   .job = job->job,
                                   .epoch = job->epoch,
                                   .attempt = job->attempt,
                                   .outcome = JOB_OUTCOME_DONE,
                                   .sqlstate = "",
                                   .message = "",
                                   .server_identity = "",
                                   .timeline = "1"};
    held->ended = true;
    struct database *database = database_of(world, job->target);
    if (held->cancelled) {
        result->outcome = JOB_OUTCOME_CANCELLED;
    } else if (database != NULL && database->faults > 0 && database->fault_kind == job->kind) {
        database->faults -= database->faults != UINT32_MAX;
        result->outcome = JOB_OUTCOME_FAILED;
        result->cause = database->cause;
        result->sqlstate = database->sqlstate;
        result->message = "no";
        result->location = database->location;
    } else if (job->kind == JOB_DISCOVER) {
        result->found = world->found;
        result->found_count = world->found_count;
    } else if (job->kind == JOB_PROBE) {
        const char **values = arena_array(&world->arena, 1, sizeof *values);
        values[0] = world->probe_value != NULL ? world->probe_value : "0";
        result->values = (struct texts){values, 1};
        world->probes++;
    } else if (database == NULL) {
        world_abort(world, "a job for a database that nobody has");
    } else if (job->kind == JOB_INSPECT) {
        result->heads =
            database->lost ? arena_texts(&world->arena, lost_row) : heads_of(world, database->at);
        result->heads_known = true;
        result->seen = database->seen;
        result->server_identity = database->identity;
    } else if (job->kind == JOB_DEPLOY) {
        result->elapsed_ms = world->duration_min_ms;
        result->heads_known = true;
        database_deploy(world, database, job, result);
    }
    if (worker->connected) {
        result_send(world, worker, result);
    }
}

/* ---- time ---- */

static struct message *message_next(struct world *world)
{
    struct message *next = NULL;
    for (size_t i = 0; i < world->message_count; i++) {
        struct message *message = &world->messages[i];
        if (next == NULL || message->at_ms < next->at_ms ||
            (message->at_ms == next->at_ms && message->order < next->order)) {
            next = message;
        }
    }
    return next;
}

static struct held_job *ending_next(struct world *world, struct pretend_worker **worker)
{
    struct held_job *next = NULL;
    for (size_t i = 0; i < world->worker_count; i++) {
        for (size_t j = 0; j < world->workers[i].hand_count; j++) {
            struct held_job *held = &world->workers[i].hand[j];
            if (!held->ended && (next == NULL || held->ends_ms < next->ends_ms)) {
                next = held;
                *worker = &world->workers[i];
            }
        }
    }
    return next;
}

static void message_arrives(struct world *world, const struct message *message)
{
    struct pretend_worker *worker = &world->workers[message->worker];
    if (!worker->connected || worker->connection != message->connection) {
        return;
    }
    if (message->upward) {
        struct input input = {.type = INPUT_RESULT, .result = message->result};
        input_feed(world, &input);
    } else {
        command_arrives(world, worker, &message->command);
    }
}

/* Lets the next thing happen; false when nothing will before `until_ms`. */
static bool world_turn(struct world *world, uint64_t until_ms)
{
    struct pretend_worker *worker = NULL;
    struct message *message = message_next(world);
    struct held_job *ending = ending_next(world, &worker);
    uint64_t message_ms = message != NULL ? message->at_ms : UINT64_MAX;
    uint64_t ending_ms = ending != NULL ? ending->ends_ms : UINT64_MAX;
    uint64_t tick_ms = core_deadline_ms(world->core);
    uint64_t next_ms = message_ms < ending_ms ? message_ms : ending_ms;
    next_ms = tick_ms < next_ms ? tick_ms : next_ms;
    if (next_ms == UINT64_MAX || next_ms > until_ms) {
        return false;
    }
    world->now_ms = next_ms > world->now_ms ? next_ms : world->now_ms;
    if (message_ms == next_ms) {
        struct message copy = *message;
        world->message_count--;
        *message = world->messages[world->message_count];
        message_arrives(world, &copy);
    } else if (ending_ms == next_ms) {
        job_ends(world, worker, ending);
    } else {
        struct input input = {.type = INPUT_TICK};
        input_feed(world, &input);
    }
    return true;
}

void world_run(struct world *world, uint64_t until_ms)
{
    uint64_t end_ms = world->start_ms + until_ms;
    for (unsigned turns = 0; world_turn(world, end_ms); turns++) {
        if (turns > 100000) {
            world_abort(world, "the world goes round in circles");
        }
    }
    if (world->now_ms < end_ms && until_ms != UINT32_MAX) {
        world->now_ms = end_ms;
    }
}

/* ---- the coordinator ---- */

static void coordinator_begin(struct world *world, bool alone)
{
    world->epoch++;
    core_resume(world->core, world->epoch, alone, world->now_ms, world->random, &world->output);
    output_flush(world);
}

void world_crash(struct world *world, bool alone)
{
    buffer_text_append(&world->trace, "      crash\n");
    core_output_clear(&world->output);
    core_free(world->core);
    world->core = world_replay(world);
    for (size_t i = 0; i < world->worker_count; i++) {
        struct pretend_worker *worker = &world->workers[i];
        worker->connected = false;
        worker->connection++;
        if (alone) {
            worker->alive = false;
            worker->hand_count = 0;
        }
    }
    coordinator_begin(world, alone);
}

struct world *world_create(uint64_t seed)
{
    struct world *world = memory_alloc(sizeof *world);
    world->random = seed * 2654435761u + 88172645463325252u;
    world->start_ms = 1700000000000u;
    world->now_ms = world->start_ms;
    world->duration_min_ms = 10;
    world->duration_max_ms = 10;
    struct bundle_file files[3];
    for (size_t i = 0; i < 3; i++) {
        files[i].name = arena_printf(&world->arena, "%zu_%s.sql", i, revisions[i]);
        files[i].content = arena_printf(
            &world->arena,
            "-- step\n--\n-- Revision ID: %s\n-- Revises: %s\n-- Create Date: 2024-01-01 "
            "00:00:00\n\n-- migrate:up\nCREATE TABLE %s ();\n\n-- migrate:down\nDROP TABLE %s;\n",
            revisions[i], i > 0 ? revisions[i - 1] : "", revisions[i], revisions[i]);
        files[i].length = strlen(files[i].content);
    }
    struct diagnostics diagnostics = {0};
    world->bundle = bundle_build(files, 3, "", &diagnostics);
    if (diagnostics.error_count > 0) {
        fprintf(stderr, "%s\n", diagnostics.first->message);
        abort();
    }
    diagnostics_free(&diagnostics);
    world->core = world_replay(world);
    coordinator_begin(world, false);
    return world;
}

void world_free(struct world *world)
{
    core_free(world->core);
    core_output_free(&world->output);
    bundle_free(world->bundle);
    buffer_free(&world->trace);
    free(world->events);
    arena_free(&world->arena);
    free(world);
}

struct core_start world_start_default(struct world *world, enum purpose purpose)
{
    struct core_source *sources =
        arena_array(&world->arena, world->database_count, sizeof *sources);
    for (size_t i = 0; i < world->database_count; i++) {
        sources[i] = (struct core_source){.name = world->databases[i].name,
                                          .url = world->databases[i].url,
                                          .schema = "",
                                          .password = "",
                                          .databases = "",
                                          .schemas = "",
                                          .query = "",
                                          .origin = "drover.yaml:1:1"};
    }
    return (struct core_start){.rollout = "r1",
                               .purpose = purpose,
                               .direction = DIRECTION_UP,
                               .spec = "head",
                               .bundle =
                                   purpose >= PURPOSE_VALIDATE ? bundle_digest(world->bundle) : "",
                               .actor = "ann",
                               .version_schema = "",
                               .version_table = "",
                               .sources = sources,
                               .source_count = world->database_count,
                               .concurrency = 64,
                               .per_server = 8,
                               .retry_attempts = 3,
                               .retry_backoff_min_ms = 1000,
                               .retry_backoff_max_ms = 60000,
                               .lock_timeout_ms = 2000,
                               .statement_timeout_ms = 60000,
                               .connect_timeout_ms = 10000,
                               .where = "",
                               .plan = ""};
}

int world_start(struct world *world, const struct core_start *start, struct error *error)
{
    struct input input = {.type = INPUT_START, .start = *start};
    return world_input(world, &input, error);
}

int world_control(struct world *world, enum control_verb verb)
{
    struct error error = {0};
    struct input input = {.type = INPUT_CONTROL,
                          .control = {.verb = verb, .actor = "ann", .reason = "asked"}};
    return world_input(world, &input, &error);
}

const char *world_state(const struct world *world)
{
    struct core_rollout_view view;
    core_rollout_view(world->core, &view);
    return rollout_state_word(view.state);
}

const char *world_target_state(const struct world *world, const char *name)
{
    struct core_rollout_view rollout;
    core_rollout_view(world->core, &rollout);
    for (size_t i = 0; i < rollout.target_count; i++) {
        struct core_target_view target;
        core_target_view(world->core, i, &target);
        if (strcmp(target.name, name) == 0) {
            return target_state_word(target.state);
        }
    }
    return "";
}
