/* Pipelines: the table of the dialects and the two functions that read it.
 *
 * Templates: %k kind, %t text, %p path, %l line, %c column, %n percent, %g group, %u time. Texts
 * and paths are escaped by the dialect's lists.
 */
#include "cli/agents/pipeline.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/array.h"

struct escape {
    char byte;
    const char *text;
};

enum { ESCAPES_MOST = 8, TEMPLATES = PIPELINE_SUMMARY + 1, STARTS_MOST = 3 };

/* What begins a command: `text`, anywhere or as the first that can be seen of a line; then only if
 * `later` follows on the same line. Agents ignore the case. */
struct start {
    const char *text;
    bool first;
    const char *later;
};

struct pipeline_dialect {
    const char *variable; /* tells the agent */
    const char *value;    /* that it has; NULL: any but "" */
    const char *workspace;
    const char *summary_file;
    const char *summary_folder;
    const char *templates[TEMPLATES]; /* by enum pipeline_command; NULL: has none */
    struct escape text[ESCAPES_MOST]; /* ends with byte 0 */
    struct escape path[ESCAPES_MOST];
    struct start starts[STARTS_MOST];
};

#define SECTION_CLEAR "\033[0K"

static const char azure_issue_at[] =
    "##vso[task.logissue type=%k;sourcepath=%p;linenumber=%l;columnnumber=%c;]%t";

static const struct pipeline_dialect dialects[] = {
    /* Azure Pipelines: "Logging commands"; escapes as in azure-pipelines-task-lib */
    {.variable = "TF_BUILD",
     .value = "True",
     .workspace = "BUILD_SOURCESDIRECTORY",
     .summary_folder = "AGENT_TEMPDIRECTORY",
     .templates = {[PIPELINE_GROUP] = "##[group]%t",
                   [PIPELINE_GROUP_END] = "##[endgroup]",
                   [PIPELINE_ISSUE] = "##vso[task.logissue type=%k;]%t",
                   [PIPELINE_ISSUE_AT] = azure_issue_at,
                   [PIPELINE_PROGRESS] = "##vso[task.setprogress value=%n;]%t",
                   [PIPELINE_SUMMARY] = "##vso[task.uploadsummary]%p"},
     .text = {{'%', "%AZP25"}, {'\r', "%0D"}, {'\n', "%0A"}},
     .path = {{'%', "%AZP25"}, {'\r', "%0D"}, {'\n', "%0A"}, {']', "%5D"}, {';', "%3B"}},
     .starts = {{.text = "##vso["}, {.text = "##["}}},
    /* GitHub Actions: "Workflow commands"; escapes as in @actions/core;
     * its runner still knows ##[ */
    {.variable = "GITHUB_ACTIONS",
     .value = "true",
     .workspace = "GITHUB_WORKSPACE",
     .summary_file = "GITHUB_STEP_SUMMARY",
     .templates = {[PIPELINE_GROUP] = "::group::%t",
                   [PIPELINE_GROUP_END] = "::endgroup::",
                   [PIPELINE_ISSUE] = "::%k::%t",
                   [PIPELINE_ISSUE_AT] = "::%k file=%p,line=%l,col=%c::%t"},
     .text = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}},
     .path = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {':', "%3A"}, {',', "%2C"}},
     .starts = {{.text = "::", .first = true, .later = "::"}, {.text = "##["}}},
    /* GitLab CI: "Custom collapsible sections"; it has no other commands */
    {.variable = "GITLAB_CI",
     .workspace = "CI_PROJECT_DIR",
     .templates = {[PIPELINE_GROUP] =
                       SECTION_CLEAR "section_start:%u:drover_%g\r" SECTION_CLEAR "%t",
                   [PIPELINE_GROUP_END] = SECTION_CLEAR "section_end:%u:drover_%g\r" SECTION_CLEAR},
     .text = {{'\r', " "}, {'\n', " "}, {'\033', " "}},
     .path = {{'\r', " "}, {'\n', " "}, {'\033', " "}},
     .starts = {{.text = "section_start:"}, {.text = "section_end:"}}},
};

const struct pipeline_dialect *pipeline_detect(pipeline_environment *environment)
{
    for (size_t i = 0; i < LENGTH(dialects); i++) {
        const char *value = environment(dialects[i].variable);
        const char *wanted = dialects[i].value;
        if (value != NULL && (wanted == NULL ? value[0] != '\0' : strcmp(value, wanted) == 0)) {
            return &dialects[i];
        }
    }
    return NULL;
}

