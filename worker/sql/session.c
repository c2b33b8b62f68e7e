/* Sessions (session.h). */
#include "worker/sql/session.h"

#include "common/base/array.h"

/* DISCARD ALL takes no transaction; these do the same within one. Roles first: the others need
 * privileges; cursors before what they read. */
#define CLEANING_LIST(X)                                                                           \
    X("RESET SESSION AUTHORIZATION")                                                               \
    X("RESET ROLE")                                                                                \
    X("CLOSE ALL")                                                                                 \
    X("RESET ALL")                                                                                 \
    X("DISCARD TEMP")                                                                              \
    X("DISCARD SEQUENCES")                                                                         \
    X("DEALLOCATE ALL")                                                                            \
    X("UNLISTEN *")

#define UNLOCK "SELECT pg_catalog.pg_advisory_unlock_all()"

#define AS_TEXT(statement) statement "; "
#define AS_ITEM(statement) statement,

const char session_rollback[] = "ROLLBACK; " CLEANING_LIST(AS_TEXT) UNLOCK;

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
    static const char *const statements[] = {CLEANING_LIST(AS_ITEM)};
    for (size_t i = 0; i < LENGTH(statements); i++) {
        buffer_text_append(batch_own(batch, NULL), statements[i]);
    }
    if (unlock) {
        buffer_text_append(batch_own(batch, NULL), UNLOCK);
    }
}
