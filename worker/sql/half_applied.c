/* Half-done revisions (half_applied.h). */
#include "worker/sql/half_applied.h"

#include <string.h>

#include "common/base/buffer.h"
#include "common/revision/script.h"

bool half_applied_fits(const struct half_applied_row *row, const struct revision *revision,
                       const struct script *script)
{
    if (row->number < 1 || row->number > script->statement_count) {
        return false;
    }
    if (row->older) {
        return revision_is_recorded(revision, row->checksum);
    }
    char checksum[65];
    statement_checksum(&script->statements[row->number - 1], checksum);
    return strcmp(row->checksum, checksum) == 0;
}

struct failure half_applied_edited(const struct half_applied_row *row,
                                   const struct revision *revision, const struct script *script,
                                   struct arena *arena)
{
    bool there = row->number <= script->statement_count;
    const char *state = row->done ? "is done" : "was begun";
    struct failure failure = {.hint = "restore it as it was; what follows it may be mended",
                              .location = revision->path};
    if (row->older) {
        failure.message = arena_printf(
            arena, "revision %s was edited after it was half applied by an older Drover",
            revision->id);
        failure.hint = "restore its file as it was";
    } else if (!there) {
        failure.message =
            arena_printf(arena, "statement %zu of revision %s, which %s, is not there any more",
                         row->number, revision->id, state);
    } else {
        failure.message = arena_printf(arena, "statement %zu of revision %s, which %s, was edited",
                                       row->number, revision->id, state);
        failure.location =
            arena_printf(arena, "%s:%u", revision->path, script->statements[row->number - 1].line);
    }
    return failure;
}

const char *half_applied_told(const char *revision, const char *direction,
                              struct half_applied_count count, struct arena *arena)
{
    const char *of = count.all > 0 ? arena_printf(arena, " of %zu", count.all) : "";
    return arena_printf(arena, "%s of %s: %zu%s statement%s done%s", direction, revision,
                        count.done, of, plural(count.all > 0 ? count.all : count.done),
                        count.interrupted > 0 ? ", one interrupted" : "");
}

static const char *rows_join(struct texts rows, struct arena *arena)
{
    const char *joined = rows.count > 0 ? rows.items[0] : "base";
    for (size_t i = 1; i < rows.count; i++) {
        joined = arena_printf(arena, "%s %s", joined, rows.items[i]);
    }
    return joined;
}

/* A word of a shell. */
static const char *word(const char *text, struct arena *arena)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=";
    bool bare = text[strspn(text, plain)] == '\0';
    return bare ? text : arena_printf(arena, "\"%s\"", text);
}

const char *half_applied_answers(size_t number, const char *target, struct arena *arena)
{
    const char *name = word(target, arena);
    return arena_printf(
        arena,
        "if it took effect, `drover retry %s --done %zu` goes on after it; if it may run "
        "again, `drover retry %s --again %zu`",
        name, number, name, number);
}

const char *half_applied_stamp(struct texts rows, const char *target, struct arena *arena)
{
    return arena_printf(arena, "`drover stamp --purge %s --where %s`", rows_join(rows, arena),
                        word(arena_printf(arena, "target=%s", target), arena));
}

const char *half_applied_ways(const char *revision, bool upgrade, const struct texts *below,
                              struct texts heads, const char *target, struct arena *arena)
{
    const char *back = half_applied_stamp(heads, target, arena);
    if (upgrade) {
        return arena_printf(
            arena,
            "when the rest of it is done by hand, `drover stamp %s --where %s` takes it "
            "for applied; when what is done is undone by hand, %s for never begun",
            revision, word(arena_printf(arena, "target=%s", target), arena), back);
    }
    if (below == NULL) {
        return arena_printf(
            arena, "when what is undone is done again by hand, %s takes it for applied", back);
    }
    return arena_printf(arena,
                        "when the rest of it is undone by hand, %s "
                        "takes it for undone; when what is undone is done again, %s for applied",
                        half_applied_stamp(*below, target, arena), back);
}
