/* Checks: SQL that must return true on a target between two waves. */
#include "worker/look/reading.h"

#include <string.h>

enum { TYPE_BOOLEAN = 16 }; /* oid of bool in pg_type */

static const char *value_take(struct task *task, size_t index, Oid type, const char *value)
{
    (void)task;
    (void)index;
    if (value == NULL) {
        return "returned NULL";
    }
    if (type != TYPE_BOOLEAN) {
        return "returned a value that is not a boolean";
    }
    return strcmp(value, "t") == 0 ? NULL : "returned false";
}

void check_start(struct task *task)
{
    static const struct reading_options options = {
        .noun = "check",
        .cause = FAILURE_CAUSE_CHECK,
        .hint = "a check returns one row with one boolean, and this is true",
        .value = value_take,
    };
    reading_start(task, &options);
}
