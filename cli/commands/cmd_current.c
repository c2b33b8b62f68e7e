/* `current` and `check`: at which revisions the targets stand, and whether that is the head. */
#include <stdio.h>

#include "cli/client/survey.h"
#include "cli/commands/handed.h"
#include "cli/line/commands.h"
#include "cli/plan/plan_check.h"
#include "cli/project/project.h"
#include "cli/report/cohorts.h"
#include "cli/report/report.h"
#include "cli/text/json.h"

/* Exit code: asked, but not at the heads. */
enum { EXIT_BEHIND = 1 };

static const struct graph *survey_graph(const struct survey *survey)
{
    return bundle_graph(survey->conversation.bundle);
}

static json_t *targets_json(const struct survey *survey)
{
    json_t *list = json_array();
    for (size_t i = 0; i < survey->targets.count; i++) {
        const struct target_status *target = &survey->targets.items[i];
        json_t *object = json_target_status(target);
        (void)json_object_set_new(object, "is_head", json_boolean(survey_at_head(survey, target)));
        (void)json_array_append_new(list, object);
    }
    return list;
}

static json_t *failures_json(const struct survey *survey)
{
    json_t *failures = json_array();
    for (size_t i = 0; i < survey->finished.failures.count; i++) {
        (void)json_array_append_new(failures,
                                    json_failure_group(&survey->finished.failures.items[i]));
    }
    return failures;
}

static void failures_show(const struct survey *survey)
{
    const struct invocation *invocation = survey->conversation.invocation;
    struct buffer text = {0};
    report_failures(&survey->finished.failures,
                    invocation->verbose || !invocation->messages.terminal, &invocation->messages,
                    &text);
    (void)fputs(buffer_text(&text), stderr);
    buffer_free(&text);
}

static void cohorts_show(const struct survey *survey, const struct target_status_list *targets)
{
    const struct invocation *invocation = survey->conversation.invocation;
    struct buffer text = {0};
    cohorts_render(targets, survey_graph(survey), invocation->verbose, &invocation->output, &text);
    (void)fputs(buffer_text(&text), stdout);
    (void)fflush(stdout);
    buffer_free(&text);
}

/* The targets that were asked and do not stand at the heads, in the invocation's arena. */
static struct target_status_list behind_list(const struct survey *survey)
{
    struct arena *arena = &survey->conversation.invocation->arena;
    struct target_status_list list = {0};
    list.items = arena_array(arena, survey->targets.count, sizeof *list.items);
    for (size_t i = 0; i < survey->targets.count; i++) {
        const struct target_status *target = &survey->targets.items[i];
        if (target->inspected && !survey_at_head(survey, target)) {
            list.items[list.count++] = *target;
        }
    }
    return list;
}

/* A target that could not be asked weighs more than one that is behind. */
static int exit_code(const struct survey *survey, size_t behind)
{
    int code = (int)survey->finished.exit_code;
    return code == 0 && behind > 0 ? EXIT_BEHIND : code;
}

/* Where no revision is, no database can be said to be at the head. */
static int check_open(struct survey *survey, struct invocation *invocation, struct error *error)
{
    int result = conversation_open(&survey->conversation, invocation, true, error);
    if (result == 0 && graph_size(survey_graph(survey)) == 0) {
        result = project_empty(invocation, error);
    }
    return result == 0 ? survey_ask(survey, error) : -1;
}

int command_current(struct invocation *invocation, struct error *error)
{
    struct survey survey = {0};
    bool check = arguments_given(&invocation->arguments, OPTION_CHECK_HEADS);
    int result =
        check ? check_open(&survey, invocation, error) : survey_open(&survey, invocation, error);
    if (result == 0) {
        if (invocation->json) {
            json_page(json_pack("{s:o, s:o}", "targets", targets_json(&survey), "failures",
                                failures_json(&survey)));
        } else {
            cohorts_show(&survey, &survey.targets);
            failures_show(&survey);
        }
        size_t behind = check ? behind_list(&survey).count : 0;
        if (behind > 0 && !invocation->json) {
            struct buffer text = {0};
            buffer_count(&text, behind, "target");
            (void)fprintf(stderr, "%s %s not at the head revisions\n", buffer_text(&text),
                          behind == 1 ? "is" : "are");
            buffer_free(&text);
        }
        result = exit_code(&survey, behind);
    }
    survey_close(&survey);
    return result;
}

