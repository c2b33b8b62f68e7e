/* Scopes: the words, the labels, and how a target answers for each. */
#include "coordinator/core/facts/scope.h"

#include <stdio.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/spelling.h"
#include "coordinator/core/facts/failure.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/state.h"

#define WORD(word, help) #word,
static const char *const words[] = {SCOPE_WORD_LIST(WORD)};
#undef WORD
enum { WORD_COUNT = LENGTH(words) };

struct candidate {
    const struct core *core;
    const struct target *target;
    bool server_by_identity;
    bool wave_by_number;
    char number[16];
};

static bool is_number(const char *value)
{
    return value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';
}

static const char *label_value(const struct candidate *candidate, const char *key)
{
    const struct intern *intern = &candidate->core->rollout.intern;
    struct texts labels = intern_set_texts(intern, candidate->target->labels);
    size_t length = strlen(key);
    for (size_t i = 0; i < labels.count; i++) {
        if (strncmp(labels.items[i], key, length) == 0 && labels.items[i][length] == '=') {
            return labels.items[i] + length + 1;
        }
    }
    return NULL;
}

static const char *server_value(const struct candidate *candidate)
{
    const struct servers *servers = &candidate->core->rollout.servers;
    if (!candidate->server_by_identity) {
        return servers->items[candidate->target->server].key;
    }
    uint32_t identity = candidate->target->identity;
    return identity == NUMBER_NONE ? NULL : servers->loads[identity].identity;
}

static const char *wave_value(const struct candidate *candidate)
{
    uint32_t wave = candidate->target->wave;
    if (wave == 0) {
        return NULL;
    }
    return candidate->wave_by_number ? candidate->number
                                     : candidate->core->rollout.waves[wave - 1].definition.name;
}

static const char *failure_value(const struct candidate *candidate, const char *key)
{
    const struct core *core = candidate->core;
    const struct kept_failure *failure =
        intern_failure_at(&core->rollout.intern, candidate->target->trial.failure);
    if (failure == NULL) {
        return NULL;
    }
    if (strcmp(key, "cause") == 0) {
        return failure_cause_word(failure->failure.cause);
    }
    const char *value = strcmp(key, "sqlstate") == 0 ? failure->failure.sqlstate
                                                     : core_failure_revision(core, failure);
    return value[0] != '\0' ? value : NULL;
}

static const char *value_of(const void *context, const char *key)
{
    const struct candidate *candidate = context;
    const struct target *target = candidate->target;
    if (strcmp(key, "target") == 0) {
        return target->place.name;
    }
    if (strcmp(key, "server") == 0) {
        return server_value(candidate);
    }
    if (strcmp(key, "wave") == 0) {
        return wave_value(candidate);
    }
    if (strcmp(key, "state") == 0) {
        return target_state_word(target->state);
    }
    if (strcmp(key, "schema") == 0) {
        return target->place.schema[0] != '\0' ? target->place.schema : NULL;
    }
    if (strcmp(key, "cause") == 0 || strcmp(key, "sqlstate") == 0 || strcmp(key, "revision") == 0) {
        return failure_value(candidate, key);
    }
    return label_value(candidate, key);
}

bool scope_matches(const struct core *core, uint32_t number, const struct selector *scope)
{
    struct candidate candidate = {.core = core,
                                  .target = &core->rollout.targets[number],
                                  .server_by_identity =
                                      selector_compares(scope, "server", is_number),
                                  .wave_by_number = selector_compares(scope, "wave", is_number)};
    (void)snprintf(candidate.number, sizeof candidate.number, "%u", candidate.target->wave);
    return selector_matches(scope, value_of, &candidate);
}

uint32_t scope_count(const struct core *core, const struct selector *scope)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core->rollout.target_count; i++) {
        count += scope_matches(core, i, scope);
    }
    return count;
}

const struct hold *target_hold(const struct core *core, uint32_t target, bool now)
{
    for (uint32_t i = 0; i < core->rollout.hold_count; i++) {
        const struct hold *hold = &core->rollout.holds[i];
        if ((hold->now || !now) && scope_matches(core, target, hold->selector)) {
            return hold;
        }
    }
    return NULL;
}

bool core_target_in_scope(const struct core *core, size_t target, const struct selector *scope)
{
    return scope_matches(core, (uint32_t)target, scope);
}

static bool label_known(const struct core *core, const char *key)
{
    struct candidate candidate = {.core = core};
    for (uint32_t i = 0; i < core->rollout.target_count; i++) {
        candidate.target = &core->rollout.targets[i];
        if (label_value(&candidate, key) != NULL) {
            return true;
        }
    }
    return false;
}

static bool word_known(const char *key)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(words[i], key) == 0) {
            return true;
        }
    }
    return false;
}

/* The label that a misspelled key is likely meant to be, or NULL. */
static const char *label_near(const struct core *core, const char *key, struct arena *arena)
{
    for (uint32_t i = 0; i < core->rollout.target_count; i++) {
        struct texts labels =
            intern_set_texts(&core->rollout.intern, core->rollout.targets[i].labels);
        for (size_t k = 0; k < labels.count; k++) {
            const char *label =
                arena_strndup(arena, labels.items[k], strcspn(labels.items[k], "="));
            if (spelling_close(key, label)) {
                return label;
            }
        }
    }
    return NULL;
}

int core_scope_parse(const struct core *core, struct arena *arena, const char *text,
                     const struct selector **scope, struct error *error)
{
    if (selector_parse(arena, text, scope, error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < selector_key_count(*scope); i++) {
        const char *key = selector_key(*scope, i);
        if (!word_known(key) && !label_known(core, key)) {
            const char *near = spelling_nearest(key, words, WORD_COUNT);
            near = near != NULL ? near : label_near(core, key, arena);
            (void)error_set(error, ERROR_USAGE, "no target has a label \"%s\"", key);
            return near != NULL
                       ? error_hint(error, "did you mean %s?", near)
                       : error_hint(error, "besides labels there are target, server, wave, state, "
                                           "schema, cause, sqlstate and revision");
        }
    }
    return 0;
}
