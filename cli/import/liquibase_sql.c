/* Liquibase's formatted SQL: "--changeset author:id" begins a step, "--rollback" lines are its way down. Files stand
 * in order of name, in folders too. Liquibase knows a changeset by author, id and file, of whose path
 * only the last part is compared (tools.def). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli/import/reader.h"
#include "common/base/buffer.h"

struct reading {
    struct import_project *project;
    const char *file;
    struct import_step *step; /* NULL before the first, and in one that is left out */
    struct buffer texts[2];
    bool downs; /* a --rollback was seen */
};

static void step_close(struct reading *reading)
{
    struct import_step *step = reading->step;
    if (step != NULL) {
        step->up.sql = arena_strdup(reading->project->arena, buffer_text(&reading->texts[0]));
        step->down.sql =
            reading->downs ? arena_strdup(reading->project->arena, buffer_text(&reading->texts[1]))
                           : NULL;
        if (step->up.unavailable == NULL && strstr(step->up.sql, "${") != NULL) {
            step->up.unavailable = "it has a parameter, ${...}";
        }
    }
    buffer_clear(&reading->texts[0]);
    buffer_clear(&reading->texts[1]);
    reading->downs = false;
    reading->step = NULL;
}

static bool begins(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* The value of an attribute of the changeset, "dbms:postgresql"; NULL: it is not given. */
static const char *attribute(const char *words, const char *name)
{
    for (const char *at = strstr(words, name); at != NULL; at = strstr(at + 1, name)) {
        if (at > words && isspace((unsigned char)at[-1]) && at[strlen(name)] == ':') {
            return at + strlen(name) + 1;
        }
    }
    return NULL;
}

static bool is_of_postgresql(const char *words)
{
    const char *dbms = attribute(words, "dbms");
    if (dbms == NULL) {
        return true;
    }
    size_t length = strcspn(dbms, " \t");
    const char *found = strstr(dbms, "postgresql");
    return found != NULL && found < dbms + length && (found == dbms || found[-1] != '!');
}

static void remark(struct reading *reading, unsigned line, const char *what)
{
    struct diagnostic *warning =
        diagnostic_add(reading->project->diagnostics, import_path(reading->project, reading->file),
                       line, 0, "%s", what);
    diagnostic_warn(reading->project->diagnostics, warning);
}

/* "author:id attributes", from behind "changeset ". */
static void changeset_begin(struct reading *reading, const char *words, unsigned line)
{
    struct import_project *project = reading->project;
    const char *slash = strrchr(reading->file, '/');
    size_t length = strcspn(words, " \t");
    const char *key = arena_strndup(project->arena, words, length);
    const char *colon = strchr(key, ':');
    step_close(reading);
    if (colon == NULL) {
        (void)diagnostic_add(project->diagnostics, import_path(project, reading->file), line, 0,
                             "'%s' is not AUTHOR:ID", key);
        return;
    }
    if (!is_of_postgresql(words)) {
        remark(reading, line,
               arena_printf(project->arena, "changeset %s is left out: it is for another database",
                            key));
        return;
    }
    struct import_step *step = import_step(project);
    step->version =
        arena_printf(project->arena, "%s@%s", key, slash == NULL ? reading->file : slash + 1);
    step->revision.id = colon + 1;
    step->revision.message = key;
    step->up.path = step->down.path = import_path(project, reading->file);
    const char *transaction = attribute(words, "runInTransaction");
    step->up.outside = step->down.outside = transaction != NULL && begins(transaction, "false");
    if (attribute(words, "runOnChange") != NULL || attribute(words, "runAlways") != NULL) {
        remark(reading, line,
               arena_printf(project->arena,
                            "changeset %s runs once here: runOnChange and runAlways have no like",
                            key));
    }
    if (attribute(words, "context") != NULL || attribute(words, "contextFilter") != NULL ||
        attribute(words, "labels") != NULL) {
        remark(reading, line,
               arena_printf(project->arena,
                            "changeset %s runs everywhere here: contexts and labels have no like",
                            key));
    }
    reading->step = step;
}

static void rollback_take(struct reading *reading, struct import_line line, const char *words)
{
    words += strspn(words, " \t");
    reading->downs = true;
    if (begins(words, "not required") || begins(words, "empty")) {
        return;
    }
    line.text = words;
    line.length = strlen(words);
    import_line_keep(&reading->step->down, &reading->texts[1], &line);
}

static void line_take(struct reading *reading, const struct import_line *line)
{
    const char *comment = import_comment(reading->project, line);
    if (comment != NULL && begins(comment, "changeset ")) {
        changeset_begin(reading, comment + 10 + strspn(comment + 10, " \t"), line->number);
    } else if (comment != NULL && begins(comment, "property ")) {
        remark(reading, line->number, "is left out: parameters have no like");
    } else if (reading->step == NULL ||
               (comment != NULL && begins(comment, "liquibase formatted sql"))) {
        return;
    } else if (comment != NULL && begins(comment, "rollback ")) {
        rollback_take(reading, *line, comment + 9);
    } else if (comment != NULL && begins(comment, "precondition")) {
        reading->step->up.unavailable = "it has preconditions";
    } else if (comment != NULL && begins(comment, "comment:")) {
        reading->step->revision.message = comment + 8 + strspn(comment + 8, " \t");
    } else {
        import_line_keep(&reading->step->up, &reading->texts[0], line);
    }
}

static void file_take(struct import_project *project, const char *file)
{
    struct reading reading = {.project = project, .file = file};
    struct import_line line = {.next = import_text(project, file)};
    const char *first = line.next + strspn(line.next, " \t\r\n");
    if (!begins(first, "--liquibase formatted sql") &&
        !begins(first, "-- liquibase formatted sql")) {
        import_leave_out(project, file, "it does not begin with '--liquibase formatted sql'");
        return;
    }
    while (import_line_next(&line)) {
        line_take(&reading, &line);
    }
    step_close(&reading);
    buffer_free(&reading.texts[0]);
    buffer_free(&reading.texts[1]);
}

int import_liquibase_sql(struct import_project *project, struct error *error)
{
    enum { DEPTH_MAX = 8 };
    static const char *const others[] = {".xml", ".yaml", ".yml", ".json"};
    struct texts files;
    if (import_list(project, DEPTH_MAX, &files, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < files.count; i++) {
        if (import_ends(files.items[i], ".sql")) {
            file_take(project, files.items[i]);
        }
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
            if (import_ends(files.items[i], others[k])) {
                import_leave_out(project, files.items[i],
                                 "it is no SQL; files of SQL stand in order of name here");
            }
        }
    }
    return 0;
}
