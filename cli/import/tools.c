/* The tools: a row for each. */
#include <string.h>

#include "cli/import/reader.h"
#include "common/base/array.h"

static const struct {
    const char *name;
    import_read *read;
} tools[] = {
    {"dbmate", import_dbmate},
    {"goose", import_goose},
    {"golang-migrate", import_golang_migrate},
};

import_read *import_reader(const char *tool)
{
    for (size_t i = 0; i < LENGTH(tools); i++) {
        if (strcmp(tools[i].name, tool) == 0) {
            return tools[i].read;
        }
    }
    return NULL;
}

const char *import_tools(struct arena *arena)
{
    const char *names = tools[0].name;
    for (size_t i = 1; i < LENGTH(tools); i++) {
        names = arena_printf(arena, "%s%s%s", names, i + 1 < LENGTH(tools) ? ", " : " and ",
                             tools[i].name);
    }
    return names;
}
