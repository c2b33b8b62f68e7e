/* Targets: from being named to being deployed. */
#include "coordinator/core/fold/apply_target.h"

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/invariants.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/lookup.h"
#include "coordinator/core/facts/machine.h"
#include "coordinator/core/facts/remark.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/server.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_job.h"
#include "coordinator/core/fold/apply_orphan.h"
#include "coordinator/core/fold/apply_outage.h"
#include "coordinator/core/fold/apply_rollout.h"
#include "coordinator/core/fold/apply_skip.h"
#include "coordinator/core/fold/apply_steer.h"
#include "coordinator/core/fold/apply_wave.h"
#include "coordinator/core/fold/named.h"
#include "coordinator/core/order/schedule.h"

/* Where it is skipped no more, or need not be. */
static bool is_past_skipping(enum target_state state)
{
    return state == TARGET_DEPLOYED || state == TARGET_UNCHANGED || state == TARGET_SKIPPED ||
           state == TARGET_GONE;
}

void target_move(struct core *core, uint32_t number, enum event_type event, enum target_state to)
{
    struct target *target = &core->rollout.targets[number];
    machine_check(MACHINE_TARGET, target->state, event, to);
    if (target->state != TARGET_NONE) {
        INVARIANT(core->rollout.counts[target->state] > 0);
        core->rollout.counts[target->state]--;
    }
    core->rollout.counts[to]++;
    target->state = to;
    if (core->rollout.skip_count > 0 && is_past_skipping(to)) {
        skip_end(&core->rollout, number);
    }
    target_invariant(&core->rollout, number);
    schedule_target_changed(core->schedule, number);
}

void apply_target_added(struct core *core, const struct event *event)
{
    const struct event_target_added *added = &event->target_added;
    struct rollout *rollout = &core->rollout;
    struct intern *intern = &rollout->intern;
    uint32_t number = rollout->target_count;
    rollout->targets =
        array_room(rollout->targets, number, &rollout->target_capacity, sizeof *rollout->targets);
    rollout->found_new++;
    bool name_taken = rollout_target_by_name(rollout, added->place.name) != LOOKUP_NONE;
    bool place_taken = rollout_target_by_place(rollout, &added->place) != LOOKUP_NONE;
    rollout->targets[number] = (struct target){
        .place = {intern_copy(intern, added->place.name), intern_copy(intern, added->place.url),
                  intern_text(intern, added->place.schema),
                  intern_text(intern, added->place.password),
                  intern_text(intern, added->place.search_path)},
        .reading = {.version_schema = "", .version_table = ""},
        .note = "",
        .labels = intern_set(intern, added->labels),
        .heads = INTERN_NONE,
        .remarks = INTERN_NONE,
        .unfinished = INTERN_NONE,
        .path = added->path > 0 ? added->path - 1 : NUMBER_NONE,
        .wave = added->wave,
        .origin = added->origin,
        .windows = windows_of(rollout, added->labels),
        .trial.failure = INTERN_NONE,
        .stumble = INTERN_NONE,
        .server = server_of_url(&rollout->servers, intern, added->place.url),
        .identity = NUMBER_NONE};
    rollout->target_count++;
    if (!name_taken) {
        lookup_add(&rollout->names, lookup_hash(LOOKUP_SEED, added->place.name), number);
    }
    if (!place_taken) {
        lookup_add(&rollout->places, place_hash(&added->place), number);
    }
    target_move(core, number, event->type, TARGET_ADDED);
}

/* But for late ones all are known: no room is kept for more. */
static void targets_trim(struct rollout *rollout)
{
    if (rollout->target_count > 0) {
        rollout->targets =
            memory_resize(rollout->targets, rollout->target_count * sizeof *rollout->targets);
        rollout->target_capacity = rollout->target_count;
    }
}

void apply_validation_started(struct core *core, const struct event *event)
{
    targets_trim(&core->rollout);
    rollout_move(core, event->type, ROLLOUT_VALIDATING);
    schedule_validation_started(core->schedule);
}

void apply_path_planned(struct core *core, const struct event *event)
{
    const struct event_path_planned *planned = &event->path_planned;
    struct rollout *rollout = &core->rollout;
    uint32_t number = rollout->path_count;
    rollout->paths =
        array_room(rollout->paths, number, &rollout->path_capacity, sizeof *rollout->paths);
    struct path *path = &rollout->paths[rollout->path_count++];
    *path = (struct path){0};
    path->from = intern_set(&rollout->intern, planned->from);
    path->to = intern_set(&rollout->intern, planned->to);
    path->steps = intern_set(&rollout->intern, planned->steps);
    path->shares = planned->sharing;
    lookup_add(&rollout->path_lookup, path_hash(path->from), number);
}

