/* The gate, the waves, and targets on their way through them. */
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/check_parts.h"

/* ---- the gate ---- */

/* How many targets the step of the ramp at hand lets run. */
static uint32_t ramp_allows(const struct watched_wave *wave)
{
    if (wave->ramped >= wave->ramp_count) {
        return wave->targets;
    }
    const char *text = wave->ramp[wave->ramped];
    uint64_t number = strtoul(text, NULL, 10);
    if (strchr(text, '%') != NULL) {
        number = (number * wave->targets + 99) / 100;
    }
    return number < wave->targets ? (uint32_t)number : wave->targets;
}

void check_wave_defined(struct world *world, const struct event_wave_defined *defined)
{
    struct check *check = &world->check;
    ROOM(check, wave, check->wave_count);
    check->waves[check->wave_count++] =
        (struct watched_wave){.soak_ms = defined->wave.soak_ms,
                              .checks = defined->wave.checks.count > 0,
                              .approve = defined->wave.approve,
                              .budget = defined->wave.budget,
                              .failures_count = defined->wave.failures.count,
                              .failures_percent = defined->wave.failures.percent};
    struct watched_wave *wave = &check->waves[check->wave_count - 1];
    for (size_t i = 0; i < defined->wave.ramp.count && i < 2; i++) {
        (void)snprintf(wave->ramp[i], sizeof wave->ramp[i], "%s", defined->wave.ramp.items[i]);
        wave->ramp_count++;
    }
}

static bool somebody_approves(const struct check *check)
{
    bool any = false;
    for (uint32_t i = 0; i < check->wave_count; i++) {
        any = any || check->waves[i].approve;
    }
    return any;
}

static void wave_fill(struct world *world, uint32_t number)
{
    struct check *check = &world->check;
    struct watched_target *target = &check->targets[number];
    target->wave = core_rollout(world->coordinator.core)->targets[number].wave;
    if (target->wave == 0) {
        check_fail(world, "every validated target has a wave", "target %u has none", number);
        return;
    }
    target->wave--;
    ROOM(check, wave, target->wave);
    while (check->wave_count <= target->wave) { /* the rest, the late ones */
        bool approves = check->gate_open && somebody_approves(check);
        check->waves[check->wave_count++] = (struct watched_wave){.approve = approves};
    }
    struct watched_wave *wave = &check->waves[target->wave];
    bool empty = check->paths[target->path].empty;
    target->state = empty ? TARGET_UNCHANGED : TARGET_PENDING;
    target->rank = wave->targets++;
    wave->over += empty;
    wave->unchanged += empty;
    check->to_do += !empty;
}

static void digest_set(struct check *check, const char *digest)
{
    (void)snprintf(check->digest, sizeof check->digest, "%s", digest);
    for (uint32_t i = 0; i < check->wave_count; i++) {
        check->waves[i].approved = check->waves[i].approved && check->waves[i].started;
    }
}

void check_gate_opened(struct world *world, const struct event_gate_opened *opened)
{
    struct check *check = &world->check;
    const struct watched_policy *policy = &check->policy;
    uint64_t allowed = policy->validate_failures_count;
    if (policy->validate_failures_percent > 0) {
        allowed = (uint64_t)check->target_count * policy->validate_failures_percent / 100;
    }
    if (check->refused_targets > allowed || check->failed_sources > 0 || check->passed == 0) {
        check_fail(world, "the gate opens when the targets agree",
                   "%u of %u refused, %llu allowed, %u sources failed", check->refused_targets,
                   check->target_count, (unsigned long long)allowed, check->failed_sources);
    }
    for (uint32_t i = 0; i < check->target_count; i++) {
        enum target_state state = check->targets[i].state;
        if (state == TARGET_VALIDATED) {
            wave_fill(world, i);
        } else if (state != TARGET_REFUSED && state != TARGET_SKIPPED) {
            check_fail(world, "the gate waits for every target", "target %u is %s", i,
                       target_state_word(state));
        }
    }
    check->gate_open = true;
    digest_set(check, opened->digest);
}

void check_targets_joined(struct world *world, const struct event_targets_joined *joined)
{
    struct check *check = &world->check;
    for (uint32_t i = 0; i < check->target_count; i++) {
        if (check->targets[i].state == TARGET_VALIDATED) {
            wave_fill(world, i);
        }
    }
    digest_set(check, joined->digest);
}

/* ---- budgets ---- */

static uint32_t share(uint64_t whole, uint32_t percent)
{
    return (uint32_t)(whole * percent / 100);
}

