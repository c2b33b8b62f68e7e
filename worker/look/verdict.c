/* The verdict on an inspected target: a list of checks, the first refusal counts. */
#include "worker/look/inspect.h"

#include <string.h>

#include "common/revision/graph.h"
#include "worker/look/adopt.h"
#include "worker/look/narrow.h"
#include "worker/look/placement.h"

enum { SERVER_VERSION_MIN = 120000 };

static bool refuse_version(struct inspect *inspect)
{
    const struct facts *facts = &inspect->facts;
    struct arena *arena = &inspect->look.task->arena;
    if (facts->server_version < SERVER_VERSION_MIN) {
        return inspect_refuse(inspect,
                              &(struct failure){
                                  .cause = FAILURE_CAUSE_SERVER_VERSION,
                                  .message = arena_printf(
                                      arena, "PostgreSQL %u is too old; 12 is the oldest supported",
                                      facts->server_version / 10000),
                                  .hint = "upgrade the server",
                              });
    }
    return false;
}

/* A survey reads only, which a standby answers as well. */
static bool refuse_server(struct inspect *inspect)
{
    const struct facts *facts = &inspect->facts;
    if (facts->standby) {
        return inspect_refuse(inspect, &(struct failure){
                                           .cause = FAILURE_CAUSE_STANDBY,
                                           .message = "the server is a standby (in recovery)",
                                           .hint = "point the target's URL at the primary",
                                       });
    }
    if (facts->read_only) {
        return inspect_refuse(
            inspect,
            &(struct failure){
                .cause = FAILURE_CAUSE_READ_ONLY,
                .message = "transactions are read-only by default",
                .hint =
                    "look for default_transaction_read_only on the server, the database and the "
                    "role",
            });
    }
    return false;
}

static bool refuse_schema(struct inspect *inspect)
{
    struct arena *arena = &inspect->look.task->arena;
    if (strcmp(inspect->tables.schema, "$user") == 0) {
        return inspect_refuse(
            inspect,
            &(struct failure){
                .cause = FAILURE_CAUSE_NO_SCHEMA,
                .message = "schema \"$user\" cannot be a target: a search_path reads this name as "
                           "the role's own, so that the SQL would run in another schema",
                .hint = "rename the schema, or leave it out",
            });
    }
    if (inspect->facts.schema_exists) {
        return false;
    }
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_NO_SCHEMA,
            .message = arena_printf(arena, "schema \"%s\" does not exist", inspect->tables.schema),
            .hint = arena_printf(arena, "CREATE SCHEMA %s", inspect->tables.schema_quoted),
        });
}

static bool is_stamp(const struct inspect *inspect)
{
    return inspect->look.task->job.direction == DIRECTION_STAMP;
}

static bool bundle_is_stepwise(const struct bundle *bundle)
{
    const struct graph *graph = bundle_graph(bundle);
    for (size_t i = 0; i < graph_size(graph); i++) {
        const struct revision *revision = graph_at(graph, i);
        if (!revision->up.transactional || !revision->down.transactional) {
            return true;
        }
    }
    return false;
}

static bool refuse_privilege(struct inspect *inspect)
{
    const struct facts *facts = &inspect->facts;
    struct arena *arena = &inspect->look.task->arena;
    const char *role = arena_printf(arena, "role \"%s\"", facts->role);
    const char *const tables[FACT_TABLES] = {inspect->tables.version, inspect->tables.history,
                                             inspect->tables.progress};
    bool create = false;
    for (unsigned i = 0; i < FACT_TABLES; i++) {
        bool needed =
            i < 2 || (!is_stamp(inspect) && bundle_is_stepwise(inspect->look.task->bundle));
        create = create || (needed && !inspect_table(inspect, i)->exists);
    }
    if (!facts->schema_usage || (create && !facts->schema_create)) {
        return inspect_refuse(
            inspect, &(struct failure){
                         .cause = FAILURE_CAUSE_PRIVILEGE,
                         .message = arena_printf(arena, "%s may not %s schema \"%s\"", role,
                                                 create ? "create tables in" : "use",
                                                 inspect->tables.schema),
                         .hint = arena_printf(arena, "GRANT USAGE, CREATE ON SCHEMA %s TO \"%s\"",
                                              inspect->tables.schema_quoted, facts->role),
                     });
    }
    for (unsigned i = 0; i < FACT_TABLES; i++) {
        const struct fact_table *table = inspect_table(inspect, i);
        if (table->exists && (!table->readable || !table->writable)) {
            return inspect_refuse(
                inspect, &(struct failure){
                             .cause = FAILURE_CAUSE_PRIVILEGE,
                             .message = arena_printf(arena, "%s may not read and write %s.%s", role,
                                                     inspect->tables.schema,
                                                     facts_table_name(&inspect->tables, i)),
                             .hint = arena_printf(
                                 arena, "GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO \"%s\"",
                                 tables[i], facts->role),
                         });
        }
    }
    return false;
}

