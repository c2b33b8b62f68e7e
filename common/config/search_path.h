/* The key search_path of a target: a list of schemas as PostgreSQL reads one, with the placeholder
 * {schema} for the target's own.
 */
#ifndef DROVER_CONFIG_SEARCH_PATH_H
#define DROVER_CONFIG_SEARCH_PATH_H

#include "common/config/reader.h"

/* Checks the text at `node` and gives it as SQL takes it, in the reader's arena: "{schema}" and
 * behind it the others, each in quotation marks. "" after a diagnostic. */
const char *search_path_read(struct reader *reader, const struct node *node);

#endif
