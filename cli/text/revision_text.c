/* Revisions as Alembic shows them. */
#include "cli/text/revision_text.h"

#include <string.h>

#include "common/revision/digest.h"

static void names_append(const char *const *names, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    }
}

static void marks_append(const struct graph *graph, const struct revision *revision,
                         const struct style *style, struct buffer *out)
{
    struct arena arena = {0};
    struct texts labels = graph_labels(graph, revision, &arena);
    if (labels.count > 0) {
        buffer_text_append(out, " (");
        names_append(labels.items, labels.count, out);
        buffer_text_append(out, ")");
    }
    arena_free(&arena);
    style_append(style, TONE_GOOD, revision_head_mark(graph, revision), out);
}

static void shape_append(const struct graph *graph, const struct revision *revision,
                         const struct style *style, struct buffer *out)
{
    if (graph_is_branch_point(graph, revision)) {
        style_append(style, TONE_CAUTION, " (branchpoint)", out);
    }
    if (graph_is_merge_point(revision)) {
        style_append(style, TONE_CAUTION, " (mergepoint)", out);
    }
}

const char *revision_head_mark(const struct graph *graph, const struct revision *revision)
{
    if (!graph_is_head(graph, revision)) {
        return "";
    }
    return graph_is_real_head(graph, revision) ? " (head)" : " (effective head)";
}

void revision_short_append(const struct graph *graph, const struct revision *revision,
                           const struct style *style, struct buffer *out)
{
    style_append(style, TONE_STRONG, revision->id, out);
    marks_append(graph, revision, style, out);
}

void revision_line_append(const struct graph *graph, const struct revision *revision,
                          const char *mark, const struct style *style, struct buffer *out)
{
    if (graph_is_base(revision)) {
        buffer_text_append(out, "<base>");
    }
    names_append(revision->down_revisions, revision->down_revision_count, out);
    if (revision->depends_on_count > 0) {
        buffer_text_append(out, " (");
        names_append(revision->depends_on, revision->depends_on_count, out);
        buffer_text_append(out, ")");
    }
    buffer_text_append(out, " -> ");
    revision_short_append(graph, revision, style, out);
    style_append(style, TONE_CAUTION, mark, out);
    shape_append(graph, revision, style, out);
    buffer_printf(out, "%s%.*s\n", revision->message[0] == '\0' ? "" : ", ",
                  (int)strcspn(revision->message, "\n"), revision->message);
}

void revision_path_append(const char *folder, const struct revision *revision, struct buffer *out)
{
    size_t length = strlen(folder);
    while (length > 0 && folder[length - 1] == '/') {
        length--;
    }
    bool joined = strncmp(revision->path, folder, length) == 0 && revision->path[length] == '/';
    if (!joined && length > 0 && strcmp(folder, ".") != 0) {
        buffer_printf(out, "%.*s/", (int)length, folder);
    }
    buffer_text_append(out, revision->path);
}

void revision_page_append(const struct graph *graph, const struct revision *revision,
                          const char *folder, const char *mark, const struct style *style,
                          struct buffer *out)
{
    struct arena arena = {0};
    buffer_text_append(out, "Rev: ");
    style_append(style, TONE_STRONG, revision->id, out);
    style_append(style, TONE_GOOD, graph_is_head(graph, revision) ? " (head)" : "", out);
    shape_append(graph, revision, style, out);
    style_append(style, TONE_CAUTION, mark, out);
    buffer_text_append(out, graph_is_merge_point(revision) ? "\nMerges: " : "\nParent: ");
    names_append(revision->down_revisions, revision->down_revision_count, out);
    buffer_text_append(out, graph_is_base(revision) ? "<base>\n" : "\n");
    if (revision->depends_on_count > 0) {
        buffer_text_append(out, "Also depends on: ");
        names_append(revision->depends_on, revision->depends_on_count, out);
        buffer_text_append(out, "\n");
    }
    if (graph_is_branch_point(graph, revision)) {
        struct revision_list children = graph_children(graph, revision, &arena);
        buffer_text_append(out, "Branches into: ");
        for (size_t i = 0; i < children.count; i++) {
            buffer_printf(out, "%s%s", i > 0 ? ", " : "", children.items[i]->id);
        }
        buffer_text_append(out, "\n");
    }
    struct texts labels = graph_labels(graph, revision, &arena);
    if (labels.count > 0) {
        buffer_text_append(out, "Branch names: ");
        names_append(labels.items, labels.count, out);
        buffer_text_append(out, "\n");
    }
    buffer_text_append(out, "Path: ");
    revision_path_append(folder, revision, out);
    bool up = !revision->up.transactional;
    bool down = revision->down.present && !revision->down.transactional;
    if (up || down) {
        bool both = up && (down || !revision->down.present);
        buffer_printf(out, "\nTransaction: none%s", both ? "" : up ? " (up)" : " (down)");
    }
    buffer_text_append(out, "\n\n");
    for (const char *line = revision->message; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        buffer_printf(out, "    %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
    buffer_text_append(out, "\n");
    arena_free(&arena);
}

void script_text_append(struct buffer *out, const struct script *script)
{
    for (size_t i = 0; i < script->statement_count; i++) {
        const struct statement *statement = &script->statements[i];
        const struct bytes *data = &statement->data.bytes;
        buffer_printf(out, "%s;\n", statement->sql);
        if (data->data != NULL) {
            char digest[DIGEST_TEXT_BYTES];
            digest_text(data->data, data->length, digest);
            buffer_text_append(out, "-- ");
            buffer_count(out, data->length, "byte");
            buffer_printf(out, " of data, SHA-256 %s\n", digest);
        }
    }
}