/* For a survey it takes no more than the right to read the version rows. */
static bool refuse_reading(struct inspect *inspect)
{
    const struct facts *facts = &inspect->facts;
    struct arena *arena = &inspect->look.task->arena;
    const struct fact_table *version = inspect_table(inspect, 0);
    if (!version->exists || (facts->schema_usage && version->readable)) {
        return false;
    }
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_PRIVILEGE,
            .message = arena_printf(arena, "role \"%s\" may not read %s", facts->role,
                                    inspect->tables.version),
            .hint = arena_printf(
                arena, "GRANT USAGE ON SCHEMA %s TO \"%s\"; GRANT SELECT ON %s TO \"%s\"",
                inspect->tables.schema_quoted, facts->role, inspect->tables.version, facts->role),
        });
}

/* The last row of a revision; NULL when it counts as not applied after it, or there is none. */
static const struct recorded *recorded_find(const struct inspect *inspect, const char *revision)
{
    size_t low = 0; /* everything before it is the revision or less */
    for (size_t high = inspect->recorded_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(inspect->recorded[middle].revision, revision) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct recorded *last = low > 0 ? &inspect->recorded[low - 1] : NULL;
    return last != NULL && last->applied && strcmp(last->revision, revision) == 0 ? last : NULL;
}

/* How many revisions the history takes for applied; with a graph, how many of its revisions. */
static size_t recorded_applied(const struct inspect *inspect, const struct graph *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < inspect->recorded_count; i++) {
        const struct recorded *recorded = &inspect->recorded[i];
        bool last = i + 1 == inspect->recorded_count ||
                    strcmp(recorded->revision, inspect->recorded[i + 1].revision) != 0;
        count += last && recorded->applied &&
                 (graph == NULL || graph_find(graph, recorded->revision) != NULL);
    }
    return count;
}

static bool refuse_checksum(struct inspect *inspect, const struct revision *revision,
                            const struct recorded *recorded)
{
    struct arena *arena = &inspect->look.task->arena;
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_CHECKSUM,
            .message =
                arena_printf(arena, "revision %s was edited after it was applied", revision->id),
            .detail = arena_printf(arena, "%s: applied with checksum %.12s, is %.12s",
                                   revision->path, recorded->checksum, revision->checksum),
            .hint = arena_printf(arena,
                                 "restore migrate:up of %s to what was applied, and put the change "
                                 "into a new revision",
                                 revision->path),
            .location = revision->path,
        });
}

/* A revision below this one that the history lacks. */
static const struct revision *missing_below(struct inspect *inspect,
                                            const struct revision *revision)
{
    struct task *task = inspect->look.task;
    struct revision_list below = {0};
    struct error ignored; /* it is one of the graph's */
    if (graph_applied(bundle_graph(task->bundle), &revision->id, 1, &task->arena, &below,
                      &ignored) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < below.count; i++) {
        const struct revision *one = below.items[i];
        if (one->up.statement_count > 0 && recorded_find(inspect, one->id) == NULL) {
            return one;
        }
    }
    return NULL;
}

/* An upgrade of Drover's records all that stands below what it runs, as run or as seen. What is
 * missing there came to stand there later, when its branch was merged, and never ran. */
static bool refuse_late(struct inspect *inspect, const struct revision_list *applied)
{
    struct arena *arena = &inspect->look.task->arena;
    for (size_t i = 0; i < applied->count; i++) {
        const struct revision *above = applied->items[i];
        const struct recorded *recorded = recorded_find(inspect, above->id);
        const struct revision *late =
            recorded != NULL && recorded->ran ? missing_below(inspect, above) : NULL;
        if (late == NULL) {
            continue;
        }
        inspect->look.task->result.late = arena_strdup(arena, late->id);
        if (inspect->look.task->job.direction != DIRECTION_UP) {
            return false; /* for the planner: most ways down do not lead there */
        }
        return inspect_refuse(
            inspect,
            &(struct failure){
                .cause = FAILURE_CAUSE_LATE_REVISION,
                .message = arena_printf(
                    arena, "revision %s never ran here: it came to stand below %s, which had run",
                    late->id, above->id),
                .hint = arena_printf(
                    arena,
                    "put %s on top of the head by its 'Revises', or run its SQL by hand and then "
                    "`drover stamp --purge` what is applied",
                    late->path),
                .location = late->path,
            });
    }
    return false;
}

