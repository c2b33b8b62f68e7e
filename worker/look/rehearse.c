/* The steps ahead that only Alembic can run: whether this worker can run them here (worker/python/check.h).
 *
 * Asked when the target is found fit, over a connection that env.py makes; the look's own waits.
 */
#include "common/revision/graph.h"
#include "worker/connections/pool.h"
#include "worker/look/inspect.h"
#include "worker/python/check.h"

static struct arena *arena_of(struct inspect *inspect)
{
    return &inspect->look.task->arena;
}

static bool is_up(const struct inspect *inspect)
{
    return inspect->look.task->job.direction == DIRECTION_UP;
}

/* Those that a way up or down from here may run. */
static struct revision_list steps_ahead(struct inspect *inspect)
{
    const struct graph *graph = bundle_graph(inspect->look.task->bundle);
    const size_t size = graph_size(graph);
    struct revision_list steps = {0};
    size_t applied = 0; /* these stand in listing order, too */
    for (size_t i = 0; i < size; i++) {
        const struct revision *revision = graph_at(graph, i);
        bool here = applied < inspect->applied.count && inspect->applied.items[applied] == revision;
        const struct script *script = is_up(inspect) ? &revision->up : &revision->down;
        applied += here;
        if (here != is_up(inspect) && script->alembic != NULL) {
            if (steps.items == NULL) {
                steps.items = arena_array(arena_of(inspect), size, sizeof(void *));
            }
            steps.items[steps.count++] = revision;
        }
    }
    return steps;
}

static void told(const struct inability_list *inabilities, void *context)
{
    struct inspect *inspect = context;
    struct task *task = inspect->look.task;
    struct inability *items = arena_array(&task->arena, inabilities->count, sizeof *items);
    for (size_t i = 0; i < inabilities->count; i++) {
        items[i] = inabilities->items[i];
    }
    task->result.inabilities = *inabilities;
    task->result.inabilities.items = items;
    task->cancel = inspect->rehearsal.cancel;
    inspect->rehearsal.check = NULL;
    inspect_conclude(inspect);
}

/* What the session of env.py is set to. */
static void session_fill(struct inspect *inspect, struct batch *session, struct batch *path)
{
    const struct message_job *job = &inspect->look.task->job;
    struct connection *connection = inspect->look.connection;
    struct settings settings = inspect->look.settings;
    settings.local = false;
    settings_append(session, &settings, connection);
    settings_path(session, job, connection, arena_of(inspect), false);
    settings_path(path, job, connection, arena_of(inspect), true);
}

static void ask(struct inspect *inspect, const char *password)
{
    struct task *task = inspect->look.task;
    struct batch session = {0};
    struct batch path = {0};
    session_fill(inspect, &session, &path);
    const struct check_request request = {
        .bundle = task->job.bundle,
        .visit = {.name = task->job.place.name,
                  .schema = task->job.place.schema,
                  .labels = task->job.labels,
                  .url = task->job.place.url,
                  .password = password,
                  .connect_timeout_ms = task->job.timeouts.connect_timeout_ms,
                  .version_schema = inspect->tables.schema,
                  .version_table = inspect->tables.version_name,
                  .session = &session,
                  .path = &path},
        .steps = inspect->rehearsal.steps,
        .up = is_up(inspect),
        .pooled = inspect->facts.pooled,
        .limit_ms = inspect->look.settings.statement_timeout_ms,
    };
    inspect->rehearsal.check = check_ask(task->python, &request, told, inspect, &task->arena);
    batch_free(&session);
    batch_free(&path);
}

static void password_found(const char *value, bool cached, const struct error *error, void *context)
{
    (void)cached;
    struct inspect *inspect = context;
    inspect->rehearsal.secret = NULL;
    if (error != NULL) {
        const struct failure failure = failure_of_error(FAILURE_CAUSE_SECRET, error);
        task_fail(inspect->look.task, &failure);
        inspect->look.task->cancel = inspect->rehearsal.cancel;
        look_end(&inspect->look, false);
        return;
    }
    ask(inspect, value);
}

static void cancel(struct task *task)
{
    struct inspect *inspect = task->runner;
    struct rehearsal *rehearsal = &inspect->rehearsal;
    if (rehearsal->secret != NULL) {
        secret_wait_cancel(rehearsal->secret);
    }
    if (rehearsal->check != NULL) {
        check_give_up(rehearsal->check);
    }
    rehearsal->secret = NULL;
    rehearsal->check = NULL;
    task->result.outcome = JOB_OUTCOME_CANCELLED;
    look_end(&inspect->look, false);
}

bool rehearse_ask(struct inspect *inspect)
{
    struct task *task = inspect->look.task;
    if (task->job.survey || task->job.bundle[0] == '\0' || task->job.direction == DIRECTION_STAMP) {
        return false;
    }
    struct rehearsal *rehearsal = &inspect->rehearsal;
    rehearsal->steps = steps_ahead(inspect);
    if (rehearsal->steps.count == 0) {
        return false;
    }
    rehearsal->cancel = task->cancel;
    task->cancel = cancel;
    struct secret_wait *wait = pool_password(task, password_found, inspect);
    if (wait != NULL) { /* otherwise it was answered at once */
        rehearsal->secret = wait;
    }
    return true;
}
