/* What the core alone costs: memory and time per target at three sizes, with pretend workers in
 * this process that answer at once. Both must grow linearly, memory stay under 1 KiB per target.
 *
 * The fleet is that of fleet.h. Time covers a whole rollout (start, inspections, gate, three waves
 * of deploys), in steps of one input each, and separately the replay of its journal. The pretend
 * workers' own work (a queue) is in the numbers, the copies of events that stand for the journal
 * are not.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/fleet.h"
#include "common/base/array.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/state_walk.h"
#include "coordinator/core/view/view.h"

struct bench {
    struct fleet fleet;
    struct arena journal; /* copies of events, for the replay */
    struct event *events;
    size_t event_count;
    size_t event_capacity;
    double journal_seconds;
    double start_seconds;    /* of the step that takes the fleet in */
    double step_seconds_max; /* of those that take a result; the gate's is the longest */
};

/* What the shell does with an output: the journal keeps the events, the workers get the jobs. */
static void output_take(struct bench *bench)
{
    double began = fleet_seconds(CLOCK_MONOTONIC);
    for (size_t i = 0; i < bench->fleet.output.event_count; i++) {
        if (bench->event_count == bench->event_capacity) {
            bench->event_capacity = bench->event_capacity > 0 ? bench->event_capacity * 2 : 1024;
            bench->events =
                memory_resize(bench->events, bench->event_capacity * sizeof *bench->events);
        }
        event_copy(&bench->journal, &bench->fleet.output.events[i],
                   &bench->events[bench->event_count++]);
    }
    fleet_take(&bench->fleet);
    fleet_clear(&bench->fleet);
    bench->journal_seconds += fleet_seconds(CLOCK_MONOTONIC) - began;
}

static void feed(struct bench *bench, struct input input)
{
    struct error error = {0};
    double began = fleet_seconds(CLOCK_MONOTONIC);
    if (core_step(bench->fleet.core, &input, &bench->fleet.output, &error) < 0) {
        fleet_fail(error.message);
    }
    double took = fleet_seconds(CLOCK_MONOTONIC) - began;
    if (input.type == INPUT_START) {
        bench->start_seconds = took;
    }
    if (input.type == INPUT_RESULT && took > bench->step_seconds_max) {
        bench->step_seconds_max = took;
    }
    output_take(bench);
}

static void rollout_run(struct bench *bench)
{
    struct fleet *fleet = &bench->fleet;
    const struct event_epoch_claimed epoch = {.epoch = 1, .alone = true};
    core_resume(fleet->core, &epoch, fleet->now_ms, &fleet->output);
    for (uint64_t i = 1; i <= FLEET_WORKERS; i++) {
        feed(bench, fleet_worker(fleet, i));
    }
    feed(bench, fleet_start(fleet, 0));
    while (fleet->queue_count > 0) {
        feed(bench, fleet_answer(fleet));
    }
}

/* Seconds for the replay; also checks that it ends where the live one did. */
static double replay_time(const struct bench *bench)
{
    struct core *core = core_create(&(struct core_ports){0});
    double began = fleet_seconds(CLOCK_MONOTONIC);
    for (size_t i = 0; i < bench->event_count; i++) {
        core_apply(core, &bench->events[i]);
    }
    double took = fleet_seconds(CLOCK_MONOTONIC) - began;
    if (!core_state_equal(bench->fleet.core, core)) {
        fleet_fail("the replay differs");
    }
    core_free(core);
    return took;
}

static void size_measure(size_t count)
{
    struct bench bench = {0};
    fleet_init(&bench.fleet, count);
    const struct core *core = bench.fleet.core;
    double began = fleet_seconds(CLOCK_MONOTONIC);
    rollout_run(&bench);
    double took = fleet_seconds(CLOCK_MONOTONIC) - began - bench.journal_seconds;
    const struct rollout *rollout = core_rollout(core);
    if (rollout->state != ROLLOUT_SUCCEEDED || rollout_counts(rollout).deployed != count) {
        fleet_fail(rollout_state_word(rollout->state));
    }
    double replay = replay_time(&bench);
    printf("| %7zu | %9.1f | %12.0f | %9.3f | %13.2f | %8.3f | %15.2f | %8.1f | %13.1f |\n", count,
           (double)core_memory_bytes(core) / 1024.0,
           (double)core_memory_bytes(core) / (double)count, took, took * 1e6 / (double)count,
           replay, replay * 1e6 / (double)count, bench.start_seconds * 1e3,
           bench.step_seconds_max * 1e3);
    (void)fflush(stdout);
    fleet_free(&bench.fleet);
    arena_free(&bench.journal);
    free(bench.events);
}

int main(void)
{
    printf("| targets | core, KiB | bytes/target | rollout s | rollout us/t. | replay s |"
           " replay us/targ. | start ms | worst step ms |\n");
    printf("|--------:|----------:|-------------:|----------:|--------------:|---------:|"
           "----------------:|---------:|--------------:|\n");
    static const size_t sizes[] = {1000, 10000, 100000};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        size_measure(sizes[i]);
    }
    return 0;
}
