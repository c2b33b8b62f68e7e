/* The reference page of the configuration, from the table of options. */
#ifndef DROVER_CONFIG_REFERENCE_H
#define DROVER_CONFIG_REFERENCE_H

#include "common/base/buffer.h"

/* How one kind of value is written; both are Markdown. */
struct config_value {
    const char *name;
    const char *meaning;
};

extern const struct config_value config_values[];
extern const size_t config_value_count;

/* What stands before and after the tables, as Markdown. */
extern const char config_reference_introduction[];
extern const char config_reference_end[];

/* Appends docs/reference/configuration.md. */
void config_reference(struct buffer *out);

#endif
