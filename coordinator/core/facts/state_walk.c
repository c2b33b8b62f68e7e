/* Walks over the whole state, as state.def lists it: as text, compared, measured. */
#include "coordinator/core/facts/state_walk.h"

#include "common/base/array.h"
#include "coordinator/core/facts/state.h"

/* A member of a WHOLE that has lines of its own: ROWS, or with `parts` another WHOLE. The rest are
 * offsets. */
struct part {
    const struct layout *(*layout)(void); /* NULL: after the last */
    const struct part *(*parts)(void);
    size_t at;
    size_t count;
    size_t capacity;
};

/* ---- the lists as tables ---- */

#include "common/vocabulary/list_rows.h"
#define STATE_BEGIN(name)                                                                          \
    static const struct layout *name##_layout(void)                                                \
    {                                                                                              \
        typedef struct name self;                                                                  \
        static const struct field fields[] = {
#define STATE_END(name)                                                                            \
    {                                                                                              \
        0                                                                                          \
    }                                                                                              \
    }                                                                                              \
    ;                                                                                              \
    static const struct layout layout = {#name, sizeof(self), fields, LENGTH(fields) - 1};         \
    return &layout;                                                                                \
    }
#define WHOLE_BEGIN STATE_BEGIN
#define WHOLE_END   STATE_END
#define ROWS(name, items, count, capacity)
#define INSIDE(name, member)
#define DERIVED(declaration)
#include "coordinator/core/facts/state.def"
#include "coordinator/core/facts/state_end.h"

#include "common/vocabulary/list_nothing.h"
#define STATE_BEGIN(name)
#define STATE_END(name)
#define WHOLE_BEGIN(name)                                                                          \
    static const struct part *name##_parts(void)                                                   \
    {                                                                                              \
        typedef struct name self;                                                                  \
        static const struct part parts[] = {
#define WHOLE_END(name)                                                                            \
    {                                                                                              \
        0                                                                                          \
    }                                                                                              \
    }                                                                                              \
    ;                                                                                              \
    return parts;                                                                                  \
    }
#define ROWS(name, items, count, capacity)                                                         \
    {name##_layout, NULL, offsetof(self, items), offsetof(self, count), offsetof(self, capacity)},
#define INSIDE(name, member) {name##_layout, name##_parts, offsetof(self, member), 0, 0},
#define DERIVED(declaration)
#include "coordinator/core/facts/state.def"
#include "coordinator/core/facts/state_end.h"

static const void *member_at(const void *whole, size_t offset)
{
    return (const char *)whole + offset;
}

static uint32_t number_at(const void *whole, size_t offset)
{
    return *(const uint32_t *)member_at(whole, offset);
}

/* The row `index` of a ROWS. */
static const void *row_at(const struct part *part, const void *whole, size_t index)
{
    const char *const *items = member_at(whole, part->at);
    return *items + index * part->layout()->size;
}

/* ---- as text ---- */

static void whole_print(const struct layout *layout, const struct part *part, const void *whole,
                        struct buffer *out)
{
    buffer_text_append(out, layout->name);
    layout_print(layout, whole, out);
    buffer_text_append(out, "\n");
    for (; part->layout != NULL; part++) {
        if (part->parts != NULL) {
            whole_print(part->layout(), part->parts(), member_at(whole, part->at), out);
            continue;
        }
        for (uint32_t i = 0; i < number_at(whole, part->count); i++) {
            buffer_printf(out, "%s %u", part->layout()->name, i);
            layout_print(part->layout(), row_at(part, whole, i), out);
            buffer_text_append(out, "\n");
        }
    }
}

void core_state_print(const struct core *core, struct buffer *out)
{
    whole_print(core_layout(), core_parts(), core, out);
}

/* ---- compared ---- */

static bool rows_equal(const struct part *part, const void *left, const void *right)
{
    uint32_t count = number_at(left, part->count);
    bool equal = count == number_at(right, part->count);
    for (uint32_t i = 0; equal && i < count; i++) {
        equal = layout_equal(part->layout(), row_at(part, left, i), row_at(part, right, i));
    }
    return equal;
}

static bool whole_equal(const struct layout *layout, const struct part *part, const void *left,
                        const void *right)
{
    bool equal = layout_equal(layout, left, right);
    for (; equal && part->layout != NULL; part++) {
        equal = part->parts != NULL
                    ? whole_equal(part->layout(), part->parts(), member_at(left, part->at),
                                  member_at(right, part->at))
                    : rows_equal(part, left, right);
    }
    return equal;
}

bool core_state_equal(const struct core *left, const struct core *right)
{
    return whole_equal(core_layout(), core_parts(), left, right);
}

/* ---- measured ---- */

static size_t rows_bytes(const struct part *part, const void *whole)
{
    size_t bytes = 0;
    for (; part->layout != NULL; part++) {
        bytes += part->parts != NULL ? rows_bytes(part->parts(), member_at(whole, part->at))
                                     : number_at(whole, part->capacity) * part->layout()->size;
    }
    return bytes;
}

/* What is derived from a rollout. */
static size_t rollout_bytes(const struct rollout *rollout)
{
    return intern_bytes(&rollout->intern) + servers_bytes(&rollout->servers) +
           lookup_bytes(&rollout->names) + lookup_bytes(&rollout->places) +
           lookup_bytes(&rollout->path_lookup) + rollout->placed * sizeof *rollout->wave_order;
}

size_t core_state_bytes(const struct core *core)
{
    return sizeof *core + rows_bytes(core_parts(), core) + rollout_bytes(&core->rollout) +
           rollout_bytes(&core->kept) + arena_footprint(&core->summary_arena);
}
