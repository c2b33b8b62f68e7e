/* The reference page of the configuration, from the table of options. */
#ifndef DROVER_CONFIG_REFERENCE_H
#define DROVER_CONFIG_REFERENCE_H

#include "common/base/buffer.h"

/* Appends docs/reference/configuration.md. */
void config_reference(struct buffer *out);

#endif
