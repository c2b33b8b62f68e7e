/* Statements that the built-in parser does not know, put to the server, which parses them and runs nothing.
 *
 * In a transaction that has failed a server parses a message and then refuses it (25P02): no name is looked up and
 * no lock is taken, so the answer is about the grammar alone and the same in every database. What it cannot parse it
 * refuses as a syntax error (42601); every other error says nothing. Each kind of server is asked once
 * (worker/connections/grammars.h).
 */
#include <string.h>

#include "common/revision/graph.h"
#include "common/revision/statement.h"
#include "common/vocabulary/sqlstate.h"
#include "worker/connections/grammars.h"
#include "worker/connections/pool.h"
#include "worker/look/inspect.h"

enum { REFUSED_MAX = 20 }; /* of one target, in its result */

/* It fails, and stands in the server's log before what follows. */
static const char failing[] =
    "SELECT 'Drover asks which statements this server can parse; the errors that follow are the "
    "answers'::pg_catalog.int4";

static struct arena *arena_of(struct inspect *inspect)
{
    return &inspect->look.task->arena;
}

static bool is_up(const struct inspect *inspect)
{
    return inspect->look.task->job.direction == DIRECTION_UP;
}

static const struct script *script_of(const struct inspect *inspect,
                                      const struct revision *revision)
{
    return is_up(inspect) ? &revision->up : &revision->down;
}

static struct grammar_question question_of(struct inspect *inspect, const struct revision *revision)
{
    return (struct grammar_question){
        .server = connection_server_name(inspect->look.connection),
        .bundle = inspect->look.task->job.bundle,
        .step = arena_printf(arena_of(inspect), "%c%s", is_up(inspect) ? '+' : '-', revision->id),
    };
}

static void refused_add(struct inspect *inspect, const char *step, const struct failure *refusal)
{
    struct unread *unread = &inspect->unread;
    if (unread->refused_count == REFUSED_MAX) {
        return;
    }
    if (unread->refused == NULL) {
        unread->refused = arena_array(arena_of(inspect), REFUSED_MAX, sizeof *unread->refused);
    }
    const struct unread_step refused = {.step = step, .failure = *refusal};
    layout_copy(unread_step_layout(), arena_of(inspect), &refused,
                &unread->refused[unread->refused_count++]);
    inspect->look.task->result.unread =
        (struct unread_step_list){unread->refused, unread->refused_count};
}

/* ---- which steps ---- */

/* Collects the revisions that a way up or down from here may run, and of which no such server was asked. */
static void steps_collect(struct inspect *inspect)
{
    struct unread *unread = &inspect->unread;
    const struct graph *graph = bundle_graph(inspect->look.task->bundle);
    struct grammars *grammars = pool_grammars(inspect->look.task->pool);
    const size_t size = graph_size(graph);
    size_t applied = 0; /* these stand in listing order, too */
    unread->steps = NULL;
    unread->step_count = 0;
    for (size_t i = 0; i < size; i++) {
        const struct revision *revision = graph_at(graph, i);
        bool here = applied < inspect->applied.count && inspect->applied.items[applied] == revision;
        applied += here;
        if (here == is_up(inspect) || !script_of(inspect, revision)->newer) {
            continue;
        }
        const struct grammar_question question = question_of(inspect, revision);
        const struct failure *refusal = NULL;
        if (!grammars_find(grammars, &question, &refusal)) {
            if (unread->steps == NULL) {
                unread->steps = arena_array(arena_of(inspect), size, sizeof(void *));
            }
            unread->steps[unread->step_count++] = revision;
        } else if (refusal != NULL) {
            refused_add(inspect, question.step, refusal);
        }
    }
}

