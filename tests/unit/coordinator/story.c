/* Each step is durable before the next; openings come from the calendar. */
#include "tests/unit/coordinator/story.h"

#include <string.h>

#include "common/base/array.h"
#include "coordinator/forecast/window_openings.h"

struct story story;

static const struct graph *graph(void *context, const char *bundle, struct error *error)
{
    (void)context;
    error->code = ERROR_NONE;
    return strcmp(bundle, bundle_digest(bench.bundle)) == 0 ? bundle_graph(bench.bundle) : NULL;
}

static void opening(void *context, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms)
{
    (void)context;
    struct arena arena = {0};
    struct openings openings;
    openings_read(&openings, story.core, &arena);
    openings_next(&openings, window, at_ms, opens_ms, closes_ms);
    arena_free(&arena);
}

static const char *rollout_id(void *context)
{
    (void)context;
    return arena_printf(&story.output.arena, "back%u", ++story.rollbacks);
}

void story_init(void)
{
    bench_init();
    struct error error;
    const struct core_ports ports = {.graph = graph, .opening = opening, .rollout_id = rollout_id};
    story = (struct story){.core = core_create(&ports), .now_ms = NOON_MS};
    story.journal = journal_sqlite_open(bench.journal_path, &error);
    cr_assert_not_null(story.journal, "%s", error.message);
    cr_assert_eq(journal_claim(story.journal, &error), 1);
    cr_assert_eq(journal_bundle_put(story.journal, bundle_digest(bench.bundle),
                                    bundle_bytes(bench.bundle), &error),
                 0);
}

void story_fini(void)
{
    core_free(story.core);
    core_output_free(&story.output);
    journal_close(story.journal);
    arena_free(&story.answers);
    bench_fini();
}

static void appended_note(const struct error *error, void *context)
{
    (void)context;
    cr_assert_null(error);
    story.appended = true;
}

static void command_take(const struct command *command)
{
    switch (command->type) {
    case COMMAND_SEND_JOB:
        cr_assert_lt(story.job_count, LENGTH(story.jobs));
        story.jobs[story.job_count++] =
            (struct sent){command->job.job, command->job.epoch, command->worker,
                          command->job.attempt, command->job.kind};
        break;
    default: break;
    }
}

void story_take(void)
{
    struct core_output output = story.output;
    story.output = (struct core_output){0};
    if (output.event_count > 0) {
        story.appended = false;
        journal_append(story.journal, &bench.loop, output.events, output.event_count, appended_note,
                       NULL);
        RUN_UNTIL(story.appended);
    }
    for (size_t i = 0; i < output.command_count; i++) {
        command_take(&output.commands[i]);
    }
    core_output_free(&output);
}

int story_try(struct input input)
{
    struct error error;
    input.at_ms = story.now_ms;
    int result = core_step(story.core, &input, &story.output, &error);
    story_take();
    return result;
}

void story_feed(struct input input)
{
    cr_assert_eq(story_try(input), 0);
}

void story_result(size_t job, struct message_result result)
{
    cr_assert_lt(job, story.job_count);
    struct sent sent = story.jobs[job];
    story.job_count--;
    memmove(story.jobs + job, story.jobs + job + 1, (story.job_count - job) * sizeof sent);
    result.job = sent.job;
    result.epoch = sent.epoch;
    result.attempt = sent.attempt;
    result.timeline = "1";
    story_feed((struct input){.type = INPUT_RESULT, .result = {sent.worker, result}});
}

struct message_forecast story_forecast(void)
{
    struct error error;
    struct message_forecast forecast;
    struct journal *reader = journal_reader(story.journal, NULL, &error);
    cr_assert_not_null(reader, "%s", error.message);
    arena_free(&story.answers);
    cr_assert_eq(forecast_make(reader, story.now_ms, NULL, &story.answers, &forecast, &error), 0,
                 "%s", error.message);
    journal_close(reader);
    return forecast;
}
