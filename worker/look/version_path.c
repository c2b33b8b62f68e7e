/* Schemas of the version table (version_path.h). */
#include "worker/look/version_path.h"

#include <string.h>

/* The path holds these schemas. */
static void schemas_set(struct version_path *path, struct texts schemas, struct arena *arena)
{
    const char **items = arena_array(arena, schemas.count + 1, sizeof *items);
    bool has_public = false;
    for (size_t i = 0; i < schemas.count; i++) {
        items[i] = arena_strdup(arena, schemas.items[i]);
        has_public = has_public || strcmp(items[i], "public") == 0;
    }
    items[schemas.count] = "public";
    path->visible = schemas.count;
    path->schemas = (struct texts){items, schemas.count + !(has_public || path->fixed)};
}

/* Without what stands behind it. */
static struct texts on_path(const struct version_path *path)
{
    return (struct texts){path->schemas.items, path->visible};
}

void version_path_begin(struct version_path *path, struct task *task,
                        const struct connection *connection)
{
    static const char *const usual[] = {"public"};
    const struct message_job *job = &task->job;
    const char *named =
        job->place.schema[0] != '\0' ? job->place.schema : job->version.version_schema;
    struct texts schemas = {usual, 1};
    *path = (struct version_path){.setting = "", .fixed = named[0] != '\0'};
    path->wanted = connection_asks_for(connection, "search_path", &task->arena);
    path->told = path->fixed && path->wanted == NULL;
    if (path->fixed) {
        schemas = (struct texts){&named, 1};
    } else if (pool_expected_tables(task->pool)->path.count > 0) {
        schemas = pool_expected_tables(task->pool)->path;
    }
    schemas_set(path, schemas, &task->arena);
}

/* TO DEFAULT: behind a pooler a stranger's SET may hold in the session. Functions are named with
 * their schema, for the path that holds here is the target's. */
void version_path_sql(const struct version_path *path, struct buffer *sql)
{
    buffer_printf(sql,
                  "SET LOCAL search_path TO DEFAULT; SELECT pg_catalog.current_schemas(false)%s; ",
                  path->wanted != NULL ? ", pg_catalog.current_setting('search_path')" : "");
}

/* The system's own schemas hold no version table, nor does what is temporary. */
static bool is_system(const char *schema)
{
    return strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0;
}

/* The next item of an array as the server prints it, "{public,\"a b\"}", from behind its beginning;
 * *at is behind the item then. NULL at the end. */
static const char *item_next(const char **at, struct arena *arena)
{
    const char *from = *at;
    struct buffer item = {0};
    bool there = *from != '}' && *from != '\0';
    bool quoted = *from == '"';
    for (from += quoted; *from != '\0' && strchr(quoted ? "\"" : ",}", *from) == NULL; from++) {
        from += quoted && *from == '\\';
        buffer_append(&item, from, 1);
    }
    from += quoted && *from == '"';
    *at = from + (*from == ',');
    const char *copy = there ? arena_strdup(arena, buffer_text(&item)) : NULL;
    buffer_free(&item);
    return copy;
}

bool version_path_take(struct version_path *path, const PGresult *result, struct arena *arena)
{
    const char *text = PQgetvalue(result, 0, 0);
    const struct texts guess = on_path(path);
    const char **schemas = arena_array(arena, strlen(text), sizeof *schemas);
    size_t count = 0;
    path->setting = "";
    text += text[0] == '{';
    for (const char *schema = item_next(&text, arena); schema != NULL;
         schema = item_next(&text, arena)) {
        path->setting = arena_printf(arena, "%s%s%s", path->setting, count > 0 ? ", " : "", schema);
        schemas[count] = schema;
        count += !is_system(schema);
    }
    if (path->wanted != NULL) {
        path->setting = arena_strdup(arena, PQgetvalue(result, 0, 1));
    }
    path->told = true;
    if (path->fixed) {
        return true;
    }
    schemas_set(path, (struct texts){schemas, count}, arena);
    return texts_equal(on_path(path), guess);
}

void version_path_learn(const struct version_path *path, const char *schema,
                        struct expected_tables *expected)
{
    bool known = expected->schema != NULL && strcmp(expected->schema, schema) == 0 &&
                 texts_equal(expected->path, on_path(path));
    if (!path->fixed && !known) {
        arena_free(&expected->arena);
        expected->path = arena_texts(&expected->arena, on_path(path));
        expected->schema = arena_strdup(&expected->arena, schema);
    }
}
