/* Built-in probes (probe.h). */
#include "common/config/probe.h"

#include <string.h>

#include "common/base/array.h"

const struct probe probes[] = {
#define PROBE(word, sql, help) {#word, sql, help},
#include "common/config/probes.def"
};

const size_t probe_count = LENGTH(probes);

const struct probe *probe_find(const char *word)
{
    for (size_t i = 0; i < probe_count; i++) {
        if (strcmp(probes[i].word, word) == 0) {
            return &probes[i];
        }
    }
    return NULL;
}
