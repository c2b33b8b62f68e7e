/* Grouping: targets counted by server, wave, state, cause, revision or a label, and by state within
 * each group.
 */
#ifndef DROVER_REPORT_GROUPING_H
#define DROVER_REPORT_GROUPING_H

#include <jansson.h>

#include "cli/text/style.h"
#include "common/wire/message.h"

/* Checks "server", "wave", "state", "cause", "revision" or "label:NAME". ERROR_USAGE. */
int grouping_check(const char *key, struct error *error) MUST_CHECK;

/* A table, most targets first; targets without a value are counted
 * under "-". `waves` names them. Gives the values in order, in `kept`. */
struct texts grouping_render(const struct target_status_list *targets,
                             const struct wave_status_list *waves, const char *key,
                             const struct style *style, struct arena *kept, struct buffer *out);

/* [{"value": "pg-eu:5432", "targets": 12, "states": {"failed": 3,
 * ...}}, ...]; the caller owns it. */
json_t *grouping_json(const struct target_status_list *targets,
                      const struct wave_status_list *waves, const char *key);

/* "3 failed, 12 deployed": targets by state. */
void states_append(const struct target_status_list *targets, struct buffer *out);

#endif
