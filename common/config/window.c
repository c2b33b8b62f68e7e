/* Windows: the list `windows`. The table reads the options; here is where each stands in the file,
 * and selections that no target matches. */
#include "common/config/window.h"

#include "common/config/select.h"

static void window_read(struct reader *reader, const struct node *node, const struct config *config,
                        struct window_definition *window)
{
    reader_defaults(reader, SECTION_WINDOW, window);
    window->origin =
        arena_printf(reader->arena, "%s:%u:%u", reader->file, node->line, node->column);
    reader_section(reader, SECTION_WINDOW, node, window);
    if (node->kind == NODE_MAPPING) {
        select_check(reader, config, node, window->select, "windows[].select");
    }
}

void window_read_all(struct reader *reader, const struct node *mapping, struct root *root)
{
    struct config *config = &root->config;
    struct window_definition_list *windows = &config->fleet.windows;
    const struct node *list = reader_list(reader, SECTION_ROOT, "windows", mapping);
    if (list == NULL) {
        return;
    }
    windows->items = arena_array(reader->arena, list->count, sizeof *windows->items);
    for (const struct node *node = list->first; node != NULL; node = node->next) {
        window_read(reader, node, config, &windows->items[windows->count++]);
    }
}
