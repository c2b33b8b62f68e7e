/* What a forecast costs: a rollout of a large fleet (fleet.h) after its first wave, in a journal on
 * disk; its replay and its run ahead in virtual time, at two sizes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench/fleet.h"
#include "common/base/array.h"
#include "coordinator/forecast/forecast.h"

enum { FLUSH_EVENTS = 20000, SOAK_MS = 60000 };

struct bench {
    struct fleet fleet;
    struct journal *journal;
    uv_loop_t loop;
};

static void appended(const struct error *error, void *context)
{
    if (error != NULL) {
        fleet_fail(error->message);
    }
    *(bool *)context = true;
}

static void flush(struct bench *bench)
{
    const struct core_output *output = &bench->fleet.output;
    bool done = false;
    if (output->event_count > 0) {
        journal_append(bench->journal, &bench->loop, output->events, output->event_count, appended,
                       &done);
        while (!done) {
            (void)uv_run(&bench->loop, UV_RUN_ONCE);
        }
    }
    fleet_clear(&bench->fleet);
}

static void feed(struct bench *bench, struct input input)
{
    struct fleet *fleet = &bench->fleet;
    struct error error = {0};
    if (core_step(fleet->core, &input, &fleet->output, &error) < 0) {
        fleet_fail(error.message);
    }
    fleet_take(fleet);
    if (fleet->output.event_count > FLUSH_EVENTS) {
        flush(bench);
    }
}

/* Until the first wave is done. */
static void rollout_begin(struct bench *bench)
{
    struct fleet *fleet = &bench->fleet;
    const struct event_epoch_claimed epoch = {.epoch = 1, .alone = true};
    core_resume(fleet->core, &epoch, fleet->now_ms, &fleet->output);
    for (uint64_t i = 1; i <= FLEET_WORKERS; i++) {
        feed(bench, fleet_worker(fleet, i));
    }
    feed(bench, fleet_start(fleet, SOAK_MS));
    while (fleet->queue_count > 0 && fleet->deployed < FLEET_CANARIES) {
        feed(bench, fleet_answer(fleet));
    }
    flush(bench);
}

static void forecast_measure(struct bench *bench)
{
    struct arena arena = {0};
    struct message_forecast forecast;
    struct error error;
    struct journal *reader = journal_reader(bench->journal, NULL, &error);
    if (reader == NULL) {
        fleet_fail(error.message);
    }
    double wall = fleet_seconds(CLOCK_MONOTONIC);
    double cpu = fleet_seconds(CLOCK_THREAD_CPUTIME_ID);
    if (forecast_make(reader, bench->fleet.now_ms, NULL, &arena, &forecast, &error) != 0) {
        fleet_fail(error.message);
    }
    wall = fleet_seconds(CLOCK_MONOTONIC) - wall;
    cpu = fleet_seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    printf("| %7zu | %6.3f | %6.3f | %9.1f | %s |\n", bench->fleet.count, wall, cpu,
           forecast.finish_ms > 0 ? (double)(forecast.finish_ms - bench->fleet.now_ms) / 1000 : 0,
           forecast.reason);
    (void)fflush(stdout);
    journal_close(reader);
    arena_free(&arena);
}

static void size_measure(size_t count)
{
    struct arena arena = {0};
    struct error error;
    char folder[] = "/tmp/drover-forecast-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        fleet_fail("no temporary folder");
    }
    const char *path = arena_printf(&arena, "%s/journal.db", folder);
    struct bench bench = {.journal = journal_sqlite_open(path, &error)};
    if (bench.journal == NULL || journal_claim(bench.journal, &error) == 0) {
        fleet_fail(error.message);
    }
    fleet_init(&bench.fleet, count);
    (void)uv_loop_init(&bench.loop);
    rollout_begin(&bench);
    forecast_measure(&bench);
    journal_close(bench.journal);
    (void)uv_run(&bench.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&bench.loop);
    fleet_free(&bench.fleet);
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < LENGTH(ends); i++) {
        (void)unlink(arena_printf(&arena, "%s%s", path, ends[i]));
    }
    (void)rmdir(folder);
    arena_free(&arena);
}

int main(void)
{
    printf("| targets | wall s |  CPU s | ends in s | reason |\n");
    printf("|--------:|-------:|-------:|----------:|:-------|\n");
    size_measure(10000);
    size_measure(100000);
    return 0;
}
