/* Types: one small function for each TYPE of options.def. */
#include "common/config/type.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/secret.h"
#include "common/config/url.h"
#include "common/config/value.h"

/* A fault of a value: "path: 'text' is not a duration", with the grammar's hint. */
static void value_fault(struct reader *reader, const struct option *option, const struct node *node,
                        const struct error *error)
{
    struct diagnostic *fault = reader_fault(reader, node, "%s: %s %s", reader_path(reader, option),
                                            reader_shown(reader, node->text), error->message);
    if (error->hint[0] != '\0') {
        reader_hint(reader, fault, "%s", error->hint);
    }
}

/* A fault of a value that is in the design and not in this version. */
static void later_fault(struct reader *reader, const struct option *option, const struct node *node,
                        const char *what)
{
    (void)reader_fault(reader, node, "%s: %s is not yet supported in this version",
                       reader_path(reader, option), what);
}

/* A text that may not be empty, or NULL after a diagnostic. */
static const char *read_filled(struct reader *reader, const struct option *option,
                               const struct node *node)
{
    const char *text = reader_text(reader, option, node, NULL);
    if (text != NULL && text[0] == '\0') {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s is empty", reader_path(reader, option));
        reader_hint(reader, fault, "%s: %s", option->key, type_example(option));
        return NULL;
    }
    return text;
}

static void read_TEXT(struct reader *reader, const struct option *option, const struct node *node,
                      void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text != NULL) {
        *(const char **)member = text;
    }
}

static void read_NAME(struct reader *reader, const struct option *option, const struct node *node,
                      void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            struct diagnostic *fault = reader_fault(reader, node, "%s holds a control character",
                                                    reader_path(reader, option));
            reader_hint(reader, fault, "a name is one line of text");
            return;
        }
    }
    *(const char **)member = text;
}

static void read_PATH(struct reader *reader, const struct option *option, const struct node *node,
                      void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text != NULL) {
        *(const char **)member = value_path(text, reader->folder, reader->arena);
    }
}

static void read_MIGRATIONS(struct reader *reader, const struct option *option,
                            const struct node *node, void *member)
{
    static const char ini[] = ".ini";
    struct alembic_source source;
    if (node->kind != NODE_MAPPING) {
        read_PATH(reader, option, node, member);
        return;
    }
    reader_defaults(reader, SECTION_MIGRATIONS, &source);
    size_t before = reader->diagnostics->error_count;
    reader_section(reader, SECTION_MIGRATIONS, node, &source);
    if (reader->diagnostics->error_count > before) {
        return;
    }
    size_t length = strlen(source.ini);
    bool named =
        length >= sizeof ini - 1 && strcmp(source.ini + length - (sizeof ini - 1), ini) == 0;
    *(const char **)member =
        named ? source.ini : value_path("alembic.ini", source.ini, reader->arena);
}

static void read_JOURNAL(struct reader *reader, const struct option *option,
                         const struct node *node, void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    if (strstr(text, "://") != NULL) {
        struct diagnostic *fault = reader_fault(
            reader, node, "%s: a journal in PostgreSQL is not yet supported in this version",
            reader_path(reader, option));
        reader_hint(reader, fault, "name a file: %s", option->fallback);
        return;
    }
    *(const char **)member = value_path(text, reader->folder, reader->arena);
}

static void read_URL(struct reader *reader, const struct option *option, const struct node *node,
                     void *member)
{
    struct url url;
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    if (url_parse(text, reader->arena, &url, &error) != 0) {
        struct diagnostic *fault = reader_fault(reader, node, "%s: the value %s",
                                                reader_path(reader, option), error.message);
        reader_hint(reader, fault, "%s", error.hint);
        return;
    }
    if (url.password != NULL) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: a password does not belong in the file",
                         reader_path(reader, option));
        reader_hint(reader, fault, "password: {env: NAME}");
        return;
    }
    *(const char **)member = url_format(&url, reader->arena);
}