static void identity_learned(struct core *core, struct target *target, const char *text)
{
    if (text[0] == '\0') {
        return;
    }
    struct servers *servers = &core->rollout.servers;
    uint32_t known = servers->identity_count;
    target->identity = server_identity(servers, &core->rollout.intern, text);
    if (target->identity == known) {
        servers->loads[known].target = (uint32_t)(target - core->rollout.targets);
        servers->loads[known].server = target->server;
        servers->loads[known].verdict.over =
            core->rollout.throttle_count > 0; /* until it is probed */
        servers->loads[known].verdict.reason =
            servers->loads[known].verdict.over ? "not probed yet" : "";
    }
    struct server *server = &servers->items[target->server];
    if (server->identity == NUMBER_NONE) {
        server->identity = target->identity;
        schedule_identity_known(core->schedule, target->server, target->identity);
    }
}

void target_unfinished_set(struct core *core, struct target *target, struct texts unfinished)
{
    target->unfinished =
        unfinished.count > 0 ? intern_set(&core->rollout.intern, unfinished) : INTERN_NONE;
}

/* The first one that is told; later ones are events of their own. */
static const char *timeline_learned(struct core *core, const struct target *target,
                                    const char *text, uint64_t at_ms)
{
    const char *timeline = intern_text(&core->rollout.intern, text);
    struct server *server = &core->rollout.servers.items[target->server];
    server->heard_ms = at_ms;
    if (server->timeline[0] == '\0') {
        server->timeline = timeline;
    }
    return timeline;
}

void apply_target_validated(struct core *core, const struct event *event)
{
    const struct event_target_validated *validated = &event->target_validated;
    struct target *target = target_at(core, validated->target);
    INVARIANT_THAT(validated->path < core->rollout.path_count, "path %u of %u", validated->path,
                   core->rollout.path_count);
    target->worker = job_leased(core, validated->job)->lease.worker;
    job_end(core, validated->job, event->type);
    target->path = validated->path;
    core->rollout.paths[validated->path].targets++;
    target->heads = core->rollout.paths[validated->path].from;
    identity_learned(core, target, validated->seen.server.server_identity);
    target->timeline =
        timeline_learned(core, target, validated->seen.server.timeline, event->at_ms);
    target->reading = validated->seen.reading;
    intern_record(&core->rollout.intern, version_reading_layout(), &target->reading);
    const struct unrecorded *unrecorded = &target->reading.unrecorded;
    core->rollout.seen += unrecorded->seen;
    core->rollout.gone += unrecorded->gone;
    core->rollout.unrecorded += unrecorded->seen > 0 || unrecorded->gone > 0;
    core->rollout.passed++;
    target_unfinished_set(core, target, validated->unfinished);
    target_move(core, validated->target, event->type, TARGET_VALIDATED);
}

/* What refusals and failures have in common. */
static void failure_set(struct core *core, struct target *target, const char *phase,
                        const struct failure *failure, const struct version_rows *rows)
{
    struct intern *intern = &core->rollout.intern;
    target->trial.failure = intern_failure(intern, phase, failure);
    if (rows->heads_known) {
        target->heads = intern_set(intern, rows->heads);
    }
    target_unfinished_set(core, target, rows->unfinished);
}

void apply_target_refused(struct core *core, const struct event *event)
{
    const struct event_target_refused *refused = &event->target_refused;
    struct target *target = target_at(core, refused->target);
    bool inspected = refused->job != 0;
    if (inspected) {
        job_end(core, refused->job, event->type);
    }
    failure_set(core, target, inspected ? "validate" : "discovery", &refused->failure,
                &refused->rows);
    target_move(core, refused->target, event->type, TARGET_REFUSED);
}

static struct wave *wave_of(struct core *core, const struct target *target)
{
    INVARIANT_THAT(target->wave > 0, "target %s has no wave", target->place.name);
    return wave_at(core, target->wave - 1);
}

void apply_target_deployed(struct core *core, const struct event *event)
{
    const struct event_target_deployed *deployed = &event->target_deployed;
    struct target *target = target_at(core, deployed->target);
    struct path *path = &core->rollout.paths[target->path];
    job_end(core, deployed->job, event->type);
    target->heads = path->to;
    target->timeline = timeline_learned(core, target, deployed->timeline, event->at_ms);
    orphans_end(&core->rollout, deployed->target);
    target->unfinished = INTERN_NONE;
    if (!deployed->already) {
        path->measured++;
        path->elapsed_sum_ms += deployed->elapsed_ms;
        if (deployed->elapsed_ms > path->elapsed_max_ms) {
            path->elapsed_max_ms = deployed->elapsed_ms;
        }
    }
    core->rollout.asking_ms = 0;
    bool unchanged = intern_set_texts(&core->rollout.intern, path->steps).count == 0;
    struct wave_counts *counts = &wave_of(core, target)->counts;
    counts->deployed += !unchanged;
    counts->unchanged += unchanged;
    wave_target_over(&core->rollout, deployed->target);
    target_move(core, deployed->target, event->type,
                unchanged ? TARGET_UNCHANGED : TARGET_DEPLOYED);
}

