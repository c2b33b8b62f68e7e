/* Items of the inbox as inputs of the core. Texts are borrowed from the item, which lives until its
 * batch is released. */
#include "coordinator/shell/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/impossible.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/shell.h"
#include "coordinator/shell/start.h"
#include "coordinator/shell/survey_queue.h"

static int decide(struct pump *pump, struct input *input, struct error *error)
{
    input->at_ms = clock_now_ms(&pump->clock);
    input->chance = chance_draw();
    return core_step(pump->core, input, &pump->output, error);
}

/* Before anything else is decided by a clock that was set. */
static void clock_tell(struct pump *pump)
{
    if (!clock_is_off(&pump->clock)) {
        return;
    }
    struct error error = {0};
    struct input set = {.type = INPUT_CLOCK_SET,
                        .clock_set = {.was_ms = clock_now_ms(&pump->clock)}};
    clock_follow(&pump->clock);
    int result = decide(pump, &set, &error);
    INVARIANT_THAT(result == 0, "the core refuses that the clock was set: %s", error.message);
}

int input_decide(struct pump *pump, struct input *input, struct error *error)
{
    clock_tell(pump);
    return decide(pump, input, error);
}

void input_fact(struct pump *pump, struct input input)
{
    struct error error = {0};
    int result = input_decide(pump, &input, &error);
    INVARIANT_THAT(result == 0, "the core refuses what has happened: %s", error.message);
}

void input_refuse(struct pump *pump, const struct item *item, const struct error *reason)
{
    struct arena *arena = &pump->batch.arena;
    struct message refused = answer_refused(reason->code, arena_strdup(arena, reason->message),
                                            arena_strdup(arena, reason->hint));
    pump_answer(pump, item, &refused);
}

/* ---- workers ---- */

static void hello_step(struct pump *pump, const struct item *item)
{
    const struct message_hello *hello = &item->message.hello;
    struct arena *arena = &pump->batch.arena;
    struct job_attempt *running = arena_array(arena, hello->running.count, sizeof *running);
    size_t running_count = 0; /* of this pump's */
    for (size_t i = 0; i < hello->running.count; i++) {
        const struct job_attempt *job = &hello->running.items[i];
        if ((job->key.job & SURVEY_JOB) == pump->job_mark) {
            running[running_count] = *job;
            running[running_count++].key.job &= ~SURVEY_JOB;
        }
    }
    struct input input = {.type = INPUT_WORKER_JOINED,
                          .worker_joined = {.worker = {hello->instance, hello->name, hello->credit},
                                            .running = running,
                                            .running_count = running_count}};
    input_fact(pump, input);
}

static void result_step(struct pump *pump, const struct item *item)
{
    struct input input = {.type = INPUT_RESULT,
                          .result = {.worker = item->instance, .message = item->message.result}};
    input.result.message.try.key.job &= ~SURVEY_JOB;
    input_fact(pump, input);
}

static void credit_step(struct pump *pump, const struct item *item)
{
    struct input input = {
        .type = INPUT_WORKER_CREDIT,
        .worker_credit = {.instance = item->instance, .credit = item->message.credit.credit}};
    input_fact(pump, input);
}

/* ---- commands ---- */

static void controlled_answer(struct pump *pump, const struct item *item)
{
    const struct rollout *rollout = core_rollout(pump->core);
    struct arena *arena = &pump->batch.arena;
    const char *sentence = pump->output.sentence;
    bool names = item->message.control.verb == CONTROL_ROLLBACK && pump->output.rollout != NULL;
    const char *id = names ? pump->output.rollout : rollout->policy.rollout;
    struct message controlled = {
        .type = MESSAGE_CONTROLLED,
        .controlled = {.rollout = arena_strdup(arena, id),
                       .state = rollout->state,
                       .targets = pump->output.concerned,
                       .sentence = sentence != NULL ? arena_strdup(arena, sentence) : ""}};
    pump_answer(pump, item, &controlled);
}

static void control_step(struct pump *pump, const struct item *item)
{
    struct input input = {.type = INPUT_CONTROL, .control = item->message.control};
    struct error error = {0};
    if (start_again(pump, item)) {
        return;
    }
    if (input_decide(pump, &input, &error) != 0) {
        input_refuse(pump, item, &error);
        return;
    }
    controlled_answer(pump, item);
}

/* ---- dispatch ---- */

static void message_step(struct pump *pump, const struct item *item)
{
    switch (item->message.type) {
    case MESSAGE_HELLO: hello_step(pump, item); break;
    case MESSAGE_CREDIT: credit_step(pump, item); break;
    case MESSAGE_RESULT: result_step(pump, item); break;
    case MESSAGE_START: start_step(pump, item); break;
    case MESSAGE_CONTROL: control_step(pump, item); break;
    case MESSAGE_RELOAD: configuration_step(pump, item); break;
    case MESSAGE_WATCH:
    case MESSAGE_TARGETS_WANTED:
    case MESSAGE_FAILURES_WANTED:
    case MESSAGE_PLAN_WANTED:
    case MESSAGE_FORECAST_WANTED:
    case MESSAGE_ROLLOUTS_WANTED:
    case MESSAGE_STANDING_WANTED:
    case MESSAGE_LOG_WANTED: pump_answer(pump, item, &item->message); break;
    default: IMPOSSIBLE("the session let a %s through", message_name(item->message.type));
    }
}

void input_item(struct pump *pump, const struct item *item)
{
    switch (item->type) {
    case ITEM_MESSAGE: message_step(pump, item); break;
    case ITEM_SURVEY_LEFT: survey_abandon(pump); break;
    case ITEM_WORKER_LEFT:
        input_fact(pump, (struct input){.type = INPUT_WORKER_LEFT,
                                        .worker_left = {.instance = item->instance}});
        break;
    case ITEM_TICK: input_fact(pump, (struct input){.type = INPUT_TICK}); break;
    }
}
