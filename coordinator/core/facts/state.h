/* What the core knows, as structs made from state.def. Only apply_*.c change it; everything else
 * reads.
 */
#ifndef DROVER_FACTS_STATE_H
#define DROVER_FACTS_STATE_H

#include "common/base/selector.h"
#include "common/revision/digest.h"
#include "common/vocabulary/limits.h"
#include "coordinator/core/facts/bounds.h"
#include "coordinator/core/facts/event.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/lookup.h"
#include "coordinator/core/facts/ports.h"
#include "coordinator/core/facts/server.h"

#define NUMBER_NONE UINT32_MAX

/* Whether a target of a wave that is checked passed. */
enum check_state {
    CHECK_NONE,
    CHECK_WANTED,
    CHECK_RUNNING,
    CHECK_WAITING,
    CHECK_PASSED,
    CHECK_BAD
};

enum source_state { SOURCE_PENDING, SOURCE_RUNNING, SOURCE_WAITING, SOURCE_LISTED, SOURCE_FAILED };

/* Field types that only state.def has. */
typedef uint32_t field_set;
typedef enum check_state field_check_state;
typedef enum source_state field_source_state;
#define FIELD_ROW_set          FIELD_U32, NULL
#define FIELD_ROW_check_state  FIELD_NUMBER, NULL
#define FIELD_ROW_source_state FIELD_NUMBER, NULL

struct schedule;

#include "common/vocabulary/list_members.h"
#define STATE_BEGIN(name) struct name {
#define STATE_END(name)                                                                            \
    }                                                                                              \
    ;
#define WHOLE_BEGIN STATE_BEGIN
#define WHOLE_END   STATE_END
#define ROWS(name, items, count, capacity)                                                         \
    struct name *items;                                                                            \
    uint32_t count;                                                                                \
    uint32_t capacity;
#define INSIDE(name, member) struct name member;
#define DERIVED(declaration) declaration
#include "coordinator/core/facts/state.def"
#include "coordinator/core/facts/state_end.h"

#endif
