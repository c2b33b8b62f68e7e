/* A listing. */
#include "cli/client/listing.h"

#include <string.h>

#include "cli/project/project.h"
#include "common/revision/range.h"

int listing_open(struct listing *listing, struct invocation *invocation, enum project_need need,
                 struct error *error)
{
    *listing = (struct listing){.invocation = invocation};
    listing->folder = project_folder(invocation, error);
    if (listing->folder == NULL) {
        return -1;
    }
    listing->bundle = project_bundle(invocation, listing->folder, need, error);
    if (listing->bundle == NULL) {
        return -1;
    }
    listing->graph = bundle_graph(listing->bundle);
    return 0;
}

int listing_survey(struct listing *listing, struct error *error)
{
    if (listing->surveyed) {
        return 0;
    }
    listing->surveyed = true;
    return survey_open(&listing->survey, listing->invocation, error);
}

static int current_find(struct listing *listing, bool one, struct texts *rows, struct error *error)
{
    return listing_survey(listing, error) < 0 ? -1
                                              : survey_current(&listing->survey, one, rows, error);
}

static int current_revisions(struct listing *listing, struct revision_list *revisions,
                             struct error *error)
{
    struct texts rows = {0};
    if (current_find(listing, false, &rows, error) < 0) {
        return -1;
    }
    *revisions =
        (struct revision_list){.items = arena_array(&listing->invocation->arena, rows.count,
                                                    sizeof(const struct revision *))};
    for (size_t i = 0; i < rows.count; i++) {
        const struct revision *revision = graph_find(listing->graph, rows.items[i]);
        if (revision == NULL) {
            listing->invocation->fault = plan_fault_word(PLAN_FAULT_UNKNOWN_ROW);
            return error_set(error, ERROR_REVISION,
                             "a target stands at revision %s, which is not among the files",
                             rows.items[i]);
        }
        revisions->items[revisions->count++] = revision;
    }
    return 0;
}

int listing_symbol(struct listing *listing, const char *symbol, struct revision_list *revisions,
                   struct error *error)
{
    enum plan_fault fault = PLAN_FAULT_NONE;
    if (strcmp(symbol, "current") == 0) {
        return current_revisions(listing, revisions, error);
    }
    int result =
        range_symbol(listing->graph, symbol, &listing->invocation->arena, revisions, &fault, error);
    listing->invocation->fault = result == 0 ? NULL : plan_fault_word(fault);
    return result;
}

int listing_range(struct listing *listing, const char *range, struct revision_list *revisions,
                  struct error *error)
{
    enum plan_fault fault = PLAN_FAULT_NONE;
    struct texts current = {0};
    if (range_asks_current(range) && current_find(listing, true, &current, error) < 0) {
        return -1;
    }
    int result = range_revisions(listing->graph, range, current, &listing->invocation->arena,
                                 revisions, &fault, error);
    listing->invocation->fault = result == 0 ? NULL : plan_fault_word(fault);
    return result;
}

void listing_close(struct listing *listing)
{
    if (listing->surveyed) {
        survey_close(&listing->survey);
    }
    bundle_free(listing->bundle);
    *listing = (struct listing){0};
}
