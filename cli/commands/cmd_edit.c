/* `edit`: opens revisions in the user's editor. */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/client/listing.h"
#include "cli/line/commands.h"
#include "cli/text/revision_text.h"
#include "common/base/array.h"

extern char **environ;

/* $VISUAL, $EDITOR, or vi on a terminal. It may have arguments, so a shell takes it apart. */
static int editor_choose(const char **editor, struct error *error)
{
    static const char *const variables[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < LENGTH(variables); i++) {
        *editor = getenv(variables[i]);
        if (*editor != NULL && (*editor)[0] != '\0') {
            return 0;
        }
    }
    *editor = "vi";
    if (isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1) {
        return 0;
    }
    (void)error_set(error, ERROR_USAGE, "there is no terminal to edit on, and no EDITOR is set");
    return error_hint(error, "`drover show REVISION` prints the path");
}

static int editor_run(const char *editor, char **paths, size_t count, struct arena *arena,
                      struct error *error)
{
    char **argv = arena_array(arena, count + 5, sizeof *argv);
    pid_t child;
    int status = 0;
    argv[0] = arena_strdup(arena, "sh");
    argv[1] = arena_strdup(arena, "-c");
    argv[2] = arena_printf(arena, "%s \"$@\"", editor);
    argv[3] = arena_strdup(arena, "drover");
    for (size_t i = 0; i < count; i++) {
        argv[4 + i] = paths[i];
    }
    int failed = posix_spawn(&child, "/bin/sh", NULL, NULL, argv, environ);
    if (failed != 0) {
        return error_set(error, ERROR_IO, "the editor cannot be started: %s", strerror(failed));
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(error, ERROR_IO, "the editor is lost: %s", strerror(errno));
        }
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return error_set(error, ERROR_FAILED, "the editor (%s) failed", editor);
    }
    return 0;
}

int command_edit(struct invocation *invocation, struct error *error)
{
    struct listing listing;
    struct revision_list revisions;
    const char *editor = NULL;
    const char *symbol = invocation->arguments.words.items[0];
    int result = listing_open(&listing, invocation, PROJECT_GRAPH, error);
    if (result == 0) {
        result = listing_symbol(&listing, symbol, &revisions, error);
    }
    if (result == 0 && revisions.count == 0) {
        result = error_set(error, ERROR_REVISION, "'%s' names no revision to edit", symbol);
    }
    if (result == 0) {
        result = editor_choose(&editor, error);
    }
    if (result == 0) {
        struct arena *arena = &invocation->arena;
        char **paths = arena_array(arena, revisions.count, sizeof *paths);
        for (size_t i = 0; i < revisions.count; i++) {
            struct buffer path = {0};
            revision_path_append(listing.folder, revisions.items[i], &path);
            paths[i] = arena_strdup(arena, buffer_text(&path));
            buffer_free(&path);
        }
        result = editor_run(editor, paths, revisions.count, arena, error);
    }
    listing_close(&listing);
    return result;
}
