/* Options: the rows of options.def, and how to find them. */
#ifndef DROVER_CONFIG_OPTION_H
#define DROVER_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/config.h"

enum section {
#define SECTION(name, path) SECTION_##name,
#include "common/config/options.def"
    SECTION_COUNT
};

enum option_type {
#define TYPE(name, text, description) TYPE_##name,
#include "common/config/options.def"
    TYPE_COUNT_OF
};

struct option {
    enum section section;
    const char *key;
    enum option_type type;
    size_t offset;        /* of the member in the section's record; unused for GROUP, LIST */
    const char *fallback; /* NULL: required; "": none */
    const char *help;     /* Markdown */
};

/* The record of the root and of the groups below it. */
struct root {
    struct config config; /* first: an offset in it is an offset in the record */
    const char *password; /* of targets without one of their own */
};

/* The record of the section PASSWORD; texts are "" when absent. */
struct password_source {
    const char *env;
    const char *file; /* joined with the configuration's folder */
    const char *command;
    uint64_t ttl_ms; /* 0: not given */
};

/* The record of the section THROTTLE; texts are "" when absent. */
struct throttle_source {
    struct throttle_definition throttle; /* its query: that of the probe */
    const char *query;
};

extern const struct option options[];
extern const size_t option_count;

/* "rollout.retry"; "" for the root. */
const char *section_path(enum section section);

/* The option `key` of a section, or NULL. */
const struct option *option_find(enum section section, const char *key);

/* "rollout.retry.attempts", in `arena`. */
char *option_path(const struct option *option, struct arena *arena);

/* The section behind a GROUP or LIST. */
enum section option_nested(const struct option *option);

/* The key of the section that `key` is most likely a misspelling of, or NULL. */
const char *option_nearest(enum section section, const char *key);

/* The only option of another section with this very key, or NULL. */
const struct option *option_elsewhere(enum section section, const char *key);

/* "duration", for messages and the reference page. */
const char *option_type_description(enum option_type type);

/* Whether values of the type are a `const char *`. */
bool option_type_is_text(enum option_type type);

#endif
