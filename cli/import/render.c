/* Steps as revision files. */
#include <string.h>

#include "cli/import/import.h"
#include "common/base/buffer.h"

struct rendering {
    struct import_project *project;
    struct import_step *step;
    struct buffer text;
};

/* ---- ids ---- */

static bool is_taken(const struct import_project *project, size_t before, const char *id)
{
    for (size_t i = 0; i < before; i++) {
        if (strcmp(project->steps[i].revision.id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* A name as an id: what may not stand in one becomes an underscore, what is too long is cut. */
static const char *id_make(const struct import_project *project, size_t place)
{
    const struct import_step *step = &project->steps[place];
    const char *wanted = step->revision.id != NULL ? step->revision.id : step->version;
    char *id = arena_strdup(project->arena, wanted);
    for (char *at = id; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f ||
            strchr("@-+:,'\"\\/", *at) != NULL) {
            *at = '_';
        }
    }
    size_t most = VERSION_CHARACTERS;
    const char *unique = arena_printf(project->arena, "%.*s", (int)most, id);
    for (unsigned number = 2; is_taken(project, place, unique); number++) {
        const char *tail = arena_printf(project->arena, "_%u", number);
        unique = arena_printf(project->arena, "%.*s%s", (int)(most - strlen(tail)), id, tail);
    }
    return unique;
}

static void ids_choose(struct import_project *project)
{
    for (size_t i = 0; i < project->count; i++) {
        struct import_step *step = &project->steps[i];
        for (size_t k = 0; k < i; k++) {
            if (strcmp(project->steps[k].version, step->version) == 0) {
                (void)diagnostic_add(project->diagnostics, step->up.path, 0, 0,
                                     "version %s is that of %s, too", step->version,
                                     project->steps[k].up.path);
            }
        }
        step->revision.id = id_make(project, i);
    }
}

static const char *id_of(const struct import_project *project, const char *version)
{
    for (size_t i = 0; i < project->count; i++) {
        if (strcmp(project->steps[i].version, version) == 0) {
            return project->steps[i].revision.id;
        }
    }
    return version;
}

/* ---- texts ---- */

static void step_render(struct rendering *rendering)
{
    struct import_step *step = rendering->step;
    rendering->step->revision.up_sql = step->up.sql;
    rendering->step->revision.down_sql = step->down.sql;
    rendering->step->revision.up_outside = step->up.outside;
    rendering->step->revision.down_outside = step->down.outside;
    rendering->step->revision.one_way = step->down.sql == NULL;
    rendering->step->revision.up_unavailable = step->up.unavailable;
    rendering->step->revision.down_unavailable =
        step->down.sql == NULL ? NULL : step->down.unavailable;
    buffer_clear(&rendering->text);
    revision_render(&rendering->step->revision, &rendering->text);
}

/* What the parser has to say of one direction, in the lines of the file that it comes from. */
struct complaint {
    size_t count;
    const char *message; /* the first one's */
    unsigned line;
};

static void complaints_read(struct rendering *rendering, struct complaint complaints[2])
{
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    step_render(rendering);
    const struct revision *revision = revision_parse(&arena, "", buffer_text(&rendering->text),
                                                     rendering->text.length, &diagnostics);
    complaints[0] = complaints[1] = (struct complaint){0};
    for (const struct diagnostic *item = diagnostics.first; item != NULL && revision != NULL;
         item = item->next) {
        bool down = revision->down.present && item->line > revision->down.line;
        struct complaint *complaint = &complaints[down];
        const struct import_way *way = down ? &rendering->step->down : &rendering->step->up;
        unsigned marker = down ? revision->down.line : revision->up.line;
        if (!item->warning && complaint->count++ == 0) {
            complaint->message = arena_strdup(rendering->project->arena, item->message);
            complaint->line = (way->line == 0 ? 1 : way->line) + item->line -
                              (item->line > marker ? marker + 1 : item->line);
        }
    }
    diagnostics_free(&diagnostics);
    arena_free(&arena);
}

/* Lines as comments, for a person who mends it. */
static const char *commented(const char *sql, struct arena *arena)
{
    struct buffer text = {0};
    while (*sql != '\0') {
        size_t length = strcspn(sql, "\r\n");
        buffer_printf(&text, "-- | %.*s\n", (int)length, sql);
        sql += length;
        sql += *sql == '\r';
        sql += *sql == '\n';
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

static void way_give_up(struct import_project *project, struct import_way *way, const char *which,
                        unsigned line, const char *why)
{
    struct diagnostic *warning = diagnostic_add(project->diagnostics, way->path, line, 0,
                                                "%s is not available: %s", which, why);
    diagnostic_warn(project->diagnostics, warning);
    way->unavailable = way->unavailable != NULL
                           ? way->unavailable
                           : arena_printf(project->arena, "%s:%u: %s", way->path, line, why);
    way->sql = commented(way->sql, project->arena);
    way->outside = false;
}

/* A statement that runs in no transaction alone makes the direction one that does. */
static void way_settle(struct rendering *rendering, struct import_way *way, bool down)
{
    struct complaint before[2];
    struct complaint after[2];
    const char *which = down ? "the way down" : "the way up";
    if (way->unavailable != NULL) {
        way_give_up(rendering->project, way, which, 0, way->unavailable);
        return;
    }
    complaints_read(rendering, before);
    if (before[down].count == 0) {
        return;
    }
    bool outside = way->outside;
    way->outside = true;
    complaints_read(rendering, after);
    if (after[down].count > 0) {
        way->outside = outside;
        way_give_up(rendering->project, way, which, before[down].line, before[down].message);
    }
}

static void dependencies_take(struct rendering *rendering)
{
    struct import_project *project = rendering->project;
    struct texts wanted = rendering->step->depends_on;
    const char **ids = arena_array(project->arena, wanted.count, sizeof *ids);
    for (size_t i = 0; i < wanted.count; i++) {
        ids[i] = id_of(project, wanted.items[i]);
    }
    rendering->step->revision.depends_on = ids;
    rendering->step->revision.depends_on_count = wanted.count;
}

size_t import_render(struct import_project *project, struct bundle_file **files)
{
    *files = arena_array(project->arena, project->count, sizeof **files);
    ids_choose(project);
    for (size_t i = 0; i < project->count; i++) {
        struct import_step *step = &project->steps[i];
        struct rendering rendering = {.project = project, .step = step};
        step->revision.known_as =
            strcmp(step->revision.id, step->version) == 0 ? NULL : step->version;
        step->revision.down_revisions = i > 0 ? (const char *const *)&step[-1].revision.id : NULL;
        step->revision.down_revision_count = i > 0;
        step->revision.transactional = true;
        dependencies_take(&rendering);
        way_settle(&rendering, &step->up, false);
        if (step->down.sql != NULL) {
            way_settle(&rendering, &step->down, true);
        }
        step_render(&rendering);
        (*files)[i].name =
            revision_file_name(project->arena, step->revision.id, step->revision.message);
        bundle_file_fill(&(*files)[i], &rendering.text, project->arena);
    }
    return project->count;
}
