/* Events that cannot follow one another end the process with a sentence: each in a child. */
#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>

#include "common/base/array.h"
#include "coordinator/core/core.h"
#include "tests/lib/last_words.h"

#define EVENT(NAME, name, ...) ((struct event){.type = EVENT_##NAME, .name = {__VA_ARGS__}})
#define EPOCH                  EVENT(EPOCH_CLAIMED, epoch_claimed, .epoch = 1)
#define WORKER                 EVENT(WORKER_JOINED, worker_joined, .instance = 5, .name = "w", .credit = 4)
#define STARTED                                                                                    \
    EVENT(ROLLOUT_STARTED, rollout_started, .rollout = "r1", .request.purpose = PURPOSE_DEPLOY,    \
          .request.direction = DIRECTION_UP)
#define TARGET                                                                                     \
    EVENT(TARGET_ADDED, target_added, .place.name = "shop", .place.url = "postgresql://one/shop")
#define VALIDATING EVENT(VALIDATION_STARTED, validation_started, .targets = 1)
#define LEASED(number, tried)                                                                      \
    EVENT(JOB_LEASED, job_leased, .job = (number), .kind = JOB_INSPECT, .attempt = (tried),        \
          .worker = 5)

enum { EVENTS_MAX = 8 };

static const struct story {
    const char *sentence;
    struct event events[EVENTS_MAX]; /* the last one ends it; type 0: nothing follows */
} stories[] = {
    {"epoch 1 after epoch 1", {EPOCH, EPOCH}},
    {"job 3 is not leased", {EPOCH, WORKER, EVENT(JOB_RELEASED, job_released, .job = 3)}},
    {"worker 5 is not known", {EPOCH, STARTED, TARGET, VALIDATING, LEASED(1, 1)}},
    {"job 2 is leased after job 2",
     {EPOCH, WORKER, STARTED, TARGET, VALIDATING, LEASED(2, 1), LEASED(2, 1)}},
    {"job 3 is leased, its subject is held by job 2",
     {EPOCH, WORKER, STARTED, TARGET, VALIDATING, LEASED(2, 1), LEASED(3, 2)}},
    {"this does not hold: !job_is_gap(&job)",
     {EPOCH, WORKER, STARTED, TARGET, VALIDATING, LEASED(2, 0)}},
    {"target 0 of 0", {EPOCH, WORKER, STARTED, VALIDATING, LEASED(1, 1)}},
    {"rollout r1 begins while r1 is planning", {EPOCH, STARTED, STARTED}},
    {"no move of the rollout leads from planning to none by ROLLOUT_RESUMED",
     {STARTED, EVENT(ROLLOUT_RESUMED, rollout_resumed, .until_wave = 0)}},
    {"rollout r1 is gate, and this does not hold: rollout->digest[0] != '\\0'",
     {STARTED, VALIDATING, EVENT(GATE_OPENED, gate_opened, .digest = "")}},
    {"wave 1 starts after 0 waves", {STARTED, EVENT(WAVE_STARTED, wave_started, .wave = 1)}},
    {"the selector \"=\" was not checked: ",
     {EVENT(ROLLOUT_STARTED, rollout_started, .rollout = "r1", .request.purpose = PURPOSE_DEPLOY,
            .request.where = "=")}},
    {"no move of the rollout leads from planning to gate by ROLLOUT_FINISHED",
     {STARTED, EVENT(ROLLOUT_FINISHED, rollout_finished, .state = ROLLOUT_GATE)}},
};

static const struct story *told;

static void story_apply(void)
{
    static const struct core_ports none;
    struct core *core = core_create(&none);
    struct arena arena = {0};
    for (size_t i = 0; i < EVENTS_MAX && told->events[i].type != 0; i++) {
        struct event event;
        event_copy(&arena, &told->events[i], &event);
        core_apply(core, &event);
    }
}

Test(invariants, what_cannot_be_is_told)
{
    for (size_t i = 0; i < LENGTH(stories); i++) {
        struct buffer said = {0};
        struct buffer expected = {0};
        told = &stories[i];
        buffer_printf(&expected, "drover: cannot go on: %s", told->sentence);
        cr_expect_eq(last_words(story_apply, &said), 128 + SIGABRT, "%s", told->sentence);
        cr_expect_eq(strncmp(buffer_text(&said), buffer_text(&expected), expected.length), 0,
                     "%s instead of %s", buffer_text(&said), buffer_text(&expected));
        buffer_free(&said);
        buffer_free(&expected);
    }
}