static void check_show(const struct survey *survey, const struct target_status_list *behind)
{
    struct buffer text = {0};
    if (behind->count > 0) {
        buffer_text_append(&text, "not at the head: ");
        buffer_count(&text, behind->count, "target");
        buffer_text_append(&text, " of ");
        buffer_count(&text, survey->targets.count, "target");
    } else if (survey->finished.exit_code == 0) {
        buffer_count(&text, survey->targets.count, "target");
        buffer_text_append(&text, " at the head");
    }
    (void)puts(buffer_text(&text));
    buffer_free(&text);
    if (behind->count > 0) {
        cohorts_show(survey, behind);
    }
    failures_show(survey);
}

static void plan_check_show(const struct survey *survey, const struct plan_check *check,
                            const struct target_status_list *astray)
{
    struct buffer text = {0};
    buffer_text_append(&text, astray->count > 0 ? "not as planned: " : "as planned: ");
    if (astray->count > 0) {
        buffer_count(&text, astray->count, "target");
        buffer_text_append(&text, " of ");
    }
    buffer_count(&text, plan_check_count(check), "target");
    (void)puts(buffer_text(&text));
    buffer_free(&text);
    if (astray->count > 0) {
        cohorts_show(survey, astray);
        for (size_t i = 0; i < astray->count; i++) {
            if (!astray->items[i].inspected) {
                (void)printf("not asked: %s\n", astray->items[i].place.name);
            }
        }
    }
    failures_show(survey);
}

/* `check --plan`: where the plan leads instead of the heads. */
static int check_plan(struct invocation *invocation, struct error *error)
{
    struct survey survey = {0};
    struct plan_check check;
    int result = plan_check_read(invocation, &check, error);
    if (result == 0) {
        result = check_open(&survey, invocation, error);
    }
    if (result == 0) {
        struct target_status_list astray =
            plan_check_astray(&check, &survey.targets, &invocation->arena);
        result = astray.count > 0 ? EXIT_BEHIND : 0;
        if (invocation->json) {
            json_page(json_pack("{s:b, s:s, s:o, s:o}", "as_planned", result == 0, "plan",
                                check.plan.plan.digest, "targets", targets_json(&survey),
                                "failures", failures_json(&survey)));
        } else {
            plan_check_show(&survey, &check, &astray);
        }
    }
    survey_close(&survey);
    return result;
}

int command_check(struct invocation *invocation, struct error *error)
{
    struct survey survey = {0};
    if (arguments_given(&invocation->arguments, OPTION_MODELS)) {
        return handed_check(invocation, error);
    }
    if (arguments_given(&invocation->arguments, OPTION_CHECK_PLAN)) {
        return check_plan(invocation, error);
    }
    if (arguments_given(&invocation->arguments, OPTION_CHECK_UNTIL_WAVE)) {
        return error_set(error, ERROR_USAGE, "--until-wave needs --plan: only a plan has waves");
    }
    int result = check_open(&survey, invocation, error);
    if (result == 0) {
        struct target_status_list behind = behind_list(&survey);
        result = exit_code(&survey, behind.count);
        if (invocation->json) {
            json_page(json_pack("{s:b, s:o, s:o}", "at_head", result == 0, "targets",
                                targets_json(&survey), "failures", failures_json(&survey)));
        } else {
            check_show(&survey, &behind);
        }
    }
    survey_close(&survey);
    return result;
}
