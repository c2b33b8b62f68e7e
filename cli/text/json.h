/* JSON for machines: the records that commands show, revisions, and how a line or a page of it is written. */
#ifndef DROVER_TEXT_JSON_H
#define DROVER_TEXT_JSON_H

#include <jansson.h>

#include "common/json/json.h"
#include "common/revision/graph.h"
#include "common/vocabulary/record.h"

json_t *json_rollout_summary(const struct rollout_summary *rollout);
json_t *json_log_entry(const struct log_entry *entry);
/* A time that is not known is null, and "reason" says why. */
json_t *json_forecast(const struct message_forecast *forecast);
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
