/* Last words, on stderr: the sentence first, in case telling the context fails too. */
#include "common/base/impossible.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Thread_local struct impossible_context thread_context;

struct impossible_context impossible_context_set(struct impossible_context context)
{
    struct impossible_context before = thread_context;
    thread_context = context;
    return before;
}

void impossible(const char *file, int line, const char *function, const char *format, ...)
{
    char sentence[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "drover: cannot go on: %s\n    at %s:%d, %s\n", sentence, file, line,
                  function);
    /* Taken away first: dying while it is told must not tell it again. */
    struct impossible_context context = impossible_context_set((struct impossible_context){0});
    if (context.tell != NULL) {
        struct buffer told = {0};
        context.tell(context.subject, &told);
        (void)fwrite(told.data, 1, told.length, stderr);
    }
    (void)fflush(stderr);
    if (context.exit_code != 0) {
        _exit(context.exit_code);
    }
    abort();
}
