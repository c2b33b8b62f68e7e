/* Fuzzing what reads migration files and bundles. An input is read as a file, and as a bundle; one
 * that parses is asked for plans, too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/revision/bundle.h"
#include "common/revision/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void graph_ask(const struct graph *graph)
{
    static const char *const specs[] = {"heads", "head", "base", "+1", "-1", "a@+2", "a@base"};
    struct arena arena = {0};
    struct error error;
    for (size_t i = 0; i < LENGTH(specs); i++) {
        for (int direction = DIRECTION_UP; direction <= DIRECTION_DOWN; direction++) {
            struct texts none = {0};
            struct plan plan;
            int made =
                plan_make(graph, (enum direction)direction, specs[i], none, &arena, &plan, &error);
            if (made == 0 &&
                plan_make(graph, DIRECTION_DOWN, "base", plan.to, &arena, &plan, &error) == 0 &&
                plan.to.count > 0) {
                abort(); /* everything was dropped, but rows are left */
            }
        }
    }
    (void)graph_history(graph, &arena);
    arena_free(&arena);
}

static void file_read(const uint8_t *data, size_t size)
{
    struct diagnostics diagnostics = {0};
    struct buffer shown = {0};
    struct bundle_file file = {.name = "a.sql", .content = (const char *)data, .length = size};
    struct bundle *bundle = bundle_build(&file, 1, "", &diagnostics);
    diagnostics_print(&diagnostics, &shown);
    if (diagnostics.error_count == 0) {
        struct error error;
        struct bundle *again = bundle_read(bundle_bytes(bundle), &error);
        if (again == NULL || strcmp(bundle_digest(again), bundle_digest(bundle)) != 0) {
            abort(); /* what was built must be readable */
        }
        graph_ask(bundle_graph(again));
        bundle_free(again);
    }
    bundle_free(bundle);
    buffer_free(&shown);
    diagnostics_free(&diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct bundle *bundle = bundle_read((struct bytes){.data = data, .length = size}, &error);
    if (bundle != NULL) {
        graph_ask(bundle_graph(bundle));
        bundle_free(bundle);
    }
    file_read(data, size);
    return 0;
}
