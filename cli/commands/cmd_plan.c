/* `plan`: what a rollout would do, by validating every target and asking
 * for the plan that the gate named. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/agents/pipeline_log.h"
#include "cli/client/conversation.h"
#include "cli/client/watch.h"
#include "cli/commands/migration.h"
#include "cli/line/commands.h"
#include "cli/plan/plan_text.h"
#include "cli/report/report.h"
#include "cli/report/summary.h"
#include "cli/text/json.h"

/* What a plan is shown from. */
struct planning {
    struct conversation conversation;
    struct quiet_end end;
    struct plan_document document;
    const struct message_forecast *forecast; /* or NULL */
    bool has_plan;
};

static const char *utc_now(struct arena *arena)
{
    char text[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    (void)gmtime_r(&now, &utc);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return arena_strdup(arena, text);
}

static int planning_run(struct planning *planning, const struct migration *migration,
                        struct error *error)
{
    struct conversation *conversation = &planning->conversation;
    struct invocation *invocation = conversation->invocation;
    struct message_started started;
    if (conversation_connect(conversation, CLIENT_ANYWHERE, false, error) != 0 ||
        conversation_start(conversation, PURPOSE_VALIDATE, &migration->request, &started, error) !=
            0 ||
        watch_quietly(invocation, conversation->client, started.rollout, true, &planning->end,
                      error) != 0) {
        return -1;
    }
    failures_locate(invocation, &planning->end.finished.failures);
    struct plan_document *document = &planning->document;
    document->direction = direction_word(migration->request.direction);
    document->spec = migration->request.spec;
    document->where = migration->request.where;
    document->created_by = client_actor(&invocation->arena);
    document->created_at = utc_now(&invocation->arena);
    planning->has_plan = planning->end.finished.status.digest[0] != '\0';
    if (!planning->has_plan) {
        return 0;
    }
    if (migration_plan(conversation, started.rollout, document, error) != 0) {
        return -1;
    }
    planning->forecast = conversation_forecast(conversation, started.rollout);
    return 0;
}

/* ---- showing ---- */

static void heading_append(const struct planning *planning, const struct style *style,
                           struct buffer *out)
{
    const struct plan_document *document = &planning->document;
    buffer_printf(out, "%s to ", document->direction);
    style_append(style, TONE_STRONG, document->spec, out);
    if (document->where[0] != '\0') {
        buffer_printf(out, " where %s", document->where);
    }
    buffer_text_append(out, ", ");
    buffer_count(out, planning->end.progress.counts.targets, "target");
    buffer_text_append(out, "\n\n");
}

static void digest_append(const struct planning *planning, const char *path,
                          const struct style *style, struct buffer *out)
{
    const struct plan_document *document = &planning->document;
    buffer_text_append(out, "\nplan ");
    style_append(style, TONE_STRONG, document->plan.digest, out);
    buffer_text_append(out, "\n");
    if (path != NULL) {
        buffer_printf(out, "Written to %s: `drover %s --plan %s` runs precisely this plan.\n", path,
                      document->direction, path);
    }
}

static void planning_show(const struct planning *planning, const char *path)
{
    const struct invocation *invocation = planning->conversation.invocation;
    const struct style *style = &invocation->output;
    const struct message_progress *progress = &planning->end.progress;
    bool sql = invocation->verbose || arguments_given(&invocation->arguments, OPTION_PLAN_SQL);
    struct buffer text = {0};
    if (planning->has_plan) {
        heading_append(planning, style, &text);
        plan_paths_render(&planning->document, sql, style, &text);
        plan_python_render(&planning->document, style, &text);
        plan_ways_down_render(&planning->document, style, &text);
        plan_budget_render(&planning->document, style, &text);
        buffer_text_append(&text, "\n");
        plan_waves_render(&planning->document, progress, style, &text);
    }
    struct buffer failures = {0};
    report_failures(&planning->end.finished.failures, invocation->verbose || !style->terminal,
                    style, &failures);
    if (failures.length > 0) {
        buffer_printf(&text, "%srefused by validation: %s", text.length > 0 ? "\n" : "",
                      buffer_text(&failures));
    }
    buffer_free(&failures);
    if (planning->forecast != NULL) {
        struct buffer forecast = {0};
        forecast_render(planning->forecast, progress->now_ms, style, &forecast);
        buffer_printf(&text, "%s%s", forecast.length > 0 ? "\n" : "", buffer_text(&forecast));
        buffer_free(&forecast);
    }
    if (planning->has_plan) {
        digest_append(planning, path, style, &text);
    } else {
        buffer_printf(&text, "\n%s\n", planning->end.finished.sentence);
    }
    (void)fputs(buffer_text(&text), stdout);
    struct buffer page = {0};
    summary_plan(buffer_text(&text), &page);
    pipeline_log_summary("plan", buffer_text(&page));
    report_issues(&planning->end.finished.failures);
    buffer_free(&page);
    buffer_free(&text);
}

static void planning_json(const struct planning *planning)
{
    json_t *object = planning->has_plan ? plan_document_json(&planning->document) : json_object();
    json_t *waves = json_body(MESSAGE_PROGRESS, &planning->end.progress);
    json_t *end = json_body(MESSAGE_FINISHED, &planning->end.finished);
    (void)json_object_set(object, "state", json_object_get(end, "state"));
    (void)json_object_set(object, "exit_code", json_object_get(end, "exit_code"));
    (void)json_object_set(object, "failures", json_object_get(end, "failures"));
    (void)json_object_set(object, "waves", json_object_get(waves, "waves"));
    if (planning->forecast != NULL) {
        (void)json_object_set_new(object, "forecast", json_forecast(planning->forecast));
    }
    json_decref(waves);
    json_decref(end);
    json_page(object);
}

int command_plan(struct invocation *invocation, struct error *error)
{
    struct planning planning = {0};
    struct migration migration;
    const char *path = arguments_value(&invocation->arguments, OPTION_OUTPUT);
    int result = migration_from_arguments(invocation, DIRECTION_UP, &migration, error);
    if (result == 0) {
        result = conversation_open(&planning.conversation, invocation, true, error);
    }
    if (result == 0) {
        result = migration_check(&planning.conversation, &migration, error);
    }
    if (result == 0) {
        result = planning_run(&planning, &migration, error);
    }
    if (result == 0 && path != NULL && planning.has_plan) {
        result = plan_document_write(&planning.document, path, error);
    }
    if (result == 0) {
        if (invocation->json) {
            planning_json(&planning);
        } else {
            planning_show(&planning, planning.has_plan ? path : NULL);
        }
        result = (int)planning.end.finished.exit_code;
    }
    conversation_close(&planning.conversation);
    return result;
}
