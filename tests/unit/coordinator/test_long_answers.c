/* Answers about more than one message holds: of huge fleets with unlike failures, and unlike ways. */
#include <criterion/criterion.h>

#include <string.h>

#include "common/base/buffer.h"
#include "coordinator/core/core.h"
#include "coordinator/shell/failure_groups.h"
#include "coordinator/shell/messages.h"
#include "tests/unit/coordinator/peers.h"

enum {
    TARGETS = 1000,
    TEXT_BYTES = 8 * 1024, /* as long as a text from a server may be */
    PATHS = 80,
    STEPS = 5000,
};

struct told {
    size_t messages;
    size_t longest;
    size_t targets; /* of all groups */
    size_t groups;
    size_t paths;
    uint32_t next;
    char last[128]; /* message of the last group */
};

static void take(const struct message *message, void *context)
{
    struct told *told = context;
    struct buffer encoded = {0};
    message_encode(message, &encoded);
    told->messages++;
    told->longest = encoded.length > told->longest ? encoded.length : told->longest;
    buffer_free(&encoded);
    if (message->type == MESSAGE_FAILURES) {
        const struct failure_group_list *groups = &message->failures.failures;
        told->groups = groups->count;
        for (size_t i = 0; i < groups->count; i++) {
            told->targets += groups->items[i].count;
        }
        (void)snprintf(told->last, sizeof told->last, "%s",
                       groups->items[groups->count - 1].failure.message);
    } else if (message->type == MESSAGE_PLAN) {
        told->paths += message->plan.paths.count;
        told->next = message->plan.next;
    }
}

static struct told ask(const struct core *core, struct message inquiry)
{
    struct told told = {0};
    answer_inquiry(&(struct live){.core = core}, &inquiry, take, &told);
    return told;
}

/* With "" for each text that is not given. */
static void apply(struct core *core, const struct event *event)
{
    struct arena arena = {0};
    struct event whole;
    event_copy(&arena, event, &whole);
    core_apply(core, &whole);
    arena_free(&arena);
}

/* A rollout in which nothing has happened yet. */
static struct core *begun(void)
{
    static const struct core_ports none;
    struct core *core = core_create(&none);
    apply(core, &(struct event){.type = EVENT_ROLLOUT_STARTED,
                                .rollout_started = {.rollout = "r1",
                                                    .request.purpose = PURPOSE_DEPLOY,
                                                    .request.direction = DIRECTION_UP}});
    return core;
}

/* A word of its own for each number, without digits, which count as alike. */
static void word_write(size_t number, char *word)
{
    for (size_t i = 0; i < 8; i++, number /= 20) {
        word[i] = (char)('g' + number % 20);
    }
}

static struct core *failed_unlike(void)
{
    struct core *core = begun();
    static char text[TEXT_BYTES + 1];
    memset(text, 'z', TEXT_BYTES);
    for (uint32_t i = 0; i < TARGETS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "t%u", i);
        word_write(i, text);
        apply(core, &(struct event){.type = EVENT_TARGET_ADDED,
                                    .target_added = {.place.name = name,
                                                     .place.url = "postgresql://one/shop"}});
        apply(core, &(struct event){.type = EVENT_TARGET_REFUSED,
                                    .target_refused = {
                                        .target = i,
                                        .failure = {.cause = FAILURE_CAUSE_SQL, .message = text}}});
    }
    return core;
}

Test(long_answers, failures_beyond_a_message_are_counted)
{
    struct core *core = failed_unlike();
    struct told told = ask(core, (struct message){.type = MESSAGE_FAILURES_WANTED,
                                                  .failures_wanted = {.rollout = "", .where = ""}});
    cr_expect_lt(told.longest, ANSWER_FAILURES_BYTES * 5 / 4, "%zu", told.longest);
    cr_expect_eq(told.targets, TARGETS, "%zu", told.targets);
    cr_expect_gt(told.groups, 100, "%zu", told.groups);
    char rest[128];
    (void)snprintf(rest, sizeof rest, "%zu more messages of this kind",
                   TARGETS - (told.groups - 1));
    cr_expect_str_eq(told.last, rest);
    struct arena arena = {0};
    struct message finished = answer_finished(core, &arena);
    take(&finished, &told);
    cr_expect_lt(told.longest, ANSWER_FAILURES_BYTES * 5 / 4, "%zu", told.longest);
    arena_free(&arena);
    core_free(core);
}

Test(long_answers, targets_come_in_pages_however_much_they_say)
{
    struct core *core = failed_unlike();
    struct told told = ask(core, (struct message){.type = MESSAGE_TARGETS_WANTED,
                                                  .targets_wanted = {.rollout = "", .where = ""}});
    cr_expect_eq(told.messages, 1);
    cr_expect_lt(told.longest / 2, ANSWER_PAGE_BYTES, "%zu", told.longest);
    core_free(core);
}

Test(long_answers, a_plan_comes_in_parts)
{
    struct core *core = begun();
    static char ids[STEPS][32];
    static const char *steps[STEPS];
    for (size_t i = 0; i < STEPS; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "+a_rather_long_revision_%06zu", i);
        steps[i] = ids[i];
    }
    for (size_t i = 0; i < PATHS; i++) {
        apply(core, &(struct event){.type = EVENT_PATH_PLANNED,
                                    .path_planned = {.steps = {steps + i, STEPS - i}}});
    }
    struct told told = {0};
    uint32_t from = 1;
    while (from != 0) {
        struct message inquiry = {.type = MESSAGE_PLAN_WANTED, .plan_wanted = {"", from}};
        answer_inquiry(&(struct live){.core = core}, &inquiry, take, &told);
        cr_assert(told.next == 0 || told.next > from);
        from = told.next;
    }
    cr_expect_gt(told.messages, 1);
    cr_expect_lt(told.longest / 2, ANSWER_PLAN_BYTES, "%zu", told.longest);
    cr_expect_eq(told.paths, PATHS, "%zu", told.paths);
    struct told whole =
        ask(core, (struct message){.type = MESSAGE_PLAN_WANTED, .plan_wanted = {.rollout = ""}});
    cr_expect_eq(whole.paths, PATHS, "an earlier version knows of no parts");
    core_free(core);
}
