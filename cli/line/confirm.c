/* Confirming. */
#include "cli/line/confirm.h"

#include <stdio.h>
#include <unistd.h>

bool confirm_asks(const struct invocation *invocation)
{
    return !arguments_given(&invocation->arguments, OPTION_YES) && !invocation->json &&
           isatty(STDIN_FILENO) == 1 && invocation->messages.terminal;
}

int confirm(const struct invocation *invocation, const char *question, struct error *error)
{
    if (!confirm_asks(invocation)) {
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
