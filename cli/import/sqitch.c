/* Sqitch: sqitch.plan names the changes in their order, with what each requires; deploy/NAME.sql and revert/NAME.sql
 * hold them. A change that was reworked later stands in NAME@TAG.sql, of the first tag behind it.
 *
 * Sqitch knows a change by its project and name, the second of one name as NAME@2 (tools.def).
 */
#include <string.h>

#include "cli/import/reader.h"

enum { CHANGES_MAX = 100000 };

/* A line of the plan. */
struct change {
    const char *name;
    const char *tag;     /* the first one behind it; NULL: none yet */
    bool reworked;       /* a later line has its name */
    unsigned occurrence; /* of its name, from 1 */
};

struct plan {
    struct import_project *project;
    const char *name; /* of the project */
    struct change *changes;
    size_t count;
};

/* The next word of the line, NULL at its end. */
static const char *word_next(struct plan *plan, const char **at, const char *end)
{
    while (*at < end && (**at == ' ' || **at == '\t')) {
        ++*at;
    }
    const char *from = *at;
    while (*at < end && **at != ' ' && **at != '\t') {
        ++*at;
    }
    return *at == from ? NULL : arena_strndup(plan->project->arena, from, (size_t)(*at - from));
}

static const char *version_of(const struct plan *plan, const struct change *change)
{
    struct arena *arena = plan->project->arena;
    return change->occurrence == 1
               ? arena_printf(arena, "%s:%s", plan->name, change->name)
               : arena_printf(arena, "%s:%s@%u", plan->name, change->name, change->occurrence);
}

/* The last change so far of this name. */
static struct change *change_find(struct plan *plan, const char *name)
{
    for (size_t i = plan->count; i-- > 0;) {
        if (strcmp(plan->changes[i].name, name) == 0) {
            return &plan->changes[i];
        }
    }
    return NULL;
}

/* "name", "name@tag", "project:name", "!name": what comes before is applied before it anyway; other
 * projects are named. */
static void requirement_take(struct plan *plan, struct import_step *step, const char *word,
                             unsigned line)
{
    const char *colon = strchr(word, ':');
    bool ours = colon == NULL || ((size_t)(colon - word) == strlen(plan->name) &&
                                  strncmp(word, plan->name, strlen(plan->name)) == 0);
    if (word[0] == '\0' || (ours && word[0] != '!')) {
        return;
    }
    struct diagnostic *warning =
        diagnostic_add(plan->project->diagnostics, import_path(plan->project, "sqitch.plan"), line,
                       0, "%s %s %s, which is left out", step->revision.message,
                       word[0] == '!' ? "conflicts with" : "requires", word + (word[0] == '!'));
    diagnostic_warn(plan->project->diagnostics, warning);
}

/* "[a b]", from behind the bracket. */
static void requirements_take(struct plan *plan, struct import_step *step, const char **at,
                              const char *end, unsigned line)
{
    const char *close = memchr(*at, ']', (size_t)(end - *at));
    const char *stop = close == NULL ? end : close;
    for (const char *word = word_next(plan, at, stop); word != NULL;
         word = word_next(plan, at, stop)) {
        requirement_take(plan, step, word, line);
    }
    *at = close == NULL ? end : close + 1;
}

static void change_take(struct plan *plan, const struct import_line *line, const char *name,
                        const char *at)
{
    const char *end = line->text + line->length;
    struct import_step *step = import_step(plan->project);
    struct change *before = change_find(plan, name);
    struct change *change = &plan->changes[plan->count++];
    *change =
        (struct change){.name = name, .occurrence = before == NULL ? 1 : before->occurrence + 1};
    if (before != NULL) {
        before->reworked = true;
    }
    step->version = version_of(plan, change);
    step->revision.id = name;
    step->revision.message = name;
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    if (at < end && *at == '[') {
        at++;
        requirements_take(plan, step, &at, end, line->number);
    }
    step->revision.create_date = word_next(plan, &at, end);
}

static void tag_take(struct plan *plan, const char *tag)
{
    for (size_t i = plan->count; i-- > 0 && plan->changes[i].tag == NULL;) {
        plan->changes[i].tag = tag;
    }
}

static void line_take(struct plan *plan, const struct import_line *line)
{
    const char *at = line->text;
    const char *word = word_next(plan, &at, line->text + line->length);
    static const char project[] = "%project=";
    if (word == NULL || word[0] == '#') {
        return;
    }
    if (word[0] == '%') {
        if (strncmp(word, project, sizeof project - 1) == 0) {
            plan->name = word + sizeof project - 1;
        }
    } else if (word[0] == '@') {
        tag_take(plan, word);
    } else {
        change_take(plan, line, word[0] == '+' ? word + 1 : word, at);
    }
}

static void way_take(struct plan *plan, const struct change *change, const struct texts *files,
                     const char *folder, struct import_way *way)
{
    struct import_project *project = plan->project;
    const char *tag = change->reworked && change->tag != NULL ? change->tag : "";
    const char *file = arena_printf(project->arena, "%s/%s%s.sql", folder, change->name, tag);
    way->path = import_path(project, file);
    if (texts_hold(*files, file)) {
        way->sql = import_text(project, file);
    }
}

static void plan_read(struct plan *plan, const struct texts *files)
{
    struct import_project *project = plan->project;
    struct import_line line = {.next = import_text(project, "sqitch.plan")};
    while (plan->count < CHANGES_MAX && import_line_next(&line)) {
        line_take(plan, &line);
    }
    for (size_t i = 0; i < plan->count; i++) {
        struct import_step *step = &project->steps[i];
        way_take(plan, &plan->changes[i], files, "deploy", &step->up);
        way_take(plan, &plan->changes[i], files, "revert", &step->down);
        if (step->up.sql == NULL) {
            (void)diagnostic_add(project->diagnostics, step->up.path, 0, 0,
                                 "is not there, and sqitch.plan names it");
            step->up.sql = "";
        }
    }
}

int import_sqitch(struct import_project *project, struct error *error)
{
    enum { DEPTH_MAX = 8 };
    struct texts files;
    if (import_list(project, DEPTH_MAX, &files, error) != 0) {
        return -1;
    }
    if (!texts_hold(files, "sqitch.plan")) {
        (void)error_set(error, ERROR_REVISION, "there is no sqitch.plan in %s", project->folder);
        return error_hint(error, "name the folder with the plan, deploy/ and revert/ in it");
    }
    for (size_t i = 0; i < files.count; i++) {
        if (strncmp(files.items[i], "verify/", 7) == 0) {
            import_leave_out(project, "verify",
                             "its scripts are checks; `checks` of a wave hold such");
            break;
        }
    }
    struct plan plan = {.project = project, .name = ""};
    plan.changes = arena_array(project->arena, CHANGES_MAX, sizeof *plan.changes);
    plan_read(&plan, &files);
    return 0;
}
