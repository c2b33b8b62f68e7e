/* JSON for machines: jansson, and whatever is defined by a list as an object, derived from its layout. The caller owns
 * each result.
 */
#ifndef DROVER_JSON_JSON_H
#define DROVER_JSON_JSON_H

#include <jansson.h>

#include "common/vocabulary/message.h"

json_t *json_text(const char *text); /* invalid UTF-8 becomes question marks */
json_t *json_texts(struct texts texts);

/* "key=value" texts as {"key": "value"}. */
json_t *json_labels(struct texts labels);

/* {fields...}; fields have the names of their list, and those of a part stand among those of the whole. Of bytes only their
 * number is shown. */
json_t *json_record(const struct layout *layout, const void *value);

/* {"event": "progress", fields...} */
json_t *json_message(const struct message *message);
/* The same of its body alone. */
json_t *json_body(enum message_type type, const void *body);

/* Its labels are an object. */
json_t *json_target_status(const struct target_status *target);

#endif
