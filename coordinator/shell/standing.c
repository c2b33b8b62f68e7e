#include "coordinator/shell/standing.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/range.h"
#include "coordinator/core/core.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/state.h"
#include "coordinator/shell/messages.h"

enum { EXAMPLES_MAX = 10 };

enum verdict { VERDICT_UNTRIED, VERDICT_YES, VERDICT_BEHIND, VERDICT_UNKNOWN };

struct standing {
    const struct rollout *rollout;
    const struct graph *graph;
    struct revision_list least;
    struct arena *arena;
    enum verdict *verdicts; /* by set of heads: most targets share one */
    struct message_standing answer;
    const char *examples[EXAMPLES_MAX];
};

/* Whether version rows imply every revision of `least`. */
static enum verdict rows_judge(const struct standing *standing, struct texts rows)
{
    struct revision_list applied;
    struct error ignored = {0};
    if (graph_applied(standing->graph, rows.items, rows.count, standing->arena, &applied,
                      &ignored) != 0) {
        return VERDICT_UNKNOWN; /* a version that these revisions do not have */
    }
    for (size_t i = 0; i < standing->least.count; i++) {
        size_t at = 0;
        while (at < applied.count && applied.items[at] != standing->least.items[i]) {
            at++;
        }
        if (at == applied.count) {
            return VERDICT_BEHIND;
        }
    }
    return VERDICT_YES;
}

/* While a deploy runs, or may have committed, nobody knows. */
static bool is_in_doubt(const struct rollout *rollout, const struct target *target)
{
    bool tried = target->state == TARGET_RUNNING || target->state == TARGET_WAITING;
    bool back = rollout->policy.request.direction != DIRECTION_UP; /* what it had may be gone */
    if (target->heads == INTERN_NONE || tried || (back && target->state == TARGET_FAILED)) {
        return true;
    }
    for (uint32_t i = 0; i < rollout->orphan_count; i++) {
        if (&rollout->targets[rollout->orphans[i].target] == target) {
            return true;
        }
    }
    return false;
}

static enum verdict target_judge(struct standing *standing, const struct target *target)
{
    if (is_in_doubt(standing->rollout, target)) {
        return VERDICT_UNKNOWN;
    }
    enum verdict *verdict = &standing->verdicts[target->heads];
    if (*verdict == VERDICT_UNTRIED) {
        *verdict =
            rows_judge(standing, intern_set_texts(&standing->rollout->intern, target->heads));
    }
    return *verdict;
}

static void target_count(struct standing *standing, const struct target *target)
{
    struct message_standing *answer = &standing->answer;
    if (target->state == TARGET_GONE) {
        return;
    }
    enum verdict verdict = target_judge(standing, target);
    answer->targets++;
    answer->behind += verdict == VERDICT_BEHIND;
    answer->unknown += verdict == VERDICT_UNKNOWN;
    if (verdict != VERDICT_YES && answer->examples.count < EXAMPLES_MAX) {
        standing->examples[answer->examples.count++] = target->place.name;
    }
}

/* Why the targets of the rollout are not all that there are; "" when they are. */
static const char *doubt(const struct rollout *rollout, bool one)
{
    if (rollout->state == ROLLOUT_NONE) {
        return "there was no rollout yet, so no target has been looked at";
    }
    if (one) {
        return "";
    }
    if (rollout->state == ROLLOUT_PLANNING || rollout->sources_failed > 0) {
        return "not all targets are known: discoveries are not done";
    }
    return rollout->policy.request.where[0] != '\0'
               ? "the last rollout was of a part of the fleet; the others were not looked at"
               : "";
}

static void targets_count(struct standing *standing, const char *name)
{
    const struct rollout *rollout = standing->rollout;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        if (name[0] == '\0' || strcmp(name, target->place.name) == 0) {
            target_count(standing, target);
        }
    }
}

/* The graph of the rollout's revisions, and those of it that are asked about. */
static int least_find(struct standing *standing, const struct core *core, const char *symbol,
                      struct error *error)
{
    enum plan_fault fault;
    standing->graph = rollout_graph(core, standing->rollout, error);
    if (standing->graph == NULL) {
        return -1;
    }
    return range_symbol(standing->graph, symbol, standing->arena, &standing->least, &fault, error);
}

struct message standing_message(const struct core *core,
                                const struct message_standing_wanted *wanted, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    struct standing *standing = arena_alloc(arena, sizeof *standing);
    struct message_standing *answer = &standing->answer;
    bool one = wanted->target[0] != '\0';
    struct error error = {0};
    standing->rollout = rollout;
    standing->arena = arena;
    answer->rollout = rollout->policy.rollout;
    answer->reason = doubt(rollout, one);
    answer->examples.items = standing->examples;
    if (wanted->min[0] == '\0') {
        return answer_refused(ERROR_USAGE, "at which revision?", "min=REVISION, or min=heads");
    }
    /* What the last rollout's revisions do not have may come with the next. */
    if (answer->reason[0] == '\0' && least_find(standing, core, wanted->min, &error) != 0) {
        answer->reason = arena_strdup(arena, error.message);
    }
    if (answer->reason[0] == '\0') {
        standing->verdicts =
            arena_array(arena, rollout->intern.set_count, sizeof *standing->verdicts);
        targets_count(standing, wanted->target);
    }
    if (answer->reason[0] == '\0' && answer->targets == 0) {
        answer->reason =
            one ? "the last rollout had no target of this name" : "there are no targets";
    }
    answer->at_least = answer->reason[0] == '\0' && answer->behind == 0 && answer->unknown == 0;
    return (struct message){.type = MESSAGE_STANDING, .standing = *answer};
}
