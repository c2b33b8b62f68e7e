/* Targets: the entries of the list `targets`, static or discovered.
 *
 * The table reads the options of an entry; here is what concerns several of them: which go
 * together, and whether the name of a discovered target will tell the discovered ones apart.
 */
#include "common/config/target.h"

#include <string.h>

#include "common/base/array.h"
#include "common/config/search_path.h"

enum kind { KIND_STATIC, KIND_DATABASES, KIND_SCHEMAS, KIND_QUERY, KIND_UNKNOWN };

static const char example[] = "{name: acme, url: \"postgresql://USER@HOST:5432/DATABASE\"}";

static enum kind target_kind(struct reader *reader, const struct node *node)
{
    static const char *const keys[] = {"databases", "schemas", "query"};
    const struct node *discover = node_find(node, "discover");
    if (discover == NULL) {
        return KIND_STATIC;
    }
    if (discover->kind != NODE_MAPPING) {
        return KIND_UNKNOWN; /* already a diagnostic */
    }
    enum kind kind = KIND_UNKNOWN;
    int given = 0;
    for (size_t i = 0; i < LENGTH(keys); i++) {
        if (node_find(discover, keys[i]) != NULL) {
            kind = KIND_DATABASES + (enum kind)i;
            given++;
        }
    }
    if (given == 1) {
        return kind;
    }
    struct diagnostic *fault =
        reader_fault(reader, discover, "targets[].discover: %s of databases, schemas, query",
                     given == 0 ? "none" : "more than one");
    reader_hint(reader, fault, "exactly one: discover: {databases: \"tenant_*\", url: ...}");
    return KIND_UNKNOWN;
}

static void check_combination(struct reader *reader, const struct node *node)
{
    const struct node *discover = node_find(node, "discover");
    const struct node *schema = node_find(node, "schema");
    const struct node *url = node_find(node, "url");
    if (discover != NULL && schema != NULL) {
        struct diagnostic *fault =
            reader_key_fault(reader, schema, "targets[].schema does not go with discover");
        reader_hint(reader, fault, "discover: {schemas: ...} finds targets that are schemas");
    }
    if (discover != NULL && url != NULL) {
        struct diagnostic *fault =
            reader_key_fault(reader, url, "targets[].url does not go with discover");
        reader_hint(reader, fault, "put it inside: discover: {databases: ..., url: ...}");
    }
    if (discover == NULL && url == NULL) {
        struct diagnostic *fault =
            reader_fault(reader, node, "the target has neither url nor discover");
        reader_hint(reader, fault, "- %s", example);
    }
}

