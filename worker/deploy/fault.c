/* What a failed message means (fault.h). */
#include "worker/deploy/fault.h"

#include <string.h>

#include "common/base/array.h"
#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/advice.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/locate.h"
#include "worker/deploy/message.h"
#include "worker/deploy/orphan.h"
#include "worker/deploy/statements.h"
#include "worker/deploy/stepwise.h"

/* "file:line" of a script's statement, or NULL. */
static const char *location_of(struct deploy *deploy, const struct batch_entry *entry,
                               unsigned line)
{
    if (entry == NULL || entry->statement == NULL) {
        return NULL;
    }
    return arena_printf(&deploy->task->arena, "%s:%u", entry->revision->path, line);
}

/* Rolls back and begins the segment in hand again. */
static void segment_again(struct deploy *deploy)
{
    deploy_say(deploy, DEPLOY_RETRYING, "ROLLBACK", deploy->runner->segment_start);
}

static void refuse_server(struct deploy *deploy)
{
    deploy_refuse(deploy, &(struct failure){
                              .cause = FAILURE_CAUSE_MOVED,
                              .sqlstate = SQLSTATE_OTHER_SERVER,
                              .message = "another server answers than the one that was validated",
                              .hint = "validate again: was the target moved or restored?",
                          });
}

/* An attempt that was lost has come back, or two rollouts are at it. */
static void refuse_taken_over(struct deploy *deploy)
{
    deploy_refuse(deploy, &(struct failure){
                              .cause = FAILURE_CAUSE_SQL,
                              .sqlstate = SQLSTATE_LOCK_NOT_AVAILABLE,
                              .message = arena_printf(
                                  &deploy->task->arena,
                                  "another attempt has taken revision %s over; nothing more was "
                                  "done by this one",
                                  deploy->plan.steps[deploy->first].revision->id),
                          });
}

/* At first it is only known that a table is another role's. */
static void refuse_or_look_closely(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    if (!deploy_has_met(deploy, REFUSAL_FOREIGN)) {
        deploy->learned.refusals |= 1U << REFUSAL_FOREIGN;
        segment_again(deploy);
        return;
    }
    deploy_refuse(deploy, &(struct failure){
                              .cause = FAILURE_CAUSE_VERSION_TABLE,
                              .message = arena_printf(
                                  arena,
                                  "%s or a table of Drover's beside it belongs to another role "
                                  "and may run what that role put in",
                                  deploy->tables.version),
                              .hint = "`drover validate head` names the table and what it holds",
                          });
}

/* An assertion of ours has failed. */
static void refused(struct deploy *deploy, enum batch_refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NONE: break;
    case REFUSAL_CREATE:
    case REFUSAL_NO_TABLE:
        deploy->learned.refusals |= 1U << refusal;
        segment_again(deploy);
        break;
    case REFUSAL_FOREIGN: refuse_or_look_closely(deploy); break;
    case REFUSAL_BUSY:
        deploy_poll(deploy, orphan_look, "another session is deploying to this target");
        break;
    case REFUSAL_OTHER_SERVER: refuse_server(deploy); break;
    case REFUSAL_TAKEN_OVER: refuse_taken_over(deploy); break;
    case REFUSAL_MOVED: locate_start(deploy); break;
    }
}

/* Two sessions changed one row of a catalog, or made one of the same name: by now the other is through.
 * PostgreSQL has no code of its own for the first. */
static bool is_contention(const struct pg_error *fault)
{
    static const char *const routines[] = {"simple_heap_update", "simple_heap_delete"};
    for (size_t i = 0; i < LENGTH(routines); i++) {
        if (sqlstate_is(fault->sqlstate, SQLSTATE_INTERNAL_ERROR) &&
            strcmp(fault->routine, routines[i]) == 0) {
            return true;
        }
    }
    return sqlstate_is(fault->sqlstate, SQLSTATE_UNIQUE_VIOLATION) &&
           strcmp(fault->schema, "pg_catalog") == 0;
}

static enum failure_cause cause_of(const struct deploy *deploy, const struct pg_error *fault,
                                   const struct batch_entry *entry)
{
    if (!fault->lost && is_contention(fault)) {
        return FAILURE_CAUSE_CONTENTION;
    }
    bool own = entry != NULL && entry->statement == NULL;
    if (!fault->lost && own && deploy_has_met(deploy, REFUSAL_CREATE) &&
        sqlstate_is(fault->sqlstate, SQLSTATE_UNDEFINED_TABLE)) {
        return FAILURE_CAUSE_PRIVILEGE;
    }
    return task_cause_of(fault, own ? PLACE_OWN : PLACE_SCRIPT);
}

