/* JSON as a struct that a list defines. */
#ifndef DROVER_JSON_JSON_READ_H
#define DROVER_JSON_JSON_READ_H

#include <jansson.h>

#include "common/vocabulary/layout.h"

/* Sets the fields that `object` names, also those of parts; texts are copied into `arena`. A number and a boolean may be
 * written as text, as a query of a URL has them. Returns 0, or -1 with ERROR_USAGE: which name is unknown, which value is
 * none of its field's, and what would be. */
int json_read(const json_t *object, const struct layout *layout, struct arena *arena, void *value,
              struct error *error) MUST_CHECK;

#endif