bool unread_ask(struct inspect *inspect)
{
    const struct task *task = inspect->look.task;
    if (task->job.survey || task->job.bundle[0] == '\0' || task->job.direction == DIRECTION_STAMP) {
        return false;
    }
    steps_collect(inspect);
    if (inspect->unread.step_count == 0) {
        return false;
    }
    struct buffer sql = {0};
    buffer_text_append(&sql, connection_in_transaction(inspect->look.connection)
                                 ? "ROLLBACK; BEGIN READ ONLY; "
                                 : "BEGIN READ ONLY; ");
    settings_limits_append(&sql, &inspect->look.settings);
    buffer_text_append(&sql, failing);
    inspect->unread.asking = true;
    look_ask(&inspect->look, buffer_text(&sql));
    buffer_free(&sql);
    return true;
}

/* ---- answers ---- */

static void step_over(struct inspect *inspect, const struct failure *refusal)
{
    struct unread *unread = &inspect->unread;
    const struct grammar_question question = question_of(inspect, unread->steps[unread->step]);
    grammars_keep(pool_grammars(inspect->look.task->pool), &question, refusal);
    if (refusal != NULL) {
        refused_add(inspect, question.step, refusal);
    }
    unread->step++;
    unread->statement = 0;
}

/* "file:line:column"; the column is left out where it is not known. */
static const char *location_of(struct inspect *inspect, const struct revision *revision,
                               const struct statement *statement, unsigned character)
{
    unsigned line = 0;
    unsigned column = 0;
    statement_locate(statement, character, &line, &column);
    return column > 0 ? arena_printf(arena_of(inspect), "%s:%u:%u", revision->path, line, column)
                      : arena_printf(arena_of(inspect), "%s:%u", revision->path, line);
}

static void statement_refuse(struct inspect *inspect, const struct pg_error *fault)
{
    struct unread *unread = &inspect->unread;
    const struct revision *revision = unread->steps[unread->step];
    const struct statement *statement =
        &script_of(inspect, revision)->statements[unread->statement];
    struct failure failure = task_failure_of(inspect->look.task, FAILURE_CAUSE_SYNTAX, fault);
    failure.detail = arena_printf(arena_of(inspect), "the server is PostgreSQL %s",
                                  connection_server_name(inspect->look.connection));
    failure.hint =
        "mend it, or write it for this version of PostgreSQL, or upgrade the server first";
    failure.location = location_of(inspect, revision, statement, fault->position);
    failure.revision = revision->id;
    step_over(inspect, &failure);
}

/* Puts the next statement to the server; false when there is none left. */
static bool statement_ask(struct inspect *inspect)
{
    struct unread *unread = &inspect->unread;
    while (unread->step < unread->step_count) {
        const struct script *script = script_of(inspect, unread->steps[unread->step]);
        while (unread->statement < script->statement_count &&
               script->statements[unread->statement].newer == NULL) {
            unread->statement++;
        }
        if (unread->statement < script->statement_count) {
            look_parse(&inspect->look, script->statements[unread->statement].sql);
            return true;
        }
        step_over(inspect, NULL);
    }
    return false;
}

bool unread_answered(struct inspect *inspect, const struct pg_error *fault)
{
    struct unread *unread = &inspect->unread;
    if (fault != NULL && fault->lost) {
        return false;
    }
    bool opening = !unread->failed;
    unread->failed = true;
    if (opening && fault == NULL) {
        task_fail(inspect->look.task,
                  &(struct failure){.cause = FAILURE_CAUSE_INTERNAL,
                                    .message = "the server runs what must fail everywhere"});
        look_end(&inspect->look, false);
        return true;
    }
    if (opening) {
        if (!sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_TEXT_REPRESENTATION)) {
            return false;
        }
    } else if (fault != NULL && sqlstate_is(fault->sqlstate, SQLSTATE_SYNTAX_ERROR)) {
        statement_refuse(inspect, fault);
    } else {
        unread->statement++;
    }
    if (!statement_ask(inspect)) {
        look_end(&inspect->look, !inspect->look.task->job.final);
    }
    return true;
}