/* The opening expected a table of ours to be there, and has not yet tried to make all. */
static bool is_missing_table(const struct deploy *deploy, const struct pg_error *fault,
                             const struct batch_entry *entry)
{
    return entry != NULL && entry->statement == NULL &&
           (size_t)(entry - deploy->batch.entries) < deploy->opening &&
           sqlstate_is(fault->sqlstate, SQLSTATE_UNDEFINED_TABLE) &&
           !deploy_has_met(deploy, REFUSAL_NO_TABLE) && !deploy_has_met(deploy, REFUSAL_CREATE);
}

/* Whether it took effect is for the next attempt to read from the target. */
static void refuse_unknown(struct deploy *deploy, const struct pg_error *fault)
{
    deploy_refuse(deploy,
                  &(struct failure){
                      .cause = FAILURE_CAUSE_CONNECTION,
                      .sqlstate = SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN,
                      .message = "the connection was lost while COMMIT was on its way",
                      .detail = fault->message,
                      .hint = "the next attempt reads from the target whether it took effect",
                  });
}

/* Constraints that are deferred are looked at by COMMIT, when no statement runs. */
static const char *at_commit_location(const struct deploy *deploy)
{
    bool one = deploy->end - deploy->first == 1;
    return one ? deploy->plan.steps[deploy->first].revision->path : NULL;
}

/* A script's "$1": the statement is understood, and then its value is missing. */
static bool is_parameter(const struct pg_error *fault, const struct batch_entry *entry)
{
    return !fault->lost && entry != NULL && entry->statement != NULL &&
           sqlstate_is(fault->sqlstate, SQLSTATE_PROTOCOL_VIOLATION);
}

static void fail(struct deploy *deploy, const struct pg_error *fault)
{
    bool committing = deploy->state == DEPLOY_COMMITTING || deploy->state == DEPLOY_LAST_COMMIT;
    if (committing && fault->lost) {
        refuse_unknown(deploy, fault);
        return;
    }
    unsigned line = 0;
    const struct batch_entry *entry = batch_locate(&deploy->batch, fault, &line);
    enum batch_refusal refusal =
        is_missing_table(deploy, fault, entry) ? REFUSAL_NO_TABLE : batch_refused(entry, fault);
    if (refusal != REFUSAL_NONE) {
        refused(deploy, refusal);
        return;
    }
    if (!fault->lost && !committing && entry != NULL && entry->statement != NULL &&
        stepwise_is_outside(deploy, fault->sqlstate)) {
        statements_outside(deploy);
        return;
    }
    struct pg_error told = *fault;
    if (is_parameter(fault, entry)) {
        memcpy(told.sqlstate, SQLSTATE_UNDEFINED_PARAMETER, sizeof told.sqlstate);
        told.message = "the statement holds a parameter ($1), and nothing gives it a value";
    }
    if (!fault->lost) {
        told.hint = advice_give(deploy, fault, entry);
    }
    if (!fault->lost && deploy_has_stood(deploy, fault->result_index)) {
        deploy_heads_set(deploy, deploy_rows_before(deploy));
    }
    struct failure failure = task_failure_of(deploy->task, cause_of(deploy, &told, entry), &told);
    failure.location = committing ? at_commit_location(deploy) : location_of(deploy, entry, line);
    deploy_refuse(deploy, &failure);
}

/* Another tag than it must be, or no transaction any more. */
static void refuse_answer(struct deploy *deploy)
{
    const struct batch_entry *entry = deploy->unexpected;
    if (entry == NULL) {
        deploy_refuse(
            deploy, &(struct failure){
                        .cause = FAILURE_CAUSE_TRANSACTION,
                        .sqlstate = SQLSTATE_INVALID_TRANSACTION_TERMINATION,
                        .message = "the transaction is not open any more before its COMMIT",
                        .hint = "look at what the scripts call: something outside of SQL ended it",
                    });
        return;
    }
    deploy_refuse(deploy, &(struct failure){
                              .cause = FAILURE_CAUSE_TRANSACTION,
                              .message = arena_printf(
                                  &deploy->task->arena,
                                  "a statement of the bookkeeping answered \"%s\", not \"%s\"",
                                  deploy->unexpected_tag, entry->tag),
                          });
}

void fault_take(struct deploy *deploy, const struct pg_error *fault)
{
    if (fault != NULL) {
        fail(deploy, fault);
    } else {
        refuse_answer(deploy);
    }
}
