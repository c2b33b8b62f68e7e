/* Records as structs, derived from records.def: struct found_target, struct found_target_list, ... */
#ifndef DROVER_VOCABULARY_RECORD_H
#define DROVER_VOCABULARY_RECORD_H

#include "common/vocabulary/failure.h"
#include "common/vocabulary/job.h"
#include "common/vocabulary/layout.h"
#include "common/vocabulary/rollout.h"

#include "common/vocabulary/list_members.h"
#define RECORD_BEGIN(name) struct name {
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    ;                                                                                              \
    struct name##_list {                                                                           \
        struct name *items;                                                                        \
        size_t count;                                                                              \
    };                                                                                             \
    const struct layout *name##_layout(void);
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END
#include "common/vocabulary/list_end.h"

bool job_key_equal(struct job_key left, struct job_key right);

#endif