static void read_COORDINATOR(struct reader *reader, const struct option *option,
                             const struct node *node, void *member)
{
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text != NULL &&
        value_coordinator(text, reader->folder, reader->arena, member, &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_VARIABLE(struct reader *reader, const struct option *option,
                          const struct node *node, void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    if (!value_is_variable(text)) {
        /* It may be the password itself: not shown. */
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: the value is not the name of an environment variable",
                         reader_path(reader, option));
        reader_hint(reader, fault, "its name, not its value: env: DB_PASSWORD");
        return;
    }
    *(const char **)member = text;
}

static void read_COMMAND(struct reader *reader, const struct option *option,
                         const struct node *node, void *member)
{
    read_TEXT(reader, option, node, member);
}

static void read_PASSWORD(struct reader *reader, const struct option *option,
                          const struct node *node, void *member)
{
    struct password_source source;
    reader_defaults(reader, SECTION_PASSWORD, &source);
    if (node->kind != NODE_MAPPING) {
        struct diagnostic *fault = reader_fault(reader, node, "%s: expected a mapping, found %s",
                                                reader_path(reader, option), node_kind_text(node));
        reader_hint(reader, fault,
                    "a password does not belong in the file; say where it comes from: "
                    "password: {env: NAME}");
        return;
    }
    size_t before = reader->diagnostics->error_count;
    reader_section(reader, SECTION_PASSWORD, node, &source);
    if (reader->diagnostics->error_count > before) {
        return;
    }
    int given = (source.env[0] != '\0') + (source.file[0] != '\0') + (source.command[0] != '\0');
    if (given != 1) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: %s of env, file, command", reader_path(reader, option),
                         given == 0 ? "none" : "more than one");
        reader_hint(reader, fault, "exactly one: password: {env: NAME}");
        return;
    }
    const char *kind = source.env[0] != '\0' ? "env" : source.file[0] != '\0' ? "file" : "command";
    *(const char **)member =
        arena_printf(reader->arena, "%s:%s%s%s", kind, source.env, source.file, source.command);
}

