/* The reader: walks the node tree by the table of options and fills records.
 *
 * A fault never stops the reading: the member keeps its default and the next option is read, so
 * that one run shows everything. The text of a value is shown in messages only as it stands in the
 * file, before interpolation, and never if it may hold a URL.
 */
#ifndef DROVER_CONFIG_READER_H
#define DROVER_CONFIG_READER_H

#include <stdbool.h>

#include "common/config/config.h"
#include "common/config/node.h"
#include "common/config/option.h"

struct reader {
    const char *file;
    const char *folder;              /* for relative paths */
    config_environment *environment; /* for ${NAME} */
    struct arena *arena;             /* of the configuration: what outlives the reading */
    struct arena scratch;            /* of the reading: nodes, texts for messages */
    struct diagnostics *diagnostics;
};

/* A fault at a node's value; reader_key_fault: at its key. Hints by reader_hint. */
struct diagnostic *reader_fault(struct reader *reader, const struct node *node, const char *format,
                                ...) PRINTF_LIKE(3, 4);
struct diagnostic *reader_key_fault(struct reader *reader, const struct node *node,
                                    const char *format, ...) PRINTF_LIKE(3, 4);
void reader_hint(struct reader *reader, struct diagnostic *fault, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* "rollout.retry.attempts", for messages. */
const char *reader_path(struct reader *reader, const struct option *option);

/* The value as it stands in the file, for messages: without control characters, cut, "(a URL)" for
 * what may be one. */
const char *reader_shown(struct reader *reader, const char *text);

/* The interpolated text of a scalar, or NULL after a diagnostic. `replaced` (or NULL) tells whether
 * a variable of the environment took part. */
const char *reader_text(struct reader *reader, const struct option *option, const struct node *node,
                        bool *replaced);

/* Gives every member of a section and of its groups the default of the table. */
void reader_defaults(struct reader *reader, enum section section, void *record);

/* Reads a mapping into a record that has its defaults; unknown and missing keys are diagnostics. */
void reader_section(struct reader *reader, enum section section, const struct node *node,
                    void *record);

/* The items of the list option `key` of `mapping`: the list's node, or NULL when it is absent,
 * empty or (after a diagnostic) no list. */
const struct node *reader_list(struct reader *reader, enum section section, const char *key,
                               const struct node *mapping);

/* A diagnostic for each later one of several equal names. Absent names ("") are skipped. */
struct reader_name {
    const char *name;
    const struct node *node; /* the scalar */
};
void reader_check_unique(struct reader *reader, const char *what, struct reader_name *names,
                         size_t count);

#endif
