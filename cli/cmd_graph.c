/* `history`, `heads`, `branches`, `show`: the graph as Alembic shows it. Only the migrations folder
 * is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/json.h"
#include "cli/project.h"
#include "cli/range.h"
#include "cli/revision_text.h"

/* A command over the graph: which revisions, then one way to show them. */
struct listing {
    struct invocation *invocation;
    const char *folder;
    struct bundle *bundle;
    const struct graph *graph;
};

static int listing_open(struct listing *listing, struct invocation *invocation, struct error *error)
{
    *listing = (struct listing){.invocation = invocation};
    listing->folder = project_folder(invocation, error);
    if (listing->folder == NULL) {
        return -1;
    }
    listing->bundle = project_bundle(invocation, listing->folder, error);
    if (listing->bundle == NULL) {
        return -1;
    }
    listing->graph = bundle_graph(listing->bundle);
    return 0;
}

static void listing_json(const struct listing *listing, struct revision_list revisions)
{
    json_t *array = json_array();
    for (size_t i = 0; i < revisions.count; i++) {
        (void)json_array_append_new(
            array, json_revision(listing->graph, revisions.items[i], listing->folder));
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "revisions", array);
    json_page(object);
}

typedef void revision_show(const struct listing *listing, const struct revision *revision,
                           struct buffer *out);

static void show_line(const struct listing *listing, const struct revision *revision,
                      struct buffer *out)
{
    revision_line_append(listing->graph, revision, &listing->invocation->output, out);
}

static void show_head(const struct listing *listing, const struct revision *revision,
                      struct buffer *out)
{
    revision_short_append(listing->graph, revision, &listing->invocation->output, out);
    buffer_text_append(out, "\n");
}

static void show_page(const struct listing *listing, const struct revision *revision,
                      struct buffer *out)
{
    revision_page_append(listing->graph, revision, listing->folder, &listing->invocation->output,
                         out);
}

static void show_branch(const struct listing *listing, const struct revision *revision,
                        struct buffer *out)
{
    const struct style *style = &listing->invocation->output;
    struct revision_list children =
        graph_children(listing->graph, revision, &listing->invocation->arena);
    revision_short_append(listing->graph, revision, style, out);
    style_append(style, TONE_CAUTION, " (branchpoint)", out);
    buffer_text_append(out, "\n");
    for (size_t i = 0; i < children.count; i++) {
        buffer_printf(out, "%*s -> ", (int)strlen(revision->id), "");
        show_head(listing, children.items[i], out);
    }
    buffer_text_append(out, "\n");
}

static void listing_print(const struct listing *listing, struct revision_list revisions,
                          revision_show *show)
{
    if (listing->invocation->json) {
        listing_json(listing, revisions);
        return;
    }
    struct buffer text = {0};
    for (size_t i = 0; i < revisions.count; i++) {
        (listing->invocation->verbose ? show_page : show)(listing, revisions.items[i], &text);
    }
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
}

int command_history(struct invocation *invocation, struct error *error)
{
    struct listing listing;
    struct revision_list revisions;
    int result = listing_open(&listing, invocation, error);
    const char *range = arguments_value(&invocation->arguments, OPTION_RANGE);
    if (result == 0) {
        result = range_revisions(listing.graph, range == NULL ? ":" : range, &invocation->arena,
                                 &revisions, error);
    }
    if (result == 0) {
        listing_print(&listing, revisions, show_line);
    }
    bundle_free(listing.bundle);
    return result;
}

int command_heads(struct invocation *invocation, struct error *error)
{
    struct listing listing;
    int result = listing_open(&listing, invocation, error);
    if (result == 0) {
        listing_print(&listing, graph_heads(listing.graph, &invocation->arena), show_head);
    }
    bundle_free(listing.bundle);
    return result;
}

int command_branches(struct invocation *invocation, struct error *error)
{
    struct listing listing;
    int result = listing_open(&listing, invocation, error);
    if (result == 0) {
        struct revision_list points = {0};
        points.items = arena_array(&invocation->arena, graph_size(listing.graph),
                                   sizeof(const struct revision *));
        for (size_t i = 0; i < graph_size(listing.graph); i++) {
            if (graph_is_branch_point(listing.graph, graph_at(listing.graph, i))) {
                points.items[points.count++] = graph_at(listing.graph, i);
            }
        }
        listing_print(&listing, points, show_branch);
    }
    bundle_free(listing.bundle);
    return result;
}

static void script_show(const char *heading, const struct script *script, struct buffer *out)
{
    if (!script->present) {
        return;
    }
    buffer_printf(out, "-- %s\n", heading);
    for (size_t i = 0; i < script->statement_count; i++) {
        buffer_printf(out, "%s;\n", script->statements[i].sql);
    }
    buffer_text_append(out, "\n");
}

static void show_page_and_sql(const struct listing *listing, const struct revision *revision,
                              struct buffer *out)
{
    show_page(listing, revision, out);
    script_show("migrate:up", &revision->up, out);
    script_show("migrate:down", &revision->down, out);
}

int command_show(struct invocation *invocation, struct error *error)
{
    struct listing listing;
    struct revision_list revisions;
    int result = listing_open(&listing, invocation, error);
    if (result == 0) {
        result = range_symbol(listing.graph, invocation->arguments.words.items[0],
                              &invocation->arena, &revisions, error);
    }
    if (result == 0) {
        bool with_sql = invocation->verbose;
        invocation->verbose = false; /* the page is what is shown anyway */
        listing_print(&listing, revisions, with_sql ? show_page_and_sql : show_page);
    }
    bundle_free(listing.bundle);
    return result;
}
