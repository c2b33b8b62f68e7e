/* `rollouts`: answered by a running coordinator, or else from the journal. */
#include <stdio.h>

#include "cli/client/inquiry.h"
#include "cli/line/commands.h"
#include "cli/text/json.h"
#include "cli/text/point_in_time.h"
#include "cli/text/table.h"
#include "common/base/array.h"

enum { LIMIT_DEFAULT = 20, LIMIT_MOST = 100000 };

static void rollouts_show(const struct invocation *invocation, struct arena *arena,
                          const struct rollout_summary_list *rollouts)
{
    static const struct table_column columns[] = {
        {"ROLLOUT", false}, {"STARTED", false}, {"TOOK", true},     {"WHAT", false},
        {"STATE", false},   {"TARGETS", true},  {"DEPLOYED", true}, {"UNCHANGED", true},
        {"FAILED", true},   {"BY", false}};
    struct table table;
    struct buffer took = {0};
    struct buffer started = {0};
    table_init(&table, arena, columns, LENGTH(columns));
    for (size_t i = 0; i < rollouts->count; i++) {
        const struct rollout_summary *rollout = &rollouts->items[i];
        char counts[4][NUMBER_TEXT_BYTES];
        buffer_clear(&took);
        buffer_clear(&started);
        moment_date_append(&started, rollout->status.started_ms);
        if (rollout->status.finished_ms > rollout->status.started_ms) {
            duration_append(&took, rollout->status.finished_ms - rollout->status.started_ms);
        }
        const char *cells[] = {
            rollout->status.rollout,
            buffer_text(&started),
            buffer_text(&took),
            arena_printf(arena, "%s %s", rollout->status.verb, rollout->status.spec),
            rollout_state_word(rollout->status.state),
            number_text(rollout->counts.targets, counts[0]),
            number_text(rollout->counts.deployed, counts[1]),
            number_text(rollout->counts.unchanged, counts[2]),
            number_text(rollout->counts.failed, counts[3]),
            rollout->status.actor};
        table_row(&table, cells);
    }
    struct buffer text = {0};
    table_render(&table, &invocation->output, &text);
    (void)fputs(rollouts->count == 0 ? "There was no rollout yet.\n" : buffer_text(&text), stdout);
    buffer_free(&took);
    buffer_free(&started);
    buffer_free(&text);
}

int command_rollouts(struct invocation *invocation, struct error *error)
{
    struct inquiry inquiry;
    struct message request = {.type = MESSAGE_ROLLOUTS_WANTED};
    struct message answer = {0};
    int result = arguments_number(&invocation->arguments, OPTION_LIMIT, LIMIT_MOST, LIMIT_DEFAULT,
                                  &request.rollouts_wanted.limit, error);
    if (result != 0) {
        return -1;
    }
    result = inquiry_open(&inquiry, invocation, "", error);
    if (result == 0) {
        result = inquiry_ask(&inquiry, &request, MESSAGE_ROLLOUTS, &answer, error);
    }
    if (result >= 0) { /* none: nothing was ever started */
        const struct rollout_summary_list *rollouts = &answer.rollouts.rollouts;
        result = 0;
        if (invocation->json) {
            json_t *list = json_array();
            for (size_t i = 0; i < rollouts->count; i++) {
                (void)json_array_append_new(list, json_rollout_summary(&rollouts->items[i]));
            }
            json_page(json_pack("{s:o}", "rollouts", list));
        } else {
            rollouts_show(invocation, &invocation->arena, rollouts);
        }
    }
    inquiry_close(&inquiry);
    return result;
}
