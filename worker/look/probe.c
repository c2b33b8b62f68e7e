/* Probes: one number for each query, that tells how well a server is. */
#include "common/base/array.h"
#include "worker/look/reading.h"

#include <string.h>

/* A probe that takes longer is a load of its own. */
enum { PROBE_LIMIT_MS = 5000 };

static bool is_number(Oid type)
{
    static const Oid numbers[] = {20,  21,  23,  26,
                                  700, 701, 1700}; /* int8, int2, int4, oid, float4,
                                                      float8, numeric in pg_type */
    for (size_t i = 0; i < LENGTH(numbers); i++) {
        if (numbers[i] == type) {
            return true;
        }
    }
    return false;
}

static const char *value_take(struct task *task, size_t index, Oid type, const char *value)
{
    if (value != NULL && (!is_number(type) || strcmp(value, "NaN") == 0)) {
        return "returned a value that is not a number";
    }
    const struct texts before = task->result.values;
    const char **values = arena_array(&task->arena, index + 1, sizeof *values);
    for (size_t i = 0; i < index; i++) {
        values[i] = before.items[i];
    }
    values[index] = value == NULL ? "0" : arena_strdup(&task->arena, value);
    task->result.values = (struct texts){.items = values, .count = index + 1};
    return NULL;
}

void probe_start(struct task *task)
{
    static const struct reading_options options = {
        .noun = "probe",
        .cause = FAILURE_CAUSE_SQL,
        .hint = "a probe returns one row with one number; NULL counts as 0",
        .limit_ms = PROBE_LIMIT_MS,
        .own_path =
            true, /* what is asked is the server's, not the database's in which it is asked */
        .value = value_take,
    };
    reading_start(task, &options);
}
