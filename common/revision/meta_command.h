/* psql's own commands in a file: what a backslash begins. */
#ifndef DROVER_REVISION_META_COMMAND_H
#define DROVER_REVISION_META_COMMAND_H

#include <stddef.h>

#include "common/base/buffer.h"

struct meta_command {
    size_t name_end;  /* offset after its name */
    size_t end;       /* offset of the end of its line, or of the text */
    unsigned word;    /* of a command that does nothing to a server: its bit in a set; else 0 */
    const char *hint; /* of any other: what to write instead */
};

/* Reads the meta-command whose backslash is text[start]; it goes on to the end of its line. */
struct meta_command meta_command_read(const char *text, size_t length, size_t start);

/* The hint for a meta-command that stands within a statement. */
const char *meta_command_hint_within(void);

/* Appends the names of a set of words: "\restrict, \set". */
void meta_command_names_append(struct buffer *out, unsigned words);

#endif
