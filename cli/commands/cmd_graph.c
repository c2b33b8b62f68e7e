/* `history`, `heads`, `branches`, `show`: the graph as Alembic shows it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client/listing.h"
#include "cli/line/commands.h"
#include "cli/text/json.h"
#include "cli/text/revision_text.h"

static void listing_json(const struct listing *listing, struct revision_list revisions)
{
    json_t *array = json_array();
    for (size_t i = 0; i < revisions.count; i++) {
        json_t *object = json_revision(listing->graph, revisions.items[i], listing->folder);
        if (listing->invocation->alembic !=
            NULL) { /* only its SQL tells, which was not asked for */
            (void)json_object_del(object, "transactional");
        }
        if (listing->surveyed) {
            size_t targets = survey_count(&listing->survey, revisions.items[i]->id);
            (void)json_object_set_new(object, "targets", json_integer((json_int_t)targets));
        }
        (void)json_array_append_new(array, object);
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "revisions", array);
    json_page(object);
}

typedef void revision_show(const struct listing *listing, const struct revision *revision,
                           struct buffer *out);

/* " (current)" where all targets stand, " (current: 3 of 1,204 targets)" where some do. */
static const char *current_mark(const struct listing *listing, const struct revision *revision)
{
    char count[NUMBER_TEXT_BYTES];
    char total[NUMBER_TEXT_BYTES];
    if (!listing->surveyed) {
        return "";
    }
    size_t here = survey_count(&listing->survey, revision->id);
    size_t all = listing->survey.targets.count;
    if (here == 0 || here == all) {
        return here == 0 ? "" : " (current)";
    }
    return arena_printf(&listing->invocation->arena, " (current: %s of %s targets)",
                        number_text(here, count), number_text(all, total));
}

static void show_line(const struct listing *listing, const struct revision *revision,
                      struct buffer *out)
{
    revision_line_append(listing->graph, revision, current_mark(listing, revision),
                         &listing->invocation->output, out);
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
    revision_page_append(listing->graph, revision, listing->folder, current_mark(listing, revision),
                         &listing->invocation->output, out);
}

static void show_branch(const struct listing *listing, const struct revision *revision,
                        struct buffer *out)
{
    const struct style *style = &listing->invocation->output;
    struct revision_list children =
        graph_children(listing->graph, revision, &listing->invocation->arena);
    bool verbose = listing->invocation->verbose;
    if (verbose) {
        show_page(listing, revision, out);
    } else {
        revision_short_append(listing->graph, revision, style, out);
        style_append(style, TONE_CAUTION, " (branchpoint)\n", out);
    }
    for (size_t i = 0; i < children.count; i++) {
        const char *message = children.items[i]->message;
        buffer_printf(out, "%*s -> ", (int)strlen(revision->id), "");
        revision_short_append(listing->graph, children.items[i], style, out);
        buffer_printf(out, "%s%.*s\n", verbose ? ", " : "",
                      verbose ? (int)strcspn(message, "\n") : 0, message);
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
        show(listing, revisions.items[i], &text);
    }
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
}

int command_history(struct invocation *invocation, struct error *error)
{
    struct listing listing;
    struct revision_list revisions;
    int result = listing_open(&listing, invocation, PROJECT_GRAPH, error);
    const char *range = arguments_value(&invocation->arguments, OPTION_RANGE);
    if (result == 0) {
        result = listing_range(&listing, range == NULL ? ":" : range, &revisions, error);
    }
    if (result == 0 && arguments_given(&invocation->arguments, OPTION_INDICATE_CURRENT)) {
        result = listing_survey(&listing, error);
    }
    if (result == 0) {
        listing_print(&listing, revisions, invocation->verbose ? show_page : show_line);
    }
    listing_close(&listing);
    return result;
}

/* Of all revisions, newest first, those that `wanted` tells. */
typedef bool revision_test(const struct graph *graph, const struct revision *revision);

static int some_show(struct invocation *invocation, revision_test *wanted, revision_show *show,
                     struct error *error)
{
    struct listing listing;
    int result = listing_open(&listing, invocation, PROJECT_GRAPH, error);
    if (result == 0) {
        struct revision_list all = graph_history(listing.graph, &invocation->arena);
        struct revision_list some = {.items = all.items};
        for (size_t i = 0; i < all.count; i++) {
            if (wanted(listing.graph, all.items[i])) {
                some.items[some.count++] = all.items[i];
            }
        }
        listing_print(&listing, some, show);
    }
    listing_close(&listing);
    return result;
}

int command_heads(struct invocation *invocation, struct error *error)
{
    bool resolved = arguments_given(&invocation->arguments, OPTION_RESOLVE_DEPENDENCIES);
    return some_show(invocation, resolved ? graph_is_real_head : graph_is_head,
                     invocation->verbose ? show_page : show_head, error);
}

int command_branches(struct invocation *invocation, struct error *error)
{
    return some_show(invocation, graph_is_branch_point, show_branch, error);
}

static void script_show(const char *heading, const struct script *script, struct buffer *out)
{
    if (!script->present) {
        return;
    }
    buffer_printf(out, "-- %s\n", heading);
    if (script->alembic != NULL) {
        buffer_printf(out, "-- the project's own Alembic runs it on each target: %s\n",
                      script->alembic);
    } else if (script->unavailable != NULL) {
        buffer_printf(out, "-- it cannot be run: %s\n", script->unavailable);
    }
    script_text_append(out, script);
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
    bool sql = invocation->verbose && !invocation->json;
    int result = listing_open(&listing, invocation, sql ? PROJECT_SHOWN : PROJECT_GRAPH, error);
    if (result == 0) {
        result = listing_symbol(&listing, invocation->arguments.words.items[0], &revisions, error);
    }
    if (result == 0) {
        listing_print(&listing, revisions, invocation->verbose ? show_page_and_sql : show_page);
    }
    listing_close(&listing);
    return result;
}
