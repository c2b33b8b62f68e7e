/* Sums over the revisions (warnings.h). */
#include "common/revision/warnings.h"

#include <string.h>

#include "common/base/buffer.h"
#include "common/revision/meta_command.h"
#include "common/revision/newer.h"

struct total {
    size_t files;
    size_t lines;
    const char *one; /* the first file */
};

static void total_add(struct total *total, const struct revision *revision, unsigned count)
{
    if (count > 0) {
        total->one = total->files == 0 ? revision->path : total->one;
        total->files++;
        total->lines += count;
    }
}

/* "in a.sql", or "in 3 files". */
static void place_append(struct buffer *out, const struct total *total)
{
    if (total->files == 1) {
        buffer_printf(out, "in %s", total->one);
    } else {
        buffer_printf(out, "in %zu files", total->files);
    }
}

static struct diagnostic *warn(const struct buffer *text, const char *folder,
                               struct diagnostics *diagnostics)
{
    struct diagnostic *warning = diagnostic_add(diagnostics, folder, 0, 0, "%s", buffer_text(text));
    diagnostic_warn(diagnostics, warning);
    return warning;
}

static void psql_tell(const struct total *total, unsigned words, const char *folder,
                      struct diagnostics *diagnostics)
{
    struct buffer text = {0};
    buffer_count(&text, total->lines, "line");
    buffer_text_append(&text, " of psql without effect on a server passed over: ");
    meta_command_names_append(&text, words);
    buffer_text_append(&text, " ");
    place_append(&text, total);
    (void)warn(&text, folder, diagnostics);
    buffer_free(&text);
}

static void pairs_tell(const struct total *total, const char *folder,
                       struct diagnostics *diagnostics)
{
    struct buffer text = {0};
    buffer_text_append(&text, "BEGIN and COMMIT around ");
    buffer_count(&text, total->lines, "whole section");
    buffer_text_append(&text, " passed over ");
    place_append(&text, total);
    buffer_text_append(&text, ": Drover begins and commits the transaction itself");
    (void)warn(&text, folder, diagnostics);
    buffer_free(&text);
}

/* The first is told in full. */
static void broken_tell(const struct revision *first, size_t count, const char *folder,
                        struct diagnostics *diagnostics)
{
    struct buffer text = {0};
    buffer_printf(&text, "%s cannot be taken back: %s", first->id, first->down.unavailable);
    if (count > 1) {
        buffer_text_append(&text, "; nor can ");
        buffer_count(&text, count - 1, "more revision");
    }
    diagnostic_hint(diagnostics, warn(&text, folder, diagnostics),
                    "only plans that need that way are refused; it may be mended at any time");
    buffer_free(&text);
}

/* The statements of a script that the parser does not know. */
static size_t newer_count(const struct script *script, const struct statement **first)
{
    size_t count = 0;
    for (size_t i = script->statement_count; i-- > 0;) {
        if (script->statements[i].newer != NULL) {
            *first = &script->statements[i];
            count++;
        }
    }
    return count;
}

static void newer_tell(const struct revision *revision, const struct statement *first, size_t count,
                       const char *folder, struct diagnostics *diagnostics)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s%s%s", strcmp(folder, ".") == 0 ? "" : folder,
                  strcmp(folder, ".") == 0 ? "" : "/", revision->path);
    struct diagnostic *warning = diagnostic_add(
        diagnostics, buffer_text(&path), first->line, first->column,
        "newer than the built-in parser, " NEWER_THAN "'s (%s); the servers will judge",
        first->newer);
    diagnostic_warn(diagnostics, warning);
    if (count > 1) {
        diagnostic_hint(diagnostics, warning, "so %s %zu more statement%s",
                        count == 2 ? "is" : "are", count - 1, count == 2 ? "" : "s");
    }
    buffer_free(&path);
}

static void newer_add(const struct graph *graph, const char *folder,
                      struct diagnostics *diagnostics)
{
    const struct revision *revision = NULL; /* the first that has one */
    const struct statement *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < graph_size(graph); i++) {
        const struct revision *one = graph_at(graph, i);
        const struct statement *found = NULL;
        count += newer_count(&one->down, &found);
        count += newer_count(&one->up, &found);
        if (revision == NULL && found != NULL) {
            revision = one;
            first = found;
        }
    }
    if (revision != NULL) {
        newer_tell(revision, first, count, folder, diagnostics);
    }
}

void warnings_add(const struct graph *graph, const char *folder, struct diagnostics *diagnostics)
{
    struct total psql = {0};
    struct total pairs = {0};
    const struct revision *broken = NULL;
    size_t broken_count = 0;
    unsigned words = 0;
    for (size_t i = 0; i < graph_size(graph); i++) {
        const struct revision *revision = graph_at(graph, i);
        total_add(&psql, revision, revision->passed_over.psql_lines);
        total_add(&pairs, revision, revision->passed_over.pairs);
        words |= revision->passed_over.psql_words;
        broken = broken == NULL && revision->down.broken ? revision : broken;
        broken_count += revision->down.broken;
    }
    if (psql.files > 0) {
        psql_tell(&psql, words, folder, diagnostics);
    }
    if (pairs.files > 0) {
        pairs_tell(&pairs, folder, diagnostics);
    }
    if (broken_count > 0) {
        broken_tell(broken, broken_count, folder, diagnostics);
    }
    newer_add(graph, folder, diagnostics);
}
