/* JSON for machines: jansson, and every message of the wire as an object, derived from its list. */
#ifndef DROVER_TEXT_JSON_H
#define DROVER_TEXT_JSON_H

#include <jansson.h>

#include "common/revision/graph.h"
#include "common/vocabulary/field.h"
#include "common/wire/message.h"

/* {"event": "progress", fields...}; fields have the names of common/vocabulary/messages.def. NULL for
 * messages that carry bytes only. The caller owns the result. */
json_t *json_message(const struct message *message);
/* The same of its body alone. */
json_t *json_body(enum message_type type, const void *body);

json_t *json_texts(struct texts texts);

/* "key=value" texts as {"key": "value"}. */
json_t *json_labels(struct texts labels);
json_t *json_text(const char *text); /* invalid UTF-8 becomes question marks */

json_t *json_target_status(const struct target_status *target);
json_t *json_rollout_summary(const struct rollout_summary *rollout);
json_t *json_log_entry(const struct log_entry *entry);
json_t *json_failure_group(const struct failure_group *failure);
json_t *json_remark_group(const struct remark_group *remarks);

/* One revision as `history --json` shows it; `folder` is put before its path. */
json_t *json_revision(const struct graph *graph, const struct revision *revision,
                      const char *folder);

/* Writes one line to stdout at once, and releases `value`. */
void json_line(json_t *value);

/* Writes an object over several lines to stdout, and releases it. */
void json_page(json_t *value);

#endif
