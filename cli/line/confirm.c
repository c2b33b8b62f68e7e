/* Confirming. */
#include "cli/line/confirm.h"

#include <stdio.h>
#include <unistd.h>

int confirm(const struct invocation *invocation, const char *question, struct error *error)
{
    if (arguments_given(&invocation->arguments, OPTION_YES) || invocation->json ||
        isatty(STDIN_FILENO) != 1 || !invocation->messages.terminal) {
        return 0;
    }
    char answer[16] = "";
    (void)fprintf(stderr, "%s [y/N] ", question);
    (void)fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y')) {
        return 0;
    }
    return error_set(error, ERROR_STOPPED, "not confirmed, nothing was changed");
}
