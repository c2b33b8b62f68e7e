/* An override holds for what targets are, until the rollout is over or a person takes it back. */
#include "coordinator/core/decide/override.h"

#include <string.h>

#include "common/base/array.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/stop.h"
#include "coordinator/core/facts/override.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/window.h"

/* What is to be overridden or restored; its scope is printed. */
struct setting {
    struct override_status as;
    const struct selector *scope;
};

/* Whether the rollout has such a safeguard at all. */
static int safeguard_check(const struct rollout *rollout, enum safeguard safeguard,
                           struct error *error)
{
    bool has =
        safeguard == SAFEGUARD_WINDOWS ? windows_apply(rollout) : rollout->throttle_count > 0;
    if (has) {
        return 0;
    }
    (void)error_set(error, ERROR_FAILED, "rollout %s has no %s", rollout->policy.rollout,
                    safeguard_word(safeguard));
    return error_hint(error, "`drover status` says what it waits for");
}

/* What a target is stays; how it stands changes, and an override by that would end by itself. */
static int scope_stays(const struct selector *scope, struct error *error)
{
    static const char *const changing[] = {"state", "cause", "sqlstate", "revision"};
    for (size_t i = 0; i < selector_key_count(scope); i++) {
        for (size_t k = 0; k < LENGTH(changing); k++) {
            if (strcmp(selector_key(scope, i), changing[k]) == 0) {
                (void)error_set(error, ERROR_USAGE, "the %s of a target changes while it runs",
                                changing[k]);
                return error_hint(error, "name the part by labels, target, server, wave or schema");
            }
        }
    }
    return 0;
}

/* Identities of the servers on which the scope has targets. */
static struct texts scope_servers(struct step *step, const struct selector *scope)
{
    const struct rollout *rollout = &step->core->rollout;
    struct arena *arena = &step->output->arena;
    uint32_t count = rollout->servers.identity_count;
    bool *chosen = arena_array(arena, count, sizeof *chosen);
    const char **names = arena_array(arena, count, sizeof *names);
    size_t found = 0;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        uint32_t identity = rollout->targets[i].identity;
        if (identity != NUMBER_NONE && !chosen[identity] && scope_matches(step->core, i, scope)) {
            chosen[identity] = true;
            names[found++] = rollout->servers.loads[identity].identity;
        }
    }
    return (struct texts){names, found};
}

static void safeguard_override(struct step *step, const struct setting *setting)
{
    struct event_safeguard_overridden overridden = {.override = setting->as};
    if (setting->as.scope[0] != '\0' && setting->as.safeguard == SAFEGUARD_THROTTLES) {
        overridden.servers = scope_servers(step, setting->scope);
    }
    emit(step,
         (struct event){.type = EVENT_SAFEGUARD_OVERRIDDEN, .safeguard_overridden = overridden});
}

/* Without a scope every override of the safeguard ends. */
static void safeguard_restore(struct step *step, const struct setting *setting)
{
    const struct rollout *rollout = &step->core->rollout;
    struct event_safeguard_restored restored = {.override = setting->as};
    for (uint32_t at = override_find(rollout, &setting->as); at != UINT32_MAX;
         at = override_find(rollout, &setting->as)) {
        restored.number = at;
        restored.override.scope = rollout->overrides[at].status.scope;
        emit(step,
             (struct event){.type = EVENT_SAFEGUARD_RESTORED, .safeguard_restored = restored});
    }
    jobs_stop(step);
}

static int change_check(const struct rollout *rollout, const struct setting *setting,
                        enum safeguard_change change, struct error *error)
{
    const char *word = safeguard_word(setting->as.safeguard);
    if (change == SAFEGUARD_KEPT) {
        return 0;
    }
    if (safeguard_check(rollout, setting->as.safeguard, error) < 0) {
        return -1;
    }
    if (change == SAFEGUARD_OVERRIDDEN) {
        return scope_stays(setting->scope, error);
    }
    if (override_find(rollout, &setting->as) == UINT32_MAX) {
        (void)error_set(error, ERROR_FAILED, "no override of the %s%s", word,
                        setting->as.scope[0] != '\0' ? " has this scope" : " is in force");
        return error_hint(error, "`drover status` shows what is overridden");
    }
    return 0;
}

static void change_make(struct step *step, const struct setting *setting,
                        enum safeguard_change change, struct buffer *sentence)
{
    if (change == SAFEGUARD_KEPT) {
        return;
    }
    buffer_printf(sentence, "%s%s ", sentence->length > 0 ? ", " : "",
                  safeguard_word(setting->as.safeguard));
    if (change == SAFEGUARD_RESTORED) {
        safeguard_restore(step, setting);
        buffer_text_append(sentence, "in force again");
        return;
    }
    safeguard_override(step, setting);
    buffer_text_append(sentence, "overridden for ");
    buffer_count(sentence, setting->as.targets, "target");
    buffer_text_append(sentence, " until the rollout is over");
}

int safeguards_set(struct step *step, const struct message_control *control,
                   const struct selector *scope, struct buffer *sentence, struct error *error)
{
    const enum safeguard_change changes[] = {[SAFEGUARD_WINDOWS] = control->safeguards.windows,
                                             [SAFEGUARD_THROTTLES] = control->safeguards.throttles};
    const struct rollout *rollout = &step->core->rollout;
    struct setting setting = {.as = {.scope = "", control->who}, .scope = scope};
    struct buffer text = {0};
    selector_print(scope, &text);
    setting.as.scope = arena_strdup(&step->output->arena, buffer_text(&text));
    setting.as.targets = scope_count(step->core, scope);
    buffer_free(&text);
    for (size_t i = 0; i < LENGTH(changes); i++) {
        setting.as.safeguard = (enum safeguard)i;
        if (change_check(rollout, &setting, changes[i], error) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < LENGTH(changes); i++) {
        setting.as.safeguard = (enum safeguard)i;
        change_make(step, &setting, changes[i], sentence);
    }
    return 0;
}
