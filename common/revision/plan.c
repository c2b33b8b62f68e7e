/* The rows are checked, upgrade.c or downgrade.c finds the revisions,
 * versions.c follows the rows. */
#include "common/revision/plan.h"

#include <string.h>

#include "common/revision/downgrade.h"
#include "common/revision/question.h"
#include "common/revision/upgrade.h"
#include "common/revision/versions.h"

const char *plan_fault_word(enum plan_fault fault)
{
    static const char *const words[] = {
#define PLAN_FAULT_WORD(name, word) word,
        PLAN_FAULT_LIST(PLAN_FAULT_WORD)
#undef PLAN_FAULT_WORD
    };
    return words[fault];
}

/* What was imported from another tool can be written in its file. Alembic may take turns with us: to before the step,
 * the step, and on. */
static int turns_hint(const struct question *question, const struct revision *revision,
                      enum direction direction)
{
    const char *verb = direction_word(direction);
    size_t length = strlen(revision->path);
    if (length > 4 && strcmp(revision->path + length - 4, ".sql") == 0) {
        return error_hint(question->error,
                          "write what it does as SQL into %s, and take '%s Unavailable' out of its "
                          "header",
                          revision->path, direction == DIRECTION_UP ? "Up" : "Down");
    }
    const char *parent = revision->down_revision_count > 0 ? revision->down_revisions[0] : NULL;
    const char *before = direction == DIRECTION_UP ? parent : revision->id;
    const char *after = direction == DIRECTION_UP ? revision->id : parent != NULL ? parent : "base";
    const char *first =
        before != NULL ? arena_printf(question->arena, "`drover %s %s`, then ", verb, before) : "";
    return error_hint(question->error,
                      "the two tools may take turns: %s`alembic %s %s` on each database, then "
                      "`drover %s %s`; or write it so that it does not read from the connection",
                      first, verb, after, verb, question->spec != NULL ? question->spec : "head");
}

static int step_check(struct question *question, size_t index, enum direction direction)
{
    const struct revision *revision = question->versions.graph->revisions[index];
    const struct script *script = direction == DIRECTION_UP ? &revision->up : &revision->down;
    if (script->unavailable != NULL) {
        (void)question_fail(
            question, PLAN_FAULT_UNAVAILABLE, "the %s of revision '%s' is not available: %s",
            direction == DIRECTION_UP ? "upgrade" : "downgrade", revision->id, script->unavailable);
        return script->broken
                   ? error_hint(question->error, "mend it: a way down may change at any time")
                   : turns_hint(question, revision, direction);
    }
    if (direction == DIRECTION_UP && script->untouched) {
        (void)question_fail(question, PLAN_FAULT_UNTOUCHED,
                            "revision '%s' has no statement: %s is the template as it was made",
                            revision->id, revision->path);
        return error_hint(question->error,
                          "write its SQL; if it is to do nothing, delete the comment that invites");
    }
    if (direction == DIRECTION_UP || (script->present && !script->untouched)) {
        return 0;
    }
    (void)question_fail(question, PLAN_FAULT_NO_DOWNGRADE, "revision '%s' has no way down: %s %s",
                        revision->id, revision->path,
                        script->present ? "has the '-- migrate:down' section of the template"
                                        : "has no '-- migrate:down' section");
    return error_hint(question->error,
                      "write the section, empty if there is nothing to undo, or "
                      "stop the downgrade at '%s'",
                      revision->id);
}

/* Whether the step follows from the rows: its links are applied and it is not, or it is a row. */
static bool step_follows(const struct versions *versions, const uint64_t *applied, size_t index,
                         enum direction direction)
{
    const struct index_list *links = &versions->graph->nodes[index].links;
    if (direction == DIRECTION_DOWN) {
        return index_list_has(&versions->rows, index);
    }
    bool follows = !set_has(applied, index);
    for (size_t i = 0; i < links->count; i++) {
        follows = follows && set_has(applied, links->items[i]);
    }
    return follows;
}

/* One step of `direction` after those already in the plan; `versions`
 * and question->applied move on. */