static bool is_one_of(const char *word, size_t length, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strlen(*words) == length && strncmp(*words, word, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The places where `name` is a pattern; NULL: any column of a query. */
static const char *const *placeholders(enum kind kind)
{
    static const char *const none[] = {NULL};
    static const char *const databases[] = {"database", NULL};
    static const char *const schemas[] = {"schema", "database", NULL};
    switch (kind) {
    case KIND_STATIC: return none;
    case KIND_DATABASES: return databases;
    case KIND_SCHEMAS: return schemas;
    default: return NULL;
    }
}

static void placeholder_fault(struct reader *reader, const struct node *name, enum kind kind,
                              const char *placeholder, size_t length)
{
    static const char *const hints[] = {
        [KIND_STATIC] = "placeholders are for targets with discover",
        [KIND_DATABASES] = "discovered databases give {database}",
        [KIND_SCHEMAS] = "discovered schemas give {schema} and {database}",
    };
    const char *shown = arena_strndup(&reader->scratch, placeholder, length);
    struct diagnostic *fault = reader_fault(reader, name, "targets[].name: no placeholder %s here",
                                            reader_shown(reader, shown));
    reader_hint(reader, fault, "%s", hints[kind]);
}

/* Checks the placeholders of `pattern`; whether `distinct` (or, if NULL, any) is among them, or a
 * diagnostic has made that question idle. */
static bool check_placeholders(struct reader *reader, const struct node *name, const char *pattern,
                               enum kind kind, const char *distinct)
{
    const char *const *known = placeholders(kind);
    bool found = false;
    for (const char *open = strpbrk(pattern, "{}"); open != NULL; open = strpbrk(open, "{}")) {
        size_t length = *open == '{' ? strcspn(open + 1, "{}") : 0;
        if (length == 0 || open[length + 1] != '}') {
            struct diagnostic *fault =
                reader_fault(reader, name, "targets[].name: %s has a lone brace",
                             reader_shown(reader, name->text));
            reader_hint(reader, fault, "placeholders look like {database}");
            return true;
        }
        if (known != NULL && !is_one_of(open + 1, length, known)) {
            placeholder_fault(reader, name, kind, open, length + 2);
            return true;
        }
        found = found || distinct == NULL ||
                (strlen(distinct) == length && strncmp(distinct, open + 1, length) == 0);
        open += length + 2;
    }
    return found;
}

static void check_name(struct reader *reader, const struct node *node, enum kind kind,
                       const struct source_definition *target)
{
    static const char *const distinct[] = {
        [KIND_DATABASES] = "database", [KIND_SCHEMAS] = "schema", [KIND_QUERY] = NULL};
    const struct node *name = node_find(node, "name");
    if (name == NULL || target->place.name[0] == '\0' || kind == KIND_UNKNOWN) {
        return; /* already a diagnostic */
    }
    if (kind == KIND_STATIC) {
        (void)check_placeholders(reader, name, target->place.name, kind, "");
        return;
    }
    const char *pattern =
        kind == KIND_DATABASES ? target->discovery.databases : target->discovery.schemas;
    bool several = kind == KIND_QUERY || strpbrk(pattern, "*?[") != NULL;
    if (!check_placeholders(reader, name, target->place.name, kind, distinct[kind]) && several) {
        const char *word = kind == KIND_QUERY ? "column" : distinct[kind];
        struct diagnostic *fault = reader_fault(
            reader, name, "targets[].name: every discovered target would have the name %s",
            reader_shown(reader, name->text));
        reader_hint(reader, fault, "put {%s} into the name%s", word,
                    kind == KIND_QUERY ? ", where column is one of the query" : "");
    }
}

/* Only a schema's path is ours to set. */
static void read_search_path(struct reader *reader, const struct node *node, enum kind kind,
                             struct source_definition *target)
{
    const struct node *path = node_find(node, "search_path");
    if (path == NULL || target->place.search_path[0] == '\0' || kind == KIND_UNKNOWN) {
        return; /* already a diagnostic */
    }
    if (kind == KIND_DATABASES || (kind == KIND_STATIC && node_find(node, "schema") == NULL)) {
        struct diagnostic *fault =
            reader_key_fault(reader, path, "targets[].search_path is for targets that are schemas");
        reader_hint(reader, fault,
                    "of a database: ALTER DATABASE ... SET search_path, or "
                    "?options=-csearch_path%%3D... in the url");
        return;
    }
    target->place.search_path = search_path_read(reader, path);
}

static void target_read(struct reader *reader, const struct node *node, const char *password,
                        struct source_definition *target)
{
    reader_defaults(reader, SECTION_TARGET, target);
    target->origin =
        arena_printf(reader->arena, "%s:%u:%u", reader->file, node->line, node->column);
    reader_section(reader, SECTION_TARGET, node, target);
    if (node->kind != NODE_MAPPING) {
        return;
    }
    check_combination(reader, node);
    enum kind kind = target_kind(reader, node);
    check_name(reader, node, kind, target);
    read_search_path(reader, node, kind, target);
    if (target->place.password[0] == '\0') {
        target->place.password = password;
    }
}

void target_read_all(struct reader *reader, const struct node *mapping, struct root *root)
{
    const struct node *list = reader_list(reader, SECTION_ROOT, "targets", mapping);
    const struct node *given = node_find(mapping, "targets");
    if (list == NULL) {
        if (given == NULL || given->kind == NODE_LIST) {
            struct diagnostic *fault =
                reader_fault(reader, given != NULL ? given : mapping, "targets %s",
                             given != NULL ? "is empty" : "is missing");
            reader_hint(reader, fault, "targets: [%s]", example);
        }
        return;
    }
    root->config.fleet.sources.items =
        arena_array(reader->arena, list->count, sizeof(struct source_definition));
    struct reader_name *names = arena_array(&reader->scratch, list->count, sizeof *names);
    size_t count = 0;
    for (const struct node *node = list->first; node != NULL; node = node->next) {
        struct source_definition *target = &root->config.fleet.sources.items[count];
        target_read(reader, node, root->password, target);
        bool fixed = node->kind == NODE_MAPPING && node_find(node, "discover") == NULL &&
                     node_find(node, "name") != NULL;
        names[count].name = fixed ? target->place.name : "";
        names[count].node = fixed ? node_find(node, "name") : node;
        count++;
    }
    root->config.fleet.sources.count = count;
    reader_check_unique(reader, "targets", names, count);
}
