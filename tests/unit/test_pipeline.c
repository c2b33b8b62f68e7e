/* Pipelines: the commands of each dialect, and that ordinary output begins none. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/agents/pipeline.h"
#include "cli/report/summary.h"
#include "common/base/array.h"

static const char *agent;

static const char *environment(const char *name)
{
    static const char *const values[][2] = {
        {"TF_BUILD", "True"}, {"GITHUB_ACTIONS", "true"}, {"GITLAB_CI", "1"}};
    for (size_t i = 0; i < LENGTH(values); i++) {
        if (strcmp(name, agent) == 0 && strcmp(name, values[i][0]) == 0) {
            return values[i][1];
        }
    }
    return NULL;
}

static const struct pipeline_dialect *dialect(const char *variable)
{
    agent = variable;
    return pipeline_detect(environment);
}

static void expect_command(const char *variable, enum pipeline_command command,
                           const char *expected)
{
    struct buffer out = {0};
    const struct pipeline_values values = {.kind = "error",
                                           .text = "50%\n##vso[x;y]",
                                           .path = "a:b,c;d]%",
                                           .line = 3,
                                           .column = 4,
                                           .percent = 50,
                                           .group = 2,
                                           .unix_time = 1795392000};
    pipeline_render(dialect(variable), command, &values, &out);
    cr_expect_str_eq(buffer_text(&out), expected);
    buffer_free(&out);
}

Test(pipeline, none_outside_of_one)
{
    cr_expect_null(dialect("HOME"));
}

Test(pipeline, azure)
{
    const char *name = "TF_BUILD";
    expect_command(name, PIPELINE_GROUP, "##[group]50%AZP25%0A# #vso[x;y]\n");
    expect_command(name, PIPELINE_GROUP_END, "##[endgroup]\n");
    expect_command(name, PIPELINE_ISSUE,
                   "##vso[task.logissue type=error;]50%AZP25%0A# #vso[x;y]\n");
    expect_command(name, PIPELINE_ISSUE_AT,
                   "##vso[task.logissue type=error;sourcepath=a:b,c%3Bd%5D%AZP25;linenumber=3;"
                   "columnnumber=4;]50%AZP25%0A# #vso[x;y]\n");
    expect_command(name, PIPELINE_PROGRESS,
                   "##vso[task.setprogress value=50;]50%AZP25%0A# #vso[x;y]\n");
    expect_command(name, PIPELINE_SUMMARY, "##vso[task.uploadsummary]a:b,c%3Bd%5D%AZP25\n");
}

Test(pipeline, github)
{
    const char *name = "GITHUB_ACTIONS";
    expect_command(name, PIPELINE_GROUP, "::group::50%25%0A##vso[x;y]\n");
    expect_command(name, PIPELINE_GROUP_END, "::endgroup::\n");
    expect_command(name, PIPELINE_ISSUE, "::error::50%25%0A##vso[x;y]\n");
    expect_command(name, PIPELINE_ISSUE_AT,
                   "::error file=a%3Ab%2Cc;d]%25,line=3,col=4::50%25%0A##vso[x;y]\n");
    expect_command(name, PIPELINE_PROGRESS, "");
    expect_command(name, PIPELINE_SUMMARY, "");
}

Test(pipeline, gitlab)
{
    const char *name = "GITLAB_CI";
    expect_command(name, PIPELINE_GROUP,
                   "\033[0Ksection_start:1795392000:drover_2\r\033[0K50% ##vso[x;y]\n");
    expect_command(name, PIPELINE_GROUP_END, "\033[0Ksection_end:1795392000:drover_2\r\033[0K\n");
    expect_command(name, PIPELINE_ISSUE, "");
}

static void expect_clean(const char *variable, const char *line, const char *expected)
{
    struct buffer out = {0};
    pipeline_line_clean(dialect(variable), line, strlen(line), false, &out);
    cr_expect_str_eq(buffer_text(&out), expected);
    buffer_free(&out);
}

Test(pipeline, output_begins_no_command)
{
    expect_clean("TF_BUILD", "a ##vso[x]y##[z]", "a # #vso[x]y# #[z]");
    expect_clean("TF_BUILD", "###[z] ##VSO[", "## #[z] # #VSO[");
    expect_clean("TF_BUILD", "a ## b, ##vso, ::error::x", "a ## b, ##vso, ::error::x");
    expect_clean("GITHUB_ACTIONS", "::error::x", ": :error::x");
    expect_clean("GITHUB_ACTIONS", " \t\xC2\xA0::error::x", " \t\xC2\xA0: :error::x");
    expect_clean("GITHUB_ACTIONS", "a\r::error::x", "a\r: :error::x");
    expect_clean("GITHUB_ACTIONS", "  ::int + 1", "  ::int + 1");
    expect_clean("GITHUB_ACTIONS", "a ::error::x ##[group]", "a ::error::x # #[group]");
    expect_clean("GITLAB_CI", "section_start:1:x\r", "s ection_start:1:x\r");
    expect_clean("GITLAB_CI", "\033[0Ksection_end:", "\033[0Ks ection_end:");
    expect_clean("GITLAB_CI", "", "");
    /* .NET may skip a soft hyphen or a control character between the two */
    expect_clean("GITHUB_ACTIONS", ":\xC2\xAD:error:\x01:x", ": \xC2\xAD:error:\x01:x");
    expect_clean("TF_BUILD", "#\xC2\xAD#vs\x01o[x", "# \xC2\xAD#vs\x01o[x");
}

Test(pipeline, json_keeps_its_values)
{
    struct buffer out = {0};
    static const char line[] = "{\"a\": \"##vso[x] ##[y]\"}";
    pipeline_line_clean(dialect("TF_BUILD"), line, sizeof line - 1, true, &out);
    cr_expect_str_eq(buffer_text(&out), "{\"a\": \"\\u0023#vso[x] \\u0023#[y]\"}");
    buffer_free(&out);
}

Test(summary, names_and_messages_add_no_markup)
{
    struct buffer out = {0};
    markdown_append(&out, "a|b\n# <script> `x` ![y](z) &lt; \\ 5*3 _u_ $m$");
    cr_expect_str_eq(buffer_text(&out),
                     "a\\|b \\# &lt;script\\> \\`x\\` \\!\\[y\\]\\(z\\) &amp;lt; "
                     "\\\\ 5\\*3 \\_u\\_ \\$m\\$");
    buffer_free(&out);
}

Test(summary, a_plan_is_shown_as_it_stands)
{
    struct buffer out = {0};
    summary_plan("1 target\r```\n\n<b>\n", &out);
    cr_expect_str_eq(buffer_text(&out), "### Plan\n\n    1 target\n    ```\n    \n    <b>\n\n");
    buffer_free(&out);
}
