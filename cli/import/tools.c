/* The tools and their readers. */
#include <string.h>

#include "cli/import/reader.h"
#include "common/base/array.h"

import_read *import_reader(const char *tool)
{
    static const struct {
        const char *word;
        import_read *read;
    } readers[] = {
#define TOOL(id, word, table, columns, question) {word, import_##id},
#include "common/vocabulary/tools.def"
#undef TOOL
    };
    for (size_t i = 0; i < LENGTH(readers); i++) {
        if (strcmp(readers[i].word, tool) == 0) {
            return readers[i].read;
        }
    }
    return NULL;
}