const char *pipeline_workspace_variable(const struct pipeline_dialect *dialect)
{
    return dialect->workspace;
}

const char *pipeline_summary_file_variable(const struct pipeline_dialect *dialect)
{
    return dialect->summary_file;
}

const char *pipeline_summary_folder_variable(const struct pipeline_dialect *dialect)
{
    return dialect->summary_folder;
}

/* ---- commands ---- */

/* Agents look for commands within the text of others, too: it is cleaned first. */
static void escape_append(const struct pipeline_dialect *dialect, const struct escape *escapes,
                          const char *value, struct buffer *out)
{
    struct buffer clean = {0};
    pipeline_line_clean(dialect, value, strlen(value), false, &clean);
    for (const char *text = buffer_text(&clean); *text != '\0'; text++) {
        const struct escape *escape = escapes;
        while (escape->byte != '\0' && escape->byte != *text) {
            escape++;
        }
        if (escape->byte == '\0') {
            buffer_append(out, text, 1);
        } else {
            buffer_text_append(out, escape->text);
        }
    }
    buffer_free(&clean);
}

static void value_append(const struct pipeline_dialect *dialect, char letter,
                         const struct pipeline_values *values, struct buffer *out)
{
    switch (letter) {
    case 'k': buffer_text_append(out, values->kind); break;
    case 't': escape_append(dialect, dialect->text, values->text, out); break;
    case 'p': escape_append(dialect, dialect->path, values->path, out); break;
    case 'l': buffer_printf(out, "%u", values->line); break;
    case 'c': buffer_printf(out, "%u", values->column); break;
    case 'n': buffer_printf(out, "%u", values->percent); break;
    case 'g': buffer_printf(out, "%u", values->group); break;
    case 'u': buffer_printf(out, "%" PRId64, values->unix_time); break;
    default: break;
    }
}

void pipeline_render(const struct pipeline_dialect *dialect, enum pipeline_command command,
                     const struct pipeline_values *values, struct buffer *out)
{
    const char *template = dialect->templates[command];
    if (template == NULL) {
        return;
    }
    for (; *template != '\0'; template ++) {
        if (*template == '%') {
            value_append(dialect, *++template, values, out);
        } else {
            buffer_append(out, template, 1);
        }
    }
    buffer_text_append(out, "\n");
}

/* ---- everything else ---- */

/* `start` is in lower case. */
static bool same_letter(char c, char start)
{
    return c == start || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == start);
}

/* What .NET skips when it compares texts as people do: control characters, and some of the
 * characters beyond ASCII. */
static bool is_ignorable(char c)
{
    return (unsigned char)c >= 0x7f || (c < ' ' && c != '\t' && c != '\r');
}

static bool begins_with(const char *text, size_t length, const char *start)
{
    size_t matched = 0;
    for (size_t i = 0; i < length && start[matched] != '\0'; i++) {
        if (same_letter(text[i], start[matched])) {
            matched++;
        } else if (matched == 0 || !is_ignorable(text[i])) {
            return false;
        }
    }
    return start[matched] == '\0';
}

static bool holds(const char *text, size_t length, const char *wanted)
{
    for (size_t i = 0; i < length; i++) {
        if (begins_with(text + i, length - i, wanted)) {
            return true;
        }
    }
    return false;
}

static bool command_begins(const struct pipeline_dialect *dialect, const char *text, size_t length,
                           bool first)
{
    for (size_t i = 0; i < STARTS_MOST && dialect->starts[i].text != NULL; i++) {
        const struct start *start = &dialect->starts[i];
        size_t size = strlen(start->text);
        if ((first || !start->first) && begins_with(text, length, start->text) &&
            (start->later == NULL || holds(text + size, length - size, start->later))) {
            return true;
        }
    }
    return false;
}

/* Agents cut blanks off a line before they look at it, .NET's many kinds of them included, and take
 * a carriage return for its end. Whatever is not visible ASCII counts as a blank here. */
static bool is_visible(char c)
{
    return c > ' ' && c < 0x7f;
}

void pipeline_line_clean(const struct pipeline_dialect *dialect, const char *line, size_t length,
                         bool json, struct buffer *out)
{
    bool first = true;
    size_t done = 0;
    for (size_t i = 0; i < length; i++) {
        if (command_begins(dialect, line + i, length - i, first)) {
            buffer_append(out, line + done, i - done);
            buffer_printf(out, json ? "\\u%04x" : "%c ", (unsigned char)line[i]);
            done = i + 1;
        }
        first = line[i] == '\r' || (first && !is_visible(line[i]));
    }
    buffer_append(out, line + done, length - done);
}