static uint32_t allowed_failures(const struct check *check)
{
    const struct watched_policy *policy = &check->policy;
    return policy->failures_percent > 0 ? share(check->to_do, policy->failures_percent)
                                        : policy->failures_count;
}

bool check_over_budget(const struct check *check)
{
    return check->failed_targets > (uint64_t)allowed_failures(check) + check->forgiven;
}

static bool wave_over_budget(const struct watched_wave *wave)
{
    uint32_t allowed = wave->failures_percent > 0
                           ? share(wave->targets - wave->unchanged, wave->failures_percent)
                           : wave->failures_count;
    return wave->budget && wave->failed > (uint64_t)allowed + wave->forgiven;
}

void check_budgets(struct world *world, const char *what)
{
    const struct check *check = &world->check;
    if (check_over_budget(check)) {
        check_fail(world, "the budget of failures is kept", "%s with %u failed targets, %u allowed",
                   what, check->failed_targets, allowed_failures(check));
    }
    for (uint32_t i = 0; i < check->wave_count; i++) {
        if (check->waves[i].started && wave_over_budget(&check->waves[i])) {
            check_fail(world, "a wave's budget of failures is kept", "%s with %u failed in wave %u",
                       what, check->waves[i].failed, i);
        }
    }
    if (check_brake_on(check) && check->failed_targets > 0) {
        check_fail(world, "the same failure on three servers stops a rollout", "%s", what);
    }
}

void check_forgive(struct check *check)
{
    if (check->paused_over_budget && check_over_budget(check)) {
        check->forgiven = check->failed_targets;
    }
    for (uint32_t i = 0; i < check->wave_count; i++) {
        struct watched_wave *wave = &check->waves[i];
        if (wave->started && wave_over_budget(wave)) {
            wave->forgiven = wave->failed;
        }
    }
    for (uint32_t i = 0; i < check->brake_count; i++) {
        if (check->brakes[i].count >= CORE_BRAKE_SERVERS) {
            check->brakes[i].count = 0;
        }
    }
}

/* Forgiveness is for failures that still stand. */
static void forgiven_limit(struct check *check, struct watched_wave *wave)
{
    if (check->forgiven > check->failed_targets) {
        check->forgiven = check->failed_targets;
    }
    if (wave != NULL && wave->forgiven > wave->failed) {
        wave->forgiven = wave->failed;
    }
}

/* ---- waves ---- */

void check_wave_started(struct world *world, const struct event_wave_started *started)
{
    struct check *check = &world->check;
    uint32_t number = started->wave;
    struct watched_wave *wave = check_wave(world, number);
    if (!check->gate_open || check->paused || check->cancelling) {
        check_fail(world, "no wave before the gate or while paused", "wave %u", number);
    }
    for (uint32_t i = 0; i < number && i < check->wave_count; i++) {
        if (!check->waves[i].finished) {
            check_fail(world, "no wave before its predecessor was good",
                       "wave %u started, %u of %u targets of wave %u are over", number,
                       check->waves[i].over, check->waves[i].targets, i);
        }
    }
    if (wave->approve && !wave->approved && wave->over < wave->targets) {
        check_fail(world, "no wave before it is approved", "wave %u", number);
    }
    check_budgets(world, "a wave started");
    wave->started = true;
    check->asking_ms = 0;
    wave->allowed = ramp_allows(wave);
}

/* Of the targets that a wave's ramp lets run: those that are over, and those that get on. */
struct ramp_counts {
    uint32_t over;
    uint32_t moving;
};

static struct ramp_counts ramp_count(const struct world *world, uint32_t number)
{
    const struct check *check = &world->check;
    struct ramp_counts counts = {0};
    for (uint32_t i = 0; i < check->target_count; i++) {
        const struct watched_target *target = &check->targets[i];
        bool open = target->state == TARGET_PENDING || target->state == TARGET_RUNNING ||
                    target->state == TARGET_WAITING;
        if (target->wave == number &&
            (target->ahead || target->rank < check->waves[number].allowed)) {
            counts.over += !open;
            counts.moving += open && !check_stands_still(world, target);
        }
    }
    return counts;
}

