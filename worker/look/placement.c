/* The verdict on where the tables are and what they are (placement.h). */
#include "worker/look/placement.h"

#include <string.h>

/* As one would write it in SQL: in quotation marks only where it takes them. */
static const char *name_shown(struct inspect *inspect, const char *name)
{
    bool plain = name[0] < '0' || name[0] > '9';
    for (const char *at = name; *at != '\0'; at++) {
        plain = plain && strchr("abcdefghijklmnopqrstuvwxyz_0123456789", *at) != NULL;
    }
    return plain ? name
                 : connection_quote_identifier(inspect->look.connection, name,
                                               &inspect->look.task->arena);
}

const char *placement_shown(struct inspect *inspect, const char *schema)
{
    struct arena *arena = &inspect->look.task->arena;
    return arena_printf(arena, "%s.%s", name_shown(inspect, schema),
                        name_shown(inspect, inspect->tables.version_name));
}

static bool refuse_two_tables(struct inspect *inspect, const char *one, const char *other)
{
    struct arena *arena = &inspect->look.task->arena;
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_VERSION_TABLE,
            .message =
                arena_printf(arena, "two version tables are on the search_path (%s): %s and %s",
                             inspect->path.setting, placement_shown(inspect, one),
                             placement_shown(inspect, other)),
            .hint = arena_printf(arena,
                                 "say which one counts: `version_schema: %s` in drover.yaml, or "
                                 "drop the other one",
                                 one),
        });
}

/* What the URL says has not reached the server, or is undone. */
static bool refuse_ignored_path(struct inspect *inspect)
{
    const struct version_path *path = &inspect->path;
    struct arena *arena = &inspect->look.task->arena;
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_POOLING,
            .message =
                arena_printf(arena, "the URL asks for search_path = %s, and the session has %s",
                             path->wanted, path->setting),
            .detail = "a pooler between keeps it from the server "
                      "(PgBouncer: ignore_startup_parameters)",
            .hint = "ALTER ROLE ... IN DATABASE ... SET search_path, or name the server itself in "
                    "the target's URL",
        });
}

/* Behind the path stands "public", where older Drovers kept their tables. */
static bool refuse_older_table(struct inspect *inspect)
{
    const struct version_path *path = &inspect->path;
    const char *schema = path->schemas.items[path->visible];
    const struct fact_table *tables = inspect->facts.tables[path->visible];
    struct arena *arena = &inspect->look.task->arena;
    if (!tables[0].exists || !tables[1].exists) {
        return false;
    }
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_VERSION_TABLE,
            .message = arena_printf(arena,
                                    "no version table is on the search_path (%s), but %s has a "
                                    "history of Drover's beside it",
                                    path->setting, placement_shown(inspect, schema)),
            .detail = "an earlier Drover kept both in schema public whatever the path was",
            .hint = arena_printf(arena,
                                 "go on with it: `version_schema: %s` in drover.yaml; or move both "
                                 "tables to the path: ALTER TABLE ... SET SCHEMA %s",
                                 schema, inspect->tables.schema_quoted),
        });
}

/* Where the server goes through several schemas for the name, one table must count. */
bool placement_refuse_path(struct inspect *inspect)
{
    const struct version_path *path = &inspect->path;
    const char *first = NULL;
    if (path->wanted != NULL && strcmp(path->wanted, path->setting) != 0) {
        return refuse_ignored_path(inspect);
    }
    if (path->fixed) {
        return false;
    }
    if (path->visible == 0) {
        return inspect_refuse(
            inspect, &(struct failure){
                         .cause = FAILURE_CAUSE_NO_SCHEMA,
                         .message = "no schema that exists, and that the role may use, is on the "
                                    "search_path",
                         .hint = "look at the search_path of the role, the database and the URL, "
                                 "and at USAGE on its schemas; or set `version_schema` in "
                                 "drover.yaml",
                     });
    }
    for (size_t i = 0; i < path->visible; i++) {
        const char *schema = path->schemas.items[i];
        if (inspect->facts.tables[i][0].exists && first != NULL) {
            return refuse_two_tables(inspect, first, schema);
        }
        first = inspect->facts.tables[i][0].exists ? schema : first;
    }
    return first == NULL && path->visible < path->schemas.count && refuse_older_table(inspect);
}

/* `count` of our tables, the version table first, must be tables. */
bool placement_refuse_kind(struct inspect *inspect, size_t count)
{
    struct arena *arena = &inspect->look.task->arena;
    for (size_t i = 0; i < count; i++) {
        const struct fact_table *table = inspect_table(inspect, i);
        if (table->exists && !table->ordinary) {
            return inspect_refuse(
                inspect, &(struct failure){
                             .cause = FAILURE_CAUSE_VERSION_TABLE,
                             .message = arena_printf(
                                 arena, "%s.%s is not a table but a view or the like",
                                 inspect->tables.schema, facts_table_name(&inspect->tables, i)),
                             .hint = "put a table in its place, or name another one by "
                                     "`version_schema` and `version_table` in drover.yaml",
                         });
        }
    }
    return false;
}

bool placement_refuse_foreign(struct inspect *inspect)
{
    const struct foreign_table *foreign = &inspect->foreign;
    struct arena *arena = &inspect->look.task->arena;
    if (foreign->name == NULL) {
        return false;
    }
    const char *table = arena_printf(arena, "%s.%s", inspect->tables.schema, foreign->name);
    return inspect_refuse(
        inspect,
        &(struct failure){
            .cause = FAILURE_CAUSE_VERSION_TABLE,
            .message = arena_printf(arena,
                                    "%s belongs to role \"%s\" and %s, which would run as role "
                                    "\"%s\"",
                                    table, foreign->owner, foreign->what, inspect->facts.role),
            .hint =
                arena_printf(arena,
                             "look at what it runs; then take that away, or ALTER TABLE %s OWNER "
                             "TO \"%s\"",
                             table, inspect->facts.role),
        });
}
