/* What discoveries find comes in parts; they wait in the worker's session for the result. */
#ifndef DROVER_SHELL_FOUND_PARTS_H
#define DROVER_SHELL_FOUND_PARTS_H

#include <stdbool.h>

#include "common/wire/message.h"

struct found_part; /* what has come for one job */

/* Keeps a copy; false: it is more than a discovery may find. */
bool found_parts_add(struct found_part **parts, const struct message_found *found);

/* Takes out what has come for the result's job, and puts it before what the result brings. The caller
 * frees it with found_part_free; NULL: nothing has. */
struct found_part *found_parts_take(struct found_part **parts, struct message_result *result);

void found_part_free(struct found_part *part); /* NULL is fine */
void found_parts_free(struct found_part **parts);

#endif