void check_wave_ramped(struct world *world, const struct event_wave_ramped *ramped)
{
    struct check *check = &world->check;
    struct watched_wave *wave = check_wave(world, ramped->wave);
    if (check->paused || check->cancelling) {
        check_fail(world, "no wave grows while paused", "wave %u", ramped->wave);
    }
    struct ramp_counts counts = ramp_count(world, ramped->wave);
    if (counts.moving > 0 || counts.over < wave->allowed) {
        check_fail(world, "a ramp waits for those that it let run",
                   "wave %u: %u of %u are over, %u get on", ramped->wave, counts.over,
                   wave->allowed, counts.moving);
    }
    check_budgets(world, "a wave grew");
    uint32_t before = wave->allowed;
    wave->ramped++;
    wave->allowed = ramp_allows(wave);
    wave->allowed = wave->allowed < before ? before : wave->allowed;
}

void check_wave_filled(struct world *world, const struct event_wave_filled *filled)
{
    struct check *check = &world->check;
    struct watched_wave *wave = check_wave(world, filled->wave);
    struct watched_target *target = check_target(world, filled->target);
    struct ramp_counts counts = ramp_count(world, filled->wave);
    if (check->paused || check->cancelling) {
        check_fail(world, "no wave grows while paused", "wave %u", filled->wave);
    }
    if (counts.over + counts.moving >= wave->allowed) {
        check_fail(world, "a step is filled for those that stand still",
                   "wave %u: %u are over, %u get on, %u allowed", filled->wave, counts.over,
                   counts.moving, wave->allowed);
    }
    if (target->wave != filled->wave || target->state != TARGET_PENDING || target->ahead ||
        target->rank < wave->allowed || check_stands_still(world, target)) {
        check_fail(world, "a step is filled with what gets on", "target %u", filled->target);
    }
    check_budgets(world, "a wave was filled");
    target->ahead = true;
}

void check_wave_soaking(struct world *world, const struct event_wave_soaking *soaking)
{
    struct watched_wave *wave = check_wave(world, soaking->wave);
    wave->until_ms = check_time(world, soaking->until_ms);
    if (!world->check.refolding && wave->until_ms < world->now_ms + wave->soak_ms) {
        check_fail(world, "a wave soaks as long as it should", "wave %u", soaking->wave);
    }
}

void check_wave_checking(struct world *world, const struct event_wave_checking *checking)
{
    struct watched_wave *wave = check_wave(world, checking->wave);
    wave->checking = true;
    wave->unchecked = checking->targets;
    wave->bad = 0;
}

void check_wave_finished(struct world *world, uint32_t number)
{
    struct watched_wave *wave = check_wave(world, number);
    if (wave->over != wave->targets || wave->finished) {
        check_fail(world, "a finished wave is over", "wave %u: %u of %u", number, wave->over,
                   wave->targets);
    }
    if (wave->soak_ms > 0 && wave->deployed > 0 && !world->check.refolding &&
        (wave->until_ms == 0 || wave->until_ms > world->now_ms)) {
        check_fail(world, "a wave soaks as long as it should", "wave %u", number);
    }
    if (wave->checks && wave->deployed > 0 &&
        (!wave->checking || wave->unchecked > 0 || wave->bad > 0)) {
        check_fail(world, "a wave is good when its checks are true", "wave %u: %u open, %u not",
                   number, wave->unchecked, wave->bad);
    }
    wave->finished = true;
}

void check_wave_approved(struct world *world, const struct event_wave_approved *approved)
{
    struct check *check = &world->check;
    if (strcmp(approved->digest, check->digest) != 0) {
        check_fail(world, "an approval names the plan at hand", "%s", approved->digest);
    }
    check_wave(world, approved->wave)->approved = true;
}

void check_plan_changed(struct world *world, const char *digest)
{
    digest_set(&world->check, digest);
}

void check_target_asked(struct world *world, uint32_t number)
{
    struct watched_target *target = check_target(world, number);
    if (target->state != TARGET_DEPLOYED || target->asked || world->check.paused) {
        check_fail(world, "who is asked for the timeline is deployed", "target %u", number);
    }
    target->asked = true;
}

void check_over(struct world *world, uint64_t job, uint32_t number, bool good)
{
    struct watched_target *target = check_target(world, number);
    if (job != 0) {
        check_result(world, job);
        check_job_ended(world, job);
    }
    if (target->asked) {
        target->asked = false;
        return;
    }
    struct watched_wave *wave = check_wave(world, target->wave);
    wave->unchecked -= wave->unchecked > 0;
    wave->bad += !good;
}

/* ---- targets ---- */

