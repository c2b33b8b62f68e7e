/* A replica, durations, openings; run ahead; then what it came to, as a message. */
#include "coordinator/forecast/forecast.h"

#include <inttypes.h>
#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/forecast/obstacles.h"
#include "coordinator/forecast/run_ahead.h"

/* ---- waves ---- */

static void waves_tell(const struct replica *replica, struct arena *arena,
                       struct message_forecast *forecast)
{
    const struct rollout *rollout = core_rollout(replica->core);
    struct forecast_wave *waves = arena_array(arena, rollout->wave_count, sizeof *waves);
    for (size_t i = 0; i < rollout->wave_count; i++) {
        struct timeline_wave timeline = timeline_wave_of(&replica->timeline, i);
        const char *name = rollout->waves[i].definition.name;
        waves[i] = (struct forecast_wave){.name = arena_strdup(arena, name),
                                          .start_ms = timeline.started_ms,
                                          .finish_ms = timeline.finished_ms};
    }
    forecast->waves = (struct forecast_wave_list){waves, rollout->wave_count};
}

/* ---- windows ---- */

/* Targets with the same windows. */
struct group {
    uint32_t windows;
    struct forecast_window told; /* but its schedule */
    bool unfinished;
};

struct groups {
    struct group *items;
    size_t count;
    struct arena *arena;
};

static struct group *group_of(struct groups *groups, uint32_t windows)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->items[i].windows == windows) {
            return &groups->items[i];
        }
    }
    struct group *items = arena_array(groups->arena, groups->count + 1, sizeof *items);
    if (groups->count > 0) {
        memcpy(items, groups->items, groups->count * sizeof *items);
    }
    groups->items = items;
    items[groups->count] = (struct group){.windows = windows};
    return &items[groups->count++];
}

static void group_add(struct group *group, struct timeline_target timeline, bool fits)
{
    group->told.targets++;
    if (timeline.started_ms > 0 &&
        (group->told.start_ms == 0 || timeline.started_ms < group->told.start_ms)) {
        group->told.start_ms = timeline.started_ms;
    }
    if (timeline.finished_ms > group->told.finish_ms) {
        group->told.finish_ms = timeline.finished_ms;
    }
    group->unfinished = group->unfinished || (fits && timeline.finished_ms == 0);
}

/* Whether it was or is to be deployed. */
static bool target_counts(const struct target *target)
{
    return target->state == TARGET_PENDING || target->state == TARGET_RUNNING ||
           target->state == TARGET_WAITING || target->state == TARGET_DEPLOYED;
}

/* "0 1 * * * for 4h UTC; not 0 0 24 12 * for 24h UTC" */
static const char *windows_sentence(const struct rollout *rollout, uint32_t windows,
                                    struct arena *arena)
{
    struct buffer text = {0};
    for (uint32_t i = 0; i < CORE_WINDOWS_MAX; i++) {
        if ((windows >> i & 1) != 0) {
            const struct window_definition *window = &rollout->windows[i].definition;
            buffer_printf(&text, "%s%s%s", text.length > 0 ? "; " : "", window->deny ? "not " : "",
                          window_sentence(window, arena));
        }
    }
    const char *sentence = windows == 0 ? "always" : arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return sentence;
}

static void windows_tell(const struct replica *replica, const struct misfits *misfits,
                         struct arena *arena, struct message_forecast *forecast)
{
    const struct rollout *rollout = core_rollout(replica->core);
    bool rollback = rollout_is_rollback(rollout); /* waits for no window */
    struct groups groups = {.arena = arena};
    const char **names = arena_array(arena, FORECAST_NAMES_MAX, sizeof *names);
    size_t name_count = 0;
    for (size_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        bool fits = !misfits_has(misfits, i);
        if (!fits && name_count < FORECAST_NAMES_MAX) {
            names[name_count++] = arena_strdup(arena, target->place.name);
        }
        if (!fits || target_counts(target)) {
            group_add(group_of(&groups, rollback ? 0 : target->windows),
                      timeline_target_of(&replica->timeline, i), fits);
        }
    }
    struct forecast_window *windows = arena_array(arena, groups.count, sizeof *windows);
    for (size_t i = 0; i < groups.count; i++) {
        const struct group *group = &groups.items[i];
        windows[i] = group->told;
        windows[i].schedule = windows_sentence(rollout, group->windows, arena);
        if (group->unfinished) {
            windows[i].finish_ms = 0;
        }
    }
    forecast->windows = (struct forecast_window_list){windows, groups.count};
    forecast->never = misfits->count;
    forecast->never_targets = (struct texts){names, name_count};
}

/* ---- what it rests on ---- */

static const char *and_before(size_t at, size_t count)
{
    if (at == 0) {
        return "";
    }
    return at + 1 == count ? " and " : ", ";
}

/* "assuming that it is resumed now, ..." */
static void assumptions_append(const struct ahead *ahead, struct buffer *out)
{
    struct buffer parts[4] = {{0}};
    size_t count = 0;
    if (ahead->resumed) {
        buffer_text_append(&parts[count++], "it is resumed");
    }
    if (ahead->approved.count > 0) {
        struct texts waves = ahead->approved;
        struct buffer *part = &parts[count++];
        buffer_text_append(part, waves.count == 1 ? "wave " : "waves ");
        for (size_t i = 0; i < waves.count; i++) {
            buffer_printf(part, "%s%s", and_before(i, waves.count), waves.items[i]);
        }
        buffer_text_append(part, waves.count == 1 ? " is approved" : " are approved");
    }
    if (ahead->misfits.count > 0) {
        buffer_text_append(&parts[count++], "what fits no window is skipped");
    }
    if (ahead->workers == 0) {
        buffer_text_append(&parts[count++], "a worker connects");
    }
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%s%s", i == 0 ? "assuming that " : and_before(i, count),
                      buffer_text(&parts[i]));
        buffer_free(&parts[i]);
    }
    buffer_text_append(out, count > 0 ? " at once" : "");
}

