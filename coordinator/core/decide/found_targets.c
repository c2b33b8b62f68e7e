/* A target is found, by the configuration or a discovery: added, and
 * refused if it is there already. */
#include "coordinator/core/decide/found_targets.h"

#include <stdio.h>
#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/server.h"

enum { SENTENCE_BYTES = 512, SERVER_KEY_BYTES = 512 };

static void twice_refuse(struct step *step, uint32_t target, const char *message, const char *hint)
{
    emit(step, (struct event){.type = EVENT_TARGET_REFUSED,
                              .target_refused = {.target = target,
                                                 .failure = {.cause = FAILURE_CAUSE_DISCOVERY,
                                                             .message = message,
                                                             .hint = hint}}});
}

/* What `--where` may ask about at the start of a rollout. */
struct candidate {
    const struct found_target *found;
    char server[SERVER_KEY_BYTES];
};

static const char *candidate_value(const void *context, const char *key)
{
    const struct candidate *candidate = context;
    const struct found_target *found = candidate->found;
    if (strcmp(key, "target") == 0) {
        return found->place.name;
    }
    if (strcmp(key, "server") == 0) {
        return candidate->server;
    }
    if (strcmp(key, "schema") == 0) {
        return text_or_empty(found->place.schema)[0] != '\0' ? found->place.schema : NULL;
    }
    size_t length = strlen(key);
    for (size_t i = 0; i < found->labels.count; i++) {
        const char *label = found->labels.items[i];
        if (strncmp(label, key, length) == 0 && label[length] == '=') {
            return label + length + 1;
        }
    }
    return NULL;
}

static bool is_wanted(const struct rollout *rollout, const struct found_target *found)
{
    struct candidate candidate = {.found = found};
    server_key(text_or_empty(found->place.url), candidate.server, sizeof candidate.server);
    return selector_matches(rollout->where, candidate_value, &candidate);
}

void target_found(struct step *step, const struct found_target *found, enum target_origin origin)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target_place place = {
        text_or_empty(found->place.name), text_or_empty(found->place.url),
        text_or_empty(found->place.schema), text_or_empty(found->place.password),
        text_or_empty(found->place.search_path)};
    uint32_t same_name = rollout_target_by_name(rollout, place.name);
    uint32_t same_place = rollout_target_by_place(rollout, &place);
    uint32_t number = rollout->target_count;
    bool again = rollout->digest[0] != '\0' && same_place != NUMBER_NONE; /* listed once more */
    if (again || !is_wanted(rollout, found)) {
        return;
    }
    emit(step, (struct event){
                   .type = EVENT_TARGET_ADDED,
                   .target_added = {.place = place, .labels = found->labels, .origin = origin}});
    char sentence[SENTENCE_BYTES];
    if (same_name != NUMBER_NONE) {
        (void)snprintf(sentence, sizeof sentence, "another target is named %s too", place.name);
        twice_refuse(step, number, sentence,
                     "give each source of targets a name pattern of its own");
    } else if (same_place != NUMBER_NONE) {
        (void)snprintf(sentence, sizeof sentence, "it is the same database%s as target %s",
                       place.schema[0] != '\0' ? " and schema" : "",
                       rollout->targets[same_place].place.name);
        twice_refuse(step, number, sentence, "leave one of them out");
    }
}