static int step_append(struct question *question, struct versions *versions, size_t index,
                       enum direction direction)
{
    struct plan *plan = question->plan;
    const struct revision *revision = question->versions.graph->revisions[index];
    if (!step_follows(versions, question->applied, index, direction)) {
        return question_fail(question, PLAN_FAULT_BAD_SPEC,
                             direction == DIRECTION_UP
                                 ? "step '+%s' does not follow from where the database stands (%s)"
                                 : "step '-%s' does not follow from where the database stands (%s)",
                             revision->id, question_ids(question, &versions->rows));
    }
    if (step_check(question, index, direction) < 0) {
        return -1;
    }
    struct plan_step *step = &plan->steps[plan->step_count];
    step->revision = revision;
    step->direction = direction;
    versions_step(versions, index, question->arena, step);
    if (direction == DIRECTION_UP) {
        set_put(question->applied, index);
    } else {
        set_remove(question->applied, index);
    }
    plan->to = step->rows_after;
    plan->step_count++;
    return 0;
}

static int steps_append(struct question *question, enum direction direction,
                        const struct index_list *steps)
{
    struct versions versions = question->versions;
    question->plan->steps =
        arena_array(question->arena, steps->count, sizeof *question->plan->steps);
    for (size_t i = 0; i < steps->count; i++) {
        if (step_append(question, &versions, steps->items[i], direction) < 0) {
            return -1;
        }
    }
    return 0;
}

int plan_make(const struct graph *graph, enum direction direction, const char *spec,
              struct texts rows, struct arena *arena, struct plan *plan, struct error *error)
{
    struct question question = {
        .versions.graph = graph, .arena = arena, .plan = plan, .error = error, .spec = spec};
    struct index_list steps = {0};
    *plan = (struct plan){0};
    if (strchr(spec, ':') != NULL) {
        (void)question_fail(&question, PLAN_FAULT_BAD_SPEC,
                            "'%s' is a range, but one target is asked for", spec);
        return error_hint(error, "a database's own version rows say where it starts");
    }
    if (question_rows(&question, rows) < 0) {
        return -1;
    }
    int found = direction == DIRECTION_UP ? upgrade_find(&question, spec, &steps)
                                          : downgrade_find(&question, spec, &steps);
    if (found < 0 || (direction == DIRECTION_UP && question_overlap(&question) < 0)) {
        return -1;
    }
    return steps_append(&question, direction, &steps);
}

int plan_replay(const struct graph *graph, struct texts rows, struct texts step_names,
                struct arena *arena, struct plan *plan, struct error *error)
{
    struct question question = {
        .versions.graph = graph, .arena = arena, .plan = plan, .error = error};
    *plan = (struct plan){0};
    if (question_rows(&question, rows) < 0) {
        return -1;
    }
    struct versions versions = question.versions;
    plan->steps = arena_array(arena, step_names.count, sizeof *plan->steps);
    for (size_t i = 0; i < step_names.count; i++) {
        const char *name = step_names.items[i];
        if (name[0] != '+' && name[0] != '-') {
            return question_fail(&question, PLAN_FAULT_BAD_SPEC, "'%s' is not the name of a step",
                                 name);
        }
        size_t index = graph_id_index(graph, name + 1);
        if (index == INDEX_NOTHING) {
            return question_fail(&question, PLAN_FAULT_NO_SUCH_REVISION,
                                 "step '%s' names a revision that is not in the bundle", name);
        }
        enum direction direction = name[0] == '+' ? DIRECTION_UP : DIRECTION_DOWN;
        if (step_append(&question, &versions, index, direction) < 0) {
            return -1;
        }
    }
    return 0;
}

enum sharing plan_steps_sharing(const struct graph *graph, struct texts step_names)
{
    enum sharing widest = SHARING_NONE;
    for (size_t i = 0; i < step_names.count; i++) {
        const char *name = step_names.items[i];
        const struct revision *revision = name[0] != '=' ? graph_find(graph, name + 1) : NULL;
        if (revision != NULL) {
            enum sharing sharing = name[0] == '+' ? revision->up.sharing : revision->down.sharing;
            widest = sharing > widest ? sharing : widest;
        }
    }
    return widest;
}

char *plan_step_name(struct arena *arena, const struct plan_step *step)
{
    static const char marks[] = {
        [DIRECTION_UP] = '+', [DIRECTION_DOWN] = '-', [DIRECTION_STAMP] = '='};
    return arena_printf(arena, "%c%s", marks[step->direction], step->revision->id);
}

struct texts plan_step_names(struct arena *arena, const struct plan *plan)
{
    const char **names = arena_array(arena, plan->step_count + 1, sizeof *names);
    size_t count = 0;
    if (plan->purge) {
        names[count++] = "=";
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        names[count++] = plan_step_name(arena, &plan->steps[i]);
    }
    return (struct texts){.items = names, .count = count};
}