void apply_target_failed(struct core *core, const struct event *event)
{
    const struct event_target_failed *failed = &event->target_failed;
    struct target *target = target_at(core, failed->target);
    job_end(core, failed->job, event->type);
    failure_set(core, target, "deploy", &failed->failure, &failed->rows);
    brake_count(&core->rollout, target, failed);
    wave_of(core, target)->counts.failed++;
    wave_target_over(&core->rollout, failed->target);
    target_move(core, failed->target, event->type, TARGET_FAILED);
}

/* No failure: it stands nowhere any more. */
void apply_target_gone(struct core *core, const struct event *event)
{
    const struct event_target_gone *gone = &event->target_gone;
    struct rollout *rollout = &core->rollout;
    struct target *target = target_at(core, gone->target);
    bool deploying = target->state == TARGET_RUNNING;
    job_end(core, gone->job, event->type);
    target->note = intern_text(&rollout->intern, gone->failure.message);
    if (deploying) {
        wave_of(core, target)->counts.skipped++;
        wave_target_over(rollout, gone->target);
    }
    target_move(core, gone->target, event->type, TARGET_GONE);
}

void apply_target_given_up(struct core *core, const struct event *event)
{
    const struct event_target_given_up *given_up = &event->target_given_up;
    struct target *target = target_at(core, given_up->target);
    target->trial.failure = intern_failure(
        &core->rollout.intern, given_up->failed ? "deploy" : "validate", &given_up->failure);
    if (given_up->failed) {
        wave_of(core, target)->counts.failed++;
        wave_target_over(&core->rollout, given_up->target);
    }
    target_move(core, given_up->target, event->type,
                given_up->failed ? TARGET_FAILED : TARGET_REFUSED);
}

void target_begin_anew(struct rollout *rollout, uint32_t number, uint64_t at_ms)
{
    struct target *target = &rollout->targets[number];
    target->trial.tries = 0;
    target->trial.unreached = 0;
    target->trial.losses = 0;
    target->trial.failure = INTERN_NONE;
    server_ask_anew(rollout, target->server, at_ms);
}

void apply_target_retried(struct core *core, const struct event *event)
{
    uint32_t number = event->target_retried.target;
    struct target *target = target_at(core, number);
    struct wave *wave = wave_of(core, target);
    target_begin_anew(&core->rollout, number, event->at_ms);
    INVARIANT(wave->counts.failed > 0);
    wave->counts.failed--;
    if (wave->forgiven > wave->counts.failed) {
        wave->forgiven = wave->counts.failed;
    }
    wave_runs_on(core, wave, event);
    wave_target_reopened(&core->rollout, number);
    target_move(core, number, event->type, TARGET_PENDING);
    struct rollout *rollout = &core->rollout;
    if (rollout->forgiven > rollout->counts[TARGET_FAILED]) {
        rollout->forgiven = rollout->counts[TARGET_FAILED];
    }
}

void apply_statement_answered(struct core *core, const struct event *event)
{
    const struct statement_answer *answer = &event->statement_answered.answer;
    target_at(core, event->statement_answered.target)->answer = *answer;
}

void apply_timeline_moved(struct core *core, const struct event *event)
{
    const struct event_timeline_moved *moved = &event->timeline_moved;
    struct servers *servers = &core->rollout.servers;
    INVARIANT_THAT(moved->server < servers->count, "server %u of %u", moved->server,
                   servers->count);
    servers->items[moved->server].timeline = intern_text(&core->rollout.intern, moved->timeline);
}

void apply_target_doubted(struct core *core, const struct event *event)
{
    uint32_t number = event->target_doubted.target;
    struct target *target = target_at(core, number);
    struct wave *wave = wave_of(core, target);
    target->trial.tries = 0;
    target->check = CHECK_NONE;
    bool unchanged = target->state == TARGET_UNCHANGED;
    INVARIANT(unchanged ? wave->counts.unchanged > 0 : wave->counts.deployed > 0);
    wave->counts.unchanged -= unchanged;
    wave->counts.deployed -= !unchanged;
    wave_runs_on(core, wave, event);
    wave_target_reopened(&core->rollout, number);
    target_move(core, number, event->type, TARGET_PENDING);
}

void apply_script_spoke(struct core *core, const struct event *event)
{
    const struct event_script_spoke *spoke = &event->script_spoke;
    struct intern *intern = &core->rollout.intern;
    struct target *target = target_at(core, spoke->target);
    struct texts known = intern_set_texts(intern, target->remarks);
    struct arena arena = {0};
    const char *text = remark_write(&spoke->remark, &arena);
    if (known.count < REMARKS_KEPT && !texts_hold(known, text)) {
        const char **texts = arena_array(&arena, known.count + 1, sizeof *texts);
        for (size_t i = 0; i < known.count; i++) {
            texts[i] = known.items[i];
        }
        texts[known.count] = text;
        target->remarks = intern_set(intern, (struct texts){texts, known.count + 1});
    }
    arena_free(&arena);
}
