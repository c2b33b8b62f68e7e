/* Sessions (session.h). */
#include "worker/sql/session.h"

#include "common/base/array.h"

#define UNLOCK "SELECT pg_catalog.pg_advisory_unlock_all()"

#define CLEAN(statement) statement "; "
const char session_rollback[] = "ROLLBACK; "
#include "common/revision/session_clean.def"
    UNLOCK;
#undef CLEAN

void session_own_begin(struct batch *batch, bool writes)
{
    buffer_text_append(batch_own(batch, "BEGIN"),
                       writes ? "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
                              : "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY");
    buffer_text_append(batch_own(batch, "SET"), SESSION_OWN_PATH);
}

void session_own_end(struct batch *batch)
{
    buffer_text_append(batch_own(batch, "COMMIT"), "COMMIT");
}

void session_clean(struct batch *batch, bool unlock)
{
#define CLEAN(statement) statement,
    static const char *const statements[] = {
#include "common/revision/session_clean.def"
    };
#undef CLEAN
    for (size_t i = 0; i < LENGTH(statements); i++) {
        buffer_text_append(batch_own(batch, NULL), statements[i]);
    }
    if (unlock) {
        buffer_text_append(batch_own(batch, NULL), UNLOCK);
    }
}
