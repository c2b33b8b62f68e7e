/* The one place where shares are divided, and where changes are told from what stays. */
#include "common/vocabulary/limits.h"

#include <inttypes.h>

uint32_t share_allowed(struct share share, uint32_t whole)
{
    return share.percent > 0 ? (uint32_t)((uint64_t)whole * share.percent / 100) : share.count;
}

uint32_t share_taken(struct share share, uint32_t whole)
{
    return share.percent > 0 ? (uint32_t)(((uint64_t)whole * share.percent + 99) / 100)
                             : share.count;
}

void share_append(struct share share, struct buffer *out)
{
    bool part = share.percent > 0;
    buffer_printf(out, "%" PRIu32 "%s", part ? share.percent : share.count, part ? "%" : "");
}

/* ---- changes, by type ---- */

static const uint32_t kept_u32 = LIMIT_KEPT;
static const uint64_t kept_u64 = 0;
static const struct share kept_share = {LIMIT_KEPT, LIMIT_KEPT};

static bool is_kept_u32(uint32_t value)
{
    return value == kept_u32;
}

static bool is_kept_u64(uint64_t time_ms)
{
    return time_ms == kept_u64;
}

static bool is_kept_share(struct share share)
{
    return share.count == LIMIT_KEPT && (share.percent == LIMIT_KEPT || share.percent == 0);
}

struct limit_changes limits_kept(void)
{
    struct limit_changes changes;
#define CHANGE(type, whole, member, OPTION, word) changes.member = kept_##type;
#include "common/vocabulary/limit_changes.def"
#undef CHANGE
    return changes;
}

bool limits_are_kept(const struct limit_changes *changes)
{
    bool kept = true;
#define CHANGE(type, whole, member, OPTION, word) kept = kept && is_kept_##type(changes->member);
#include "common/vocabulary/limit_changes.def"
#undef CHANGE
    return kept;
}

void limits_change(struct limits *limits, struct timeouts *timeouts,
                   const struct limit_changes *changes)
{
#define CHANGE(type, whole, member, OPTION, word)                                                  \
    if (!is_kept_##type(changes->member)) {                                                        \
        whole->member = changes->member;                                                           \
    }
#include "common/vocabulary/limit_changes.def"
#undef CHANGE
}

struct limit_changes limits_now(const struct limits *limits, const struct timeouts *timeouts)
{
    struct limit_changes changes;
#define CHANGE(type, whole, member, OPTION, word) changes.member = whole->member;
#include "common/vocabulary/limit_changes.def"
#undef CHANGE
    return changes;
}

static void append_u32(uint32_t number, struct buffer *out)
{
    buffer_printf(out, "%" PRIu32, number);
}

static void append_u64(uint64_t time_ms, struct buffer *out)
{
    static const struct {
        uint64_t ms;
        const char *word;
    } units[] = {{60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t unit = 0;
    if (time_ms == 0) {
        buffer_text_append(out, "off");
        return;
    }
    while (time_ms % units[unit].ms != 0) {
        unit++;
    }
    buffer_printf(out, "%" PRIu64 " %s", time_ms / units[unit].ms, units[unit].word);
}

#define append_share share_append

void limits_append(const struct limit_changes *limits, struct buffer *out)
{
    const char *comma = "";
#define CHANGE(type, whole, member, OPTION, word)                                                  \
    buffer_printf(out, "%s%s ", comma, word);                                                      \
    append_##type(limits->member, out);                                                            \
    comma = ", ";
#include "common/vocabulary/limit_changes.def"
#undef CHANGE
}
