/* Dying says why.
 *
 * What only a bug or a damaged record can bring about, and running out of memory, ends the process:
 * the journal makes dying safe, going on would not be. IMPOSSIBLE is the place that cannot be reached,
 * INVARIANT what must be true there; both print the place and the sentence on stderr, then what the
 * thread was doing, and abort. What a peer, a file or a database can bring about is an error
 * (error.h), never one of these; but for a damaged record that only shows where it is used: then
 * the context says so.
 */
#ifndef DROVER_BASE_IMPOSSIBLE_H
#define DROVER_BASE_IMPOSSIBLE_H

#include "common/base/buffer.h"

/* IMPOSSIBLE("job %llu is not leased", id): a sentence without a full stop. */
#define IMPOSSIBLE(...) impossible(__FILE__, __LINE__, __func__, __VA_ARGS__)

/* The condition as it stands in the code is the sentence. */
#define INVARIANT(condition)                                                                       \
    ((condition) ? (void)0 : IMPOSSIBLE("this does not hold: %s", #condition))

/* The same with a sentence, where the condition does not say enough; it is made only to be told. */
#define INVARIANT_THAT(condition, ...) ((condition) ? (void)0 : IMPOSSIBLE(__VA_ARGS__))

_Noreturn void impossible(const char *file, int line, const char *function, const char *format, ...)
    PRINTF_LIKE(4, 5) __attribute__((cold));

/* What a thread is doing, for its last words. */
struct impossible_context {
    /* Appends whole lines; may read whatever `subject` is made of, but change nothing. */
    void (*tell)(const void *subject, struct buffer *out);
    const void *subject; /* lives as long as the context is set */
    int exit_code;       /* how the process ends, by the code of an error (error.h); 0: it aborts */
};

/* Sets the context of the calling thread and returns the one before, which the caller sets again
 * when it is done; a zeroed one tells nothing. */
struct impossible_context impossible_context_set(struct impossible_context context);

#endif