static void read_count(struct reader *reader, const struct option *option, const struct node *node,
                       uint32_t most, uint32_t *count)
{
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text != NULL && value_count(text, 1, most, count, &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_COUNT(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    const uint32_t most = 1000000;
    read_count(reader, option, node, most, member);
}

static void read_PERCENT(struct reader *reader, const struct option *option,
                         const struct node *node, void *member)
{
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    size_t length = strlen(text);
    const char *digits = arena_strndup(&reader->scratch, text, length - (text[length - 1] == '%'));
    if (value_count(digits, 1, 100, member, &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_DURATION(struct reader *reader, const struct option *option,
                          const struct node *node, void *member)
{
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text != NULL && value_duration(text, member, &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_RANGE(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    _Static_assert(offsetof(struct config, retry_backoff_max_ms) ==
                       offsetof(struct config, retry_backoff_min_ms) + sizeof(uint64_t),
                   "the end of a range stands after its begin");
    struct error error;
    uint64_t *range = member;
    const char *text = read_filled(reader, option, node);
    if (text != NULL && value_range(text, &range[0], &range[1], &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_BUDGET(struct reader *reader, const struct option *option, const struct node *node,
                        void *member)
{
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text != NULL && value_budget(text, member, &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_ON_FAILURE(struct reader *reader, const struct option *option,
                            const struct node *node, void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    if (strcmp(text, "pause") == 0) {
        *(enum config_on_failure *)member = ON_FAILURE_PAUSE;
    } else if (strcmp(text, "cancel") == 0) {
        *(enum config_on_failure *)member = ON_FAILURE_CANCEL;
    } else if (strcmp(text, "rollback") == 0) {
        later_fault(reader, option, node, "rollback");
    } else {
        struct error error;
        (void)error_set(&error, ERROR_CONFIG, "is not known");
        (void)error_hint(&error, "pause or cancel");
        value_fault(reader, option, node, &error);
    }
}

static void read_REHEARSE(struct reader *reader, const struct option *option,
                          const struct node *node, void *member)
{
    (void)member; /* only `off` passes: nothing to remember */
    const char *text = read_filled(reader, option, node);
    if (text == NULL || strcmp(text, "off") == 0) {
        return;
    }
    if (strcmp(text, "cohort") == 0 || strcmp(text, "cohort-updown") == 0) {
        later_fault(reader, option, node, text);
        return;
    }
    struct error error;
    (void)error_set(&error, ERROR_CONFIG, "is not known");
    (void)error_hint(&error, "off");
    value_fault(reader, option, node, &error);
}

/* By key: the part before '='. */
static int compare_labels(const void *a, const void *b)
{
    const char *left = *(const char *const *)a;
    const char *right = *(const char *const *)b;
    while (*left == *right && *left != '=' && *left != '\0') {
        left++;
        right++;
    }
    int l = *left == '=' ? 0 : (unsigned char)*left;
    int r = *right == '=' ? 0 : (unsigned char)*right;
    return l - r;
}

static const char *read_label(struct reader *reader, const struct option *option,
                              const struct node *node)
{
    const char *path = reader_path(reader, option);
    const char *hint = "letters, digits and _ . - /, a letter or digit first, at most 63";
    if (!value_is_label(node->key)) {
        struct diagnostic *fault =
            reader_key_fault(reader, node, "%s: %s cannot be the key of a label", path,
                             reader_shown(reader, node->key));
        reader_hint(reader, fault, "%s", hint);
        return NULL;
    }
    if (node->kind == NODE_NULL) {
        struct diagnostic *fault =
            reader_key_fault(reader, node, "%s: label '%s' has no value", path, node->key);
        reader_hint(reader, fault, "%s: VALUE", node->key);
        return NULL;
    }
    const struct option text_option = {option->section, option->key, TYPE_TEXT, 0, "", ""};
    const char *value = reader_text(reader, &text_option, node, NULL);
    if (value != NULL && !value_is_label(value)) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: %s cannot be the value of a label", path,
                         reader_shown(reader, node->text));
        reader_hint(reader, fault, "%s", hint);
        return NULL;
    }
    return value != NULL ? arena_printf(reader->arena, "%s=%s", node->key, value) : NULL;
}

static void read_LABELS(struct reader *reader, const struct option *option, const struct node *node,
                        void *member)
{
    if (node->kind != NODE_MAPPING) {
        struct diagnostic *fault = reader_fault(reader, node, "%s: expected a mapping, found %s",
                                                reader_path(reader, option), node_kind_text(node));
        reader_hint(reader, fault, "%s: %s", option->key, type_example(option));
        return;
    }
    if (node->count == 0) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s is empty", reader_path(reader, option));
        reader_hint(reader, fault, "leave it out, or %s: %s", option->key, type_example(option));
        return;
    }
    const char **items = arena_array(reader->arena, node->count, sizeof(char *));
    size_t count = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        bool refused = child->key[0] == '\0'; /* by node.c */
        const char *label = refused ? NULL : read_label(reader, option, child);
        if (label != NULL) {
            items[count++] = label;
        }
    }
    if (count > 0) {
        qsort(items, count, sizeof(char *), compare_labels);
    }
    *(struct texts *)member = (struct texts){.items = items, .count = count};
}

static void read_GROUP(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    (void)reader, (void)option, (void)node, (void)member; /* reader_section descends itself */
}

static void read_LIST(struct reader *reader, const struct option *option, const struct node *node,
                      void *member)
{
    (void)reader, (void)option, (void)node, (void)member; /* target.c and wave.c */
}

static void read_LATER(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    (void)member;
    bool empty = node->kind == NODE_LIST && node->count == 0;
    bool off = node->kind == NODE_SCALAR && strcmp(node->text, "false") == 0;
    if (!empty && !off) {
        struct diagnostic *fault = reader_key_fault(
            reader, node, "%s: not yet supported in this version", reader_path(reader, option));
        reader_hint(reader, fault, "take it out; it would not be heeded");
    }
}

typedef void type_reader(struct reader *reader, const struct option *option,
                         const struct node *node, void *member);

void type_read(struct reader *reader, const struct option *option, const struct node *node,
               void *member)
{
    static type_reader *const readers[] = {
#define TYPE(name, text, description) read_##name,
#include "common/config/options.def"
    };
    readers[option->type](reader, option, node, member);
}

const char *type_example(const struct option *option)
{
    if (option->fallback != NULL && option->fallback[0] != '\0') {
        return option->fallback;
    }
    switch (option->type) {
    case TYPE_URL: return "postgresql://USER@HOST:PORT/DATABASE";
    case TYPE_LABELS: return "{tier: internal}";
    case TYPE_COUNT:
    case TYPE_PERCENT: return "10";
    case TYPE_VARIABLE: return "DB_PASSWORD";
    case TYPE_NAME: return "NAME";
    case TYPE_PATH: return "PATH";
    default: return "TEXT";
    }
}
