/* From version rows and a target to steps: Alembic's planning (docs/design/alembic.md, sections 3
 * to 5).
 *
 * Targets: `head`, `heads`, `base`, full and partial ids, labels, `+N`, `-N`,
 * `REV+N`, `REV-N`, `LABEL@head`, `LABEL@base`, `LABEL@+N` and so on. Each database
 * resolves them from where it stands.
 */
#ifndef DROVER_REVISION_PLAN_H
#define DROVER_REVISION_PLAN_H

#include "common/revision/graph.h"
#include "common/vocabulary/field.h"

/* Why a plan could not be made; the words are `drover explain`'s. */
#define PLAN_FAULT_LIST(X)                                                                         \
    X(NONE, "none")                                                                                \
    X(NO_SUCH_REVISION, "no_such_revision")                                                        \
    X(AMBIGUOUS_REVISION, "ambiguous_revision")                                                    \
    X(MULTIPLE_HEADS, "multiple_heads")                                                            \
    X(UNKNOWN_ROW, "no_such_revision") /* a version row is not in the bundle */                    \
    X(OVERLAPPING_ROWS, "overlapping_rows")                                                        \
    X(NOT_BELOW, "range_not_ancestor")                                                             \
    X(RELATIVE_OUT_OF_RANGE, "relative_out_of_range")                                              \
    X(AMBIGUOUS_WALK, "ambiguous_walk")                                                            \
    X(NO_DOWNGRADE, "no_downgrade")        /* a step down has no migrate:down section */           \
    X(UNAVAILABLE, "revision_unavailable") /* a step that Alembic could not render */              \
    X(UNTOUCHED, "revision_untouched")     /* a step that nobody has written yet */                \
    X(BAD_SPEC, "bad_spec")

enum plan_fault {
#define PLAN_FAULT_ENUM(name, word) PLAN_FAULT_##name,
    PLAN_FAULT_LIST(PLAN_FAULT_ENUM)
#undef PLAN_FAULT_ENUM
};

const char *plan_fault_word(enum plan_fault fault);

/* One change of the version table. */
enum version_change_kind { VERSION_INSERT, VERSION_UPDATE, VERSION_DELETE };
struct version_change {
    enum version_change_kind kind;
    const char *from; /* UPDATE, DELETE; otherwise NULL */
    const char *to;   /* INSERT, UPDATE; otherwise NULL */
};

struct plan_step {
    const struct revision *revision;
    enum direction direction;
    struct version_change *changes;
    size_t change_count;
    struct texts rows_after; /* sorted */
};

struct plan {
    enum plan_fault fault; /* NONE when the plan is valid */
    struct texts from;     /* sorted */
    struct texts to;       /* sorted; equals from when nothing is to do */
    struct plan_step *steps;
    size_t step_count;
    bool purge; /* of a stamp: all version rows are deleted before the steps */
    bool apart; /* each step in a transaction of its own */
};

/* Plans `direction` to `spec` for a database whose version rows are `rows` (order does not matter).
 * Returns -1 with plan->fault and a sentence in `error` when Alembic would refuse (or crash). An
 * ambiguous `-N` with several rows is refused (docs/design/alembic.md, section 14, trap 1).
 * Everything lives in `arena`. */
int plan_make(const struct graph *graph, enum direction direction, const char *spec,
              struct texts rows, struct arena *arena, struct plan *plan,
              struct error *error) MUST_CHECK;

/* The same steps again from their names ("+id" for up, "-id" for down), as they travel in a job:
 * the worker derives SQL and version changes from its own copy of the bundle. -1 if a name is
 * unknown or the steps do not follow from `rows`. */
int plan_replay(const struct graph *graph, struct texts rows, struct texts step_names,
                struct arena *arena, struct plan *plan, struct error *error) MUST_CHECK;

/* "+id", "-id", or "=id" of a stamp. */
char *plan_step_name(struct arena *arena, const struct plan_step *step);

/* With whom the rows are shared that the steps of these names change: the widest of them. */
enum sharing plan_steps_sharing(const struct graph *graph, struct texts step_names);

/* The names of all steps, as they travel in a job; a purge comes first as "=". */
struct texts plan_step_names(struct arena *arena, const struct plan *plan);

/* What a step runs, which a stamp does not. */
static inline const struct script *step_script(const struct plan_step *step)
{
    return step->direction == DIRECTION_DOWN ? &step->revision->down : &step->revision->up;
}

#endif
