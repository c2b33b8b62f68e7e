/* A survey. */
#include "cli/client/survey.h"

#include <string.h>

int survey_open(struct survey *survey, struct invocation *invocation, struct error *error)
{
    memset(survey, 0, sizeof *survey);
    return conversation_open(&survey->conversation, invocation, true, error) == 0
               ? survey_ask(survey, error)
               : -1;
}

int survey_ask(struct survey *survey, struct error *error)
{
    return conversation_question(&survey->conversation, PURPOSE_SURVEY, &survey->targets,
                                 &survey->finished, error);
}

void survey_close(struct survey *survey)
{
    conversation_close(&survey->conversation);
}

bool survey_at_head(const struct survey *survey, const struct target_status *target)
{
    struct arena arena = {0};
    struct revision_list heads =
        graph_real_heads(bundle_graph(survey->conversation.bundle), &arena);
    bool at_head = target->inspected && target->heads.count == heads.count;
    for (size_t i = 0; i < heads.count && at_head; i++) {
        at_head = texts_hold(target->heads, heads.items[i]->id);
    }
    arena_free(&arena);
    return at_head;
}

int survey_current(const struct survey *survey, bool one, struct texts *rows, struct error *error)
{
    struct arena *arena = &survey->conversation.invocation->arena;
    const struct target_status *first = NULL;
    size_t room = 0;
    size_t count = 0;
    for (size_t i = 0; i < survey->targets.count; i++) {
        const struct target_status *target = &survey->targets.items[i];
        if (!target->inspected) {
            (void)error_set(error, ERROR_DATABASE, "%s could not be asked where it stands",
                            target->place.name);
            return error_hint(error, "`drover current` tells why");
        }
        first = first == NULL ? target : first;
        bool same = first->heads.count == target->heads.count;
        for (size_t k = 0; k < target->heads.count; k++) {
            same = same && texts_hold(first->heads, target->heads.items[k]);
        }
        if (one && !same) {
            (void)error_set(error, ERROR_FAILED, "the targets stand at different revisions");
            return error_hint(error, "`drover current` shows where; name a revision instead");
        }
        room += target->heads.count;
    }
    const char **items = arena_array(arena, room, sizeof *items);
    for (size_t i = 0; i < survey->targets.count; i++) {
        const struct texts *heads = &survey->targets.items[i].heads;
        for (size_t k = 0; k < heads->count; k++) {
            if (!texts_hold((struct texts){items, count}, heads->items[k])) {
                items[count++] = arena_strdup(arena, heads->items[k]);
            }
        }
    }
    *rows = (struct texts){.items = items, .count = count};
    return 0;
}

size_t survey_count(const struct survey *survey, const char *row)
{
    size_t count = 0;
    for (size_t i = 0; i < survey->targets.count; i++) {
        count += texts_hold(survey->targets.items[i].heads, row);
    }
    return count;
}