/* A stamp makes no use of what is applied, and may be there to mend it. Rows that the bundle does
 * not know are for the planner. */
static bool refuse_revisions(struct inspect *inspect)
{
    if (is_stamp(inspect)) {
        return false;
    }
    struct task *task = inspect->look.task;
    struct revision_list *applied = &inspect->applied;
    struct error error = {0};
    if (graph_applied(bundle_graph(task->bundle), task->result.rows.heads.items,
                      task->result.rows.heads.count, &task->arena, applied, &error) != 0) {
        struct failure failure = failure_of_error(FAILURE_CAUSE_UNKNOWN_REVISION, &error);
        if (error.hint[0] == '\0') {
            failure.hint = "bring the migrations folder up to date with what was deployed here";
        }
        return inspect_refuse(inspect, &failure);
    }
    size_t known = 0; /* applied, and the history says so */
    for (size_t i = 0; i < applied->count; i++) {
        const struct revision *revision = applied->items[i];
        const struct recorded *recorded = recorded_find(inspect, revision->id);
        known += recorded != NULL;
        if (recorded == NULL || recorded->checksum[0] == '\0' ||
            revision_is_recorded(revision, recorded->checksum)) {
            continue; /* applied by something else, or unchanged */
        }
        return refuse_checksum(inspect, revision, recorded);
    }
    const struct fact_table *history = inspect_table(inspect, 1);
    if (history->exists && !history->readable) {
        return false; /* a survey whose role may not read the history */
    }
    task->result.seen.reading.unrecorded.seen = (uint32_t)(applied->count - known);
    if (recorded_applied(inspect, NULL) != known) { /* nearly always equal, and cheaper to tell */
        size_t ours = recorded_applied(inspect, bundle_graph(task->bundle));
        task->result.seen.reading.unrecorded.gone = (uint32_t)(ours - known);
        return false; /* revisions have left the bundle: who was below whom is no longer known */
    }
    return known < applied->count && refuse_late(inspect, applied);
}

static bool refuse_rows(struct inspect *inspect)
{
    struct task *task = inspect->look.task;
    if (task->result.rows.heads.count <= BOOKKEEPING_HEADS_MAX) {
        return false;
    }
    task->result.rows.heads = (struct texts){0};
    task->result.rows.heads_known = false;
    return inspect_refuse(
        inspect, &(struct failure){
                     .cause = FAILURE_CAUSE_UNKNOWN_REVISION,
                     .message = arena_printf(&task->arena, "%s has more than %d rows",
                                             inspect->tables.version, BOOKKEEPING_HEADS_MAX),
                     .hint = "it holds one row for each head: is it the version table?",
                 });
}

static bool refuse_survey(struct inspect *inspect)
{
    bool judged = inspect->look.task->job.bundle[0] != '\0';
    bool schema = judged || inspect->look.task->job.place.schema[0] != '\0';
    if ((judged && refuse_version(inspect)) || placement_refuse_path(inspect) ||
        (schema && refuse_schema(inspect)) || placement_refuse_kind(inspect, 1) ||
        refuse_reading(inspect) || refuse_rows(inspect)) {
        return true;
    }
    inspect->look.task->result.rows.heads_known = true;
    return judged && (refuse_revisions(inspect) || unfinished_refuse(inspect));
}

void inspect_judge(struct inspect *inspect)
{
    struct task *task = inspect->look.task;
    bool made = inspect_table(inspect, 0)->exists;
    task->result.seen.reading.version_schema = inspect->tables.schema;
    task->result.seen.reading.version_table =
        made ? placement_shown(inspect, inspect->tables.schema) : "";
    if (inspect->facts.schema_exists && !made) {
        task->result.rows.heads_known = true; /* nothing was ever applied */
    }
    bool survey = task->job.survey || task->job.bundle[0] == '\0';
    bool refused = survey ? refuse_survey(inspect)
                          : refuse_version(inspect) || refuse_server(inspect) ||
                                placement_refuse_path(inspect) || refuse_schema(inspect) ||
                                placement_refuse_kind(inspect, FACT_TABLES) ||
                                refuse_privilege(inspect) || placement_refuse_foreign(inspect) ||
                                refuse_rows(inspect) || refuse_revisions(inspect) ||
                                narrow_refuse(inspect) || unfinished_refuse(inspect) ||
                                adopt_refuse(inspect);
    if (!refused) {
        look_done(&inspect->look);
    }
}
