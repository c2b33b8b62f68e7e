/* `explain`: the steps of a command, without any database. */
#include <stdio.h>
#include <string.h>

#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/plan/explain.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/base/array.h"

static int asked_read(const struct arguments *arguments, struct explanation *asked,
                      struct error *error)
{
    static const char *const operations[] = {"upgrade", "downgrade", "stamp"};
    *asked = (struct explanation){.operation = arguments->words.items[0],
                                  .specs = arguments->words,
                                  .from = arguments->values[OPTION_FROM],
                                  .purge = arguments_given(arguments, OPTION_PURGE)};
    asked->specs.items++;
    asked->specs.count--;
    bool known = false;
    for (size_t i = 0; i < LENGTH(operations); i++) {
        known = known || strcmp(asked->operation, operations[i]) == 0;
    }
    if (!known) {
        (void)error_set(error, ERROR_USAGE, "\"%s\" cannot be explained", asked->operation);
        return error_hint(error, "upgrade, downgrade and stamp can");
    }
    if (asked->purge && strcmp(asked->operation, "stamp") != 0) {
        return error_set(error, ERROR_USAGE, "--purge is for stamp only");
    }
    return 0;
}

int command_explain(struct invocation *invocation, struct error *error)
{
    struct explanation asked;
    struct plan plan = {0};
    if (asked_read(&invocation->arguments, &asked, error) < 0) {
        return -1;
    }
    struct bundle *bundle = project_revisions(invocation, PROJECT_GRAPH, error);
    int result = bundle == NULL ? -1 : 0;
    if (result == 0) {
        result = explain_plan(bundle_graph(bundle), &asked, &invocation->arena, &plan, error);
        invocation->fault = result == 0 ? NULL : plan_fault_word(plan.fault);
    }
    if (result == 0 && invocation->json) {
        json_page(explain_json(asked.operation, &plan));
    } else if (result == 0) {
        struct buffer text = {0};
        explain_render(asked.operation, &plan, &invocation->output, &text);
        (void)fputs(buffer_text(&text), stdout);
        buffer_free(&text);
    }
    bundle_free(bundle);
    return result;
}
