/* A plan and a forecast in people's words. Pure: renders into a buffer. */
#ifndef DROVER_PLAN_PLAN_TEXT_H
#define DROVER_PLAN_PLAN_TEXT_H

#include "cli/plan/plan_document.h"
#include "cli/text/style.h"

/* "1,204 targets  ae10 -> b2f3 (2 steps)", one line for each path, most targets first; then those
 * with nothing to do. `with_sql`: below each its steps and their statements. */
void plan_paths_render(const struct plan_document *document, bool with_sql,
                       const struct style *style, struct buffer *out);

/* A line for each step that the project's own Alembic runs, and why. */
void plan_python_render(const struct plan_document *document, const struct style *style,
                        struct buffer *out);

/* "0002 cannot be taken back: migrations/0002_x.sql has no migrate:down section": of an upgrade, one
 * line for each such revision of its paths. */
void plan_ways_down_render(const struct plan_document *document, const struct style *style,
                           struct buffer *out);

/* "max_failures: 1% of 40: none may fail": a budget that is a part, as the number that it is. */
void plan_budget_render(const struct plan_document *document, const struct style *style,
                        struct buffer *out);

/* The waves, each with its targets and what holds it:
 * "soak 10m, approve". `progress` has the waves. */
void plan_waves_render(const struct plan_document *document,
                       const struct message_progress *progress, const struct style *style,
                       struct buffer *out);

/* How long it will take, by waves and windows, what it rests on, and which targets never fit. */
void forecast_render(const struct message_forecast *forecast, uint64_t now_ms,
                     const struct style *style, struct buffer *out);

/* "expected to end 14:20 (in 18 min)", or why that is not known. Nothing when nothing is known. */
void forecast_line(const struct message_forecast *forecast, uint64_t now_ms, struct buffer *out);

#endif