static void basis_append(const struct replica *replica, const struct durations_basis *basis,
                         bool inspects, struct buffer *out)
{
    const char *before = out->length > 0 ? "; " : "";
    if (basis->guessed) {
        buffer_printf(out, "%sdurations are guessed from other revisions", before);
    } else if (basis->earlier) {
        buffer_printf(out, "%sdurations are those of earlier rollouts", before);
    }
    before = out->length > 0 ? "; " : "";
    if (inspects && replica->timeline.inspections.count == 0) {
        buffer_printf(out, "%svalidation is counted as no time", before);
    }
}

static const char *end_sentence(enum ahead_end end, const struct core *core)
{
    const struct rollout *rollout = core_rollout(core);
    switch (end) {
    case AHEAD_FINISHED:
        return rollout->state == ROLLOUT_REFUSED ? "the gate will refuse, nothing is deployed" : "";
    case AHEAD_STALLED: return "it will not go on by itself";
    case AHEAD_TOO_LONG: return "it takes longer than 30 days";
    case AHEAD_TOO_LARGE: return "it is too large to be run ahead to its end";
    case AHEAD_UNSEEN: return "no target has been inspected yet";
    case AHEAD_STOPPED: break;
    }
    return "the coordinator is ending";
}

/* ---- the run ---- */

/* "3 of 20 tries failed so far, and as many are expected" */
static void tries_append(struct tries tries, struct buffer *out)
{
    if (tries.failed > 0) {
        buffer_printf(out,
                      "%s%" PRIu32 " of %" PRIu32 " tries failed so far, as many are counted on",
                      out->length > 0 ? "; " : "", tries.failed, tries.made);
    }
}

static void run_tell(const struct ahead *ahead, enum ahead_end end,
                     const struct durations_basis *basis, bool inspects, struct tries tries,
                     struct message_forecast *forecast)
{
    const struct replica *replica = ahead->replica;
    struct buffer reason = {0};
    buffer_text_append(&reason, end_sentence(end, replica->core));
    if (reason.length == 0) {
        forecast->finish_ms = replica->timeline.finished_ms;
        assumptions_append(ahead, &reason);
        basis_append(replica, basis, inspects, &reason);
        tries_append(tries, &reason);
    }
    forecast->reason = arena_strdup(ahead->arena, buffer_text(&reason));
    buffer_free(&reason);
}

static void active_forecast(struct replica *replica, uint64_t now_ms, const atomic_bool *stop,
                            struct arena *arena, struct message_forecast *forecast)
{
    struct openings openings;
    struct durations_basis basis;
    const struct rollout *rollout = core_rollout(replica->core);
    openings_read(&openings, replica->core, arena);
    replica->openings = &openings;
    struct ahead ahead = {.replica = replica,
                          .durations =
                              durations_of_paths(&replica->durations, replica->core, arena, &basis),
                          .duration_count = rollout->path_count,
                          .stop = stop,
                          .now_ms = now_ms > replica->last_ms ? now_ms : replica->last_ms,
                          .arena = arena};
    bool inspects = rollout->digest[0] == '\0';
    uint32_t measured = ahead.durations != NULL ? basis.measured : 0;
    struct tries tries = tries_count(replica->core);
    const char *obstacle = obstacles_tell(replica, ahead.durations, ahead.now_ms, arena);
    ahead.durations = tries_scale(tries, ahead.durations, ahead.duration_count, arena);
    if (rollout->state == ROLLOUT_CANCELLING) {
        forecast->reason = "it is being cancelled";
    } else if (rollout->path_count == 0) {
        forecast->reason = end_sentence(AHEAD_UNSEEN, replica->core);
    } else if (ahead.durations == NULL || obstacle[0] != '\0') {
        misfits_find(&ahead.misfits, replica->core, &openings, ahead.durations, ahead.now_ms,
                     arena);
        forecast->reason = obstacle[0] != '\0' ? obstacle : "no deploy was measured yet";
    } else {
        run_tell(&ahead, ahead_run(&ahead), &basis, inspects, tries, forecast);
    }
    forecast->measured = measured;
    waves_tell(replica, arena, forecast);
    windows_tell(replica, &ahead.misfits, arena, forecast);
    replica->openings = NULL;
}

int forecast_make(struct journal *journal, uint64_t now_ms, const atomic_bool *stop,
                  struct arena *arena, struct message_forecast *forecast, struct error *error)
{
    struct replica replica;
    int result = replica_read(&replica, journal, error);
    if (result == 0) {
        const struct rollout *rollout = core_rollout(replica.core);
        *forecast = (struct message_forecast){
            .rollout = arena_strdup(arena, rollout->policy.rollout), .reason = ""};
        if (rollout->policy.rollout[0] == '\0') {
            forecast->reason = "there was no rollout yet";
        } else if (rollout_is_active(rollout)) {
            active_forecast(&replica, now_ms, stop, arena, forecast);
        } else {
            forecast->finish_ms = rollout->finished_ms;
            forecast->reason = "it is over";
        }
    }
    replica_free(&replica);
    return result;
}
