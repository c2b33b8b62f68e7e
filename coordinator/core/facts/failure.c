/* The revision behind a failure: its place names the file. */
#include "coordinator/core/facts/failure.h"

#include <string.h>

#include "coordinator/core/facts/rollout.h"

static bool path_ends_with(const char *path, const char *end, size_t length)
{
    size_t path_length = strlen(path);
    return path_length >= length && strncmp(path + path_length - length, end, length) == 0 &&
           (path_length == length || path[path_length - length - 1] == '/');
}

const char *core_failure_revision(const struct core *core, const struct kept_failure *failure)
{
    const char *colon = strrchr(failure->failure.location, ':');
    struct error missing;
    const struct graph *graph = colon != NULL && core->rollout.policy.request.bundle[0] != '\0'
                                    ? rollout_graph(core, &core->rollout, &missing)
                                    : NULL;
    if (graph == NULL) {
        return "";
    }
    const char *slash = colon;
    while (slash > failure->failure.location && slash[-1] != '/') {
        slash--;
    }
    size_t length = (size_t)(colon - slash);
    for (size_t i = 0; i < graph_size(graph); i++) {
        const struct revision *revision = graph_at(graph, i);
        if (path_ends_with(revision->path, slash, length)) {
            return revision->id;
        }
    }
    return "";
}