static struct watched_target *target_over(struct world *world, uint64_t job, uint32_t number,
                                          enum target_state to)
{
    struct check *check = &world->check;
    struct watched_target *target = check_target(world, number);
    check_result(world, job);
    check_job_ended(world, job);
    check_target_moves(world, number, TARGET_RUNNING, TARGET_RUNNING, to);
    struct watched_wave *wave = check_wave(world, target->wave);
    bool unchanged = to == TARGET_DEPLOYED && check->paths[target->path].empty;
    target->state = unchanged ? TARGET_UNCHANGED : to;
    wave->over++;
    wave->deployed += to == TARGET_DEPLOYED && !unchanged;
    wave->unchanged += unchanged;
    wave->failed += to == TARGET_FAILED;
    check->failed_targets += to == TARGET_FAILED;
    return target;
}

void check_target_deployed(struct world *world, const struct event_target_deployed *deployed)
{
    struct check *check = &world->check;
    const struct watched_target *target =
        target_over(world, deployed->job, deployed->target, TARGET_DEPLOYED);
    const struct database *database = &world->databases[target->database];
    check->asking_ms = 0;
    if (!check->refolding && database->lost_ms == 0 && database->foreign_ms < check->started_ms &&
        database->rows.heads != check->paths[target->path].to) {
        check_fail(world, "deployed means that the database is there", "target %u",
                   deployed->target);
    }
}

void check_target_failed(struct world *world, const struct event_target_failed *failed)
{
    const struct watched_target *target =
        target_over(world, failed->job, failed->target, TARGET_FAILED);
    check_brake_count(world, target, failed);
}

void check_target_retried(struct world *world, uint32_t number)
{
    struct check *check = &world->check;
    struct watched_target *target = check_target(world, number);
    check_target_moves(world, number, TARGET_FAILED, TARGET_FAILED, TARGET_PENDING);
    target->not_before_ms = 0;
    struct watched_wave *wave = check_wave(world, target->wave);
    check->failed_targets--;
    wave->failed--;
    wave->over--;
    wave->finished = wave->checking = false;
    wave->until_ms = 0;
    forgiven_limit(check, wave);
}

/* What was deployed may be lost: its server is at another timeline. */
void check_target_doubted(struct world *world, uint32_t number)
{
    struct watched_target *target = check_target(world, number);
    struct watched_wave *wave = check_wave(world, target->wave);
    bool unchanged = target->state == TARGET_UNCHANGED;
    check_target_moves(world, number, TARGET_DEPLOYED, TARGET_UNCHANGED, TARGET_PENDING);
    target->not_before_ms = 0;
    wave->over--;
    wave->unchanged -= unchanged;
    wave->deployed -= !unchanged;
    wave->finished = wave->checking = false;
    wave->until_ms = 0;
    world->sights.doubted += !world->check.refolding;
}

/* What was skipped goes back, to where it stood before the gate or after it; what was only told to
 * stop goes on. */
void check_target_unskipped(struct world *world, uint32_t number)
{
    struct check *check = &world->check;
    struct watched_target *target = check_target(world, number);
    if (target->leaving && target->state != TARGET_SKIPPED) {
        target->leaving = false;
        return;
    }
    target->leaving = false;
    check_target_moves(world, number, TARGET_SKIPPED, TARGET_SKIPPED,
                       check->gate_open ? TARGET_PENDING : TARGET_ADDED);
    target->not_before_ms = 0;
    target->losses = 0;
    if (check->gate_open) {
        struct watched_wave *wave = check_wave(world, target->wave);
        wave->over--;
        wave->finished = wave->checking = false;
        wave->until_ms = 0;
    }
}

void check_target_skipped(struct world *world, uint32_t number)
{
    struct check *check = &world->check;
    struct watched_target *target = check_target(world, number);
    bool failed = target->state == TARGET_FAILED;
    bool refused = target->state == TARGET_REFUSED;
    bool open = target->state == TARGET_PENDING || target->state == TARGET_WAITING;
    bool waits = target->state == TARGET_ADDED || target->state == TARGET_POSTPONED;
    if (!failed && !refused && !open && !waits) {
        check_fail(world, "what is over or runs is not skipped", "target %u is %s", number,
                   target_state_word(target->state));
    }
    target->state = TARGET_SKIPPED;
    check->failed_targets -= failed;
    check->refused_targets -= refused;
    struct watched_wave *wave = target->wave != NONE ? check_wave(world, target->wave) : NULL;
    if (wave != NULL) {
        wave->failed -= failed;
        wave->over += open;
    }
    forgiven_limit(check, wave);
}
