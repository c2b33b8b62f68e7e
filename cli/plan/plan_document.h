/* A plan as a document: what the gate named, complete enough to be read, kept, approved, run later,
 * and compared with another one. As a file it is JSON (`drover plan -o FILE`).
 */
#ifndef DROVER_PLAN_PLAN_DOCUMENT_H
#define DROVER_PLAN_PLAN_DOCUMENT_H

#include <jansson.h>

#include "common/revision/plan.h"
#include "common/wire/message.h"

/* One step that some path takes, with what it runs. */
struct plan_sql {
    const char *step;                /* "+id", "-id" */
    const char *file;                /* name without folder */
    const char *sql;                 /* its statements; "" for none */
    const struct revision *revision; /* borrowed from the graph; NULL: not known */
};

struct plan_document {
    struct message_plan plan;
    const char *direction; /* "upgrade", "downgrade" */
    const char *spec;
    const char *where;      /* "" for the whole fleet */
    const char *created_by; /* "user@host" */
    const char *created_at; /* UTC, "2026-11-23T03:12:00Z" */
    struct plan_sql *steps; /* of all paths, each once */
    size_t step_count;
    const struct plan *plans; /* by path, no steps where the graph lacks one; NULL: not known */
    struct target_status_list targets; /* name, url, schema, wave, path and heads count */
};

/* Fills the plan, steps and targets; borrows from the arguments and `arena`. A
 * step that the graph lacks has no SQL. */
void plan_document_fill(struct plan_document *document, const struct message_plan *plan,
                        const struct target_status_list *targets, const struct graph *graph,
                        struct arena *arena);

/* The caller owns the result. */
json_t *plan_document_json(const struct plan_document *document);

/* Writes FILE whole or not at all. */
int plan_document_write(const struct plan_document *document, const char *path,
                        struct error *error) MUST_CHECK;

/* Reads what plan_document_write wrote, into `arena`. */
int plan_document_read(const char *path, struct arena *arena, struct plan_document *document,
                       struct error *error) MUST_CHECK;

#endif
