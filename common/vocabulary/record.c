/* The layouts of records, from their list. */
#include "common/vocabulary/record.h"

#include "common/base/array.h"
#include "common/vocabulary/list_rows.h"
#define RECORD_BEGIN(name)                                                                         \
    const struct layout *name##_layout(void)                                                       \
    {                                                                                              \
        typedef struct name self;                                                                  \
        static const struct field fields[] = {
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    ;                                                                                              \
    static const struct layout layout = {#name, sizeof(self), fields, LENGTH(fields)};             \
    return &layout;                                                                                \
    }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END
#include "common/vocabulary/list_end.h"

bool job_key_equal(struct job_key left, struct job_key right)
{
    return left.job == right.job && left.claim == right.claim;
}
