/* Where a Python process shall take env.py, and as whom (alembic_visit.py).
 */
#ifndef DROVER_PYTHON_VISIT_H
#define DROVER_PYTHON_VISIT_H

#include <jansson.h>

#include "common/base/texts.h"
#include "worker/sql/batch.h"

/* Everything is borrowed. */
struct visit {
    const char *name;    /* of the target */
    const char *schema;  /* "" for a whole database */
    struct texts labels; /* "key=value" */
    const char *url;
    const char *password; /* NULL: libpq's own ways */
    uint64_t connect_timeout_ms;
    const char *version_schema;
    const char *version_table;
    const struct batch *session; /* for each of its connections, unless a pooler stands between */
    const struct batch *path;    /* in the transaction, where one does */
};

/* Adds all of it to a request. */
void visit_write(const struct visit *visit, json_t *request);

/* A text, a list of texts, and statements as texts, where one that begins a transaction is "". What is no UTF-8 is "". */
json_t *visit_text(const char *value);
json_t *visit_texts(struct texts texts);
json_t *visit_statements(const struct batch *batch);

#endif
