/* Types: one small function for each TYPE of options.def. */
#include "common/config/type.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/spelling.h"
#include "common/calendar/calendar.h"
#include "common/config/probe.h"
#include "common/config/secret.h"
#include "common/config/select.h"
#include "common/config/type_list.h"
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

enum { IDENTIFIER_BYTES_MAX = 63 };

/* PostgreSQL cuts longer identifiers, so that two could become one. */
static void read_IDENTIFIER(struct reader *reader, const struct option *option,
                            const struct node *node, void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text != NULL && strlen(text) > IDENTIFIER_BYTES_MAX) {
        struct diagnostic *fault = reader_fault(reader, node, "%s is longer than %d bytes",
                                                reader_path(reader, option), IDENTIFIER_BYTES_MAX);
        reader_hint(reader, fault, "PostgreSQL knows no longer names");
    } else if (text != NULL) {
        *(const char **)member = text;
    }
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
    struct migrations source = {.section = ""};
    if (node->kind != NODE_MAPPING) {
        ((struct migrations *)member)->section = "";
        read_PATH(reader, option, node, &((struct migrations *)member)->path);
        return;
    }
    reader_defaults(reader, SECTION_MIGRATIONS, &source);
    size_t before = reader->diagnostics->error_count;
    reader_section(reader, SECTION_MIGRATIONS, node, &source);
    if (reader->diagnostics->error_count > before) {
        return;
    }
    const char *end = strrchr(source.path, '.');
    bool named = end != NULL && (strcmp(end, ".ini") == 0 || strcmp(end, ".toml") == 0);
    source.path = named ? source.path : value_path("alembic.ini", source.path, reader->arena);
    *(struct migrations *)member = source;
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

static void address_read(struct reader *reader, const struct option *option,
                         const struct node *node, const char *text, void *member)
{
    struct error error;
    if (value_coordinator(text, reader->folder, reader->arena, member, &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_COORDINATOR(struct reader *reader, const struct option *option,
                             const struct node *node, void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text != NULL) {
        address_read(reader, option, node, text, member);
    }
}

static void read_HTTP(struct reader *reader, const struct option *option, const struct node *node,
                      void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text != NULL && strcmp(text, "off") == 0) {
        *(const char **)member = "off";
    } else if (text != NULL) {
        address_read(reader, option, node, text, member);
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
    struct password_source source = {0};
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
    if (source.command[0] != '\0') {
        *(const char **)member =
            secret_command_reference(reader->arena, source.command, source.ttl_ms);
        return;
    }
    if (source.ttl_ms != 0) {
        struct diagnostic *fault =
            reader_key_fault(reader, node_find(node, "ttl"), "%s: ttl is for a command",
                             reader_path(reader, option));
        reader_hint(reader, fault, "env is read each time, a file every few minutes");
        return;
    }
    const char *kind = source.env[0] != '\0' ? "env" : "file";
    *(const char **)member = arena_printf(reader->arena, "%s:%s%s", kind, source.env, source.file);
}

static void read_count(struct reader *reader, const struct option *option, const struct node *node,
                       uint32_t least, uint32_t *count)
{
    const uint32_t most = 1000000;
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text != NULL && value_count(text, least, most, count, &error) != 0) {
        value_fault(reader, option, node, &error);
    }
}

static void read_COUNT(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    read_count(reader, option, node, 1, member);
}

static void read_LEAST(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    read_count(reader, option, node, 0, member);
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

static void read_DELAY(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    if (strcmp(text, "off") == 0 || strcmp(text, "0s") == 0) {
        *(uint64_t *)member = 0;
        return;
    }
    struct error error;
    if (value_duration(text, member, &error) != 0) {
        const char *hint = arena_strdup(&reader->scratch, error.hint);
        (void)error_hint(&error, "%s, or off", hint);
        value_fault(reader, option, node, &error);
    }
}

static void read_RANGE(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    _Static_assert(offsetof(struct limits, retry_backoff_max_ms) ==
                       offsetof(struct limits, retry_backoff_min_ms) + sizeof(uint64_t),
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

static void read_SAMPLE(struct reader *reader, const struct option *option, const struct node *node,
                        void *member)
{
    struct error error;
    struct share sample = {0};
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    int status = value_budget(text, &sample, &error);
    if (status == 0 && sample.count == 0 && sample.percent == 0) {
        status = error_set(&error, ERROR_CONFIG, "is no sample");
        (void)error_hint(&error, "a count like 5, or a percentage from 1%% to 100%%");
    }
    if (status != 0) {
        value_fault(reader, option, node, &error);
        return;
    }
    *(struct share *)member = sample;
}

static void read_THRESHOLD(struct reader *reader, const struct option *option,
                           const struct node *node, void *member)
{
    struct error error;
    const char *text = read_filled(reader, option, node);
    double number = 0;
    if (text == NULL) {
        return;
    }
    if (value_number(text, &number, &error) != 0) {
        value_fault(reader, option, node, &error);
        return;
    }
    *(const char **)member = arena_printf(reader->arena, "%.15g", number);
}

/* The member becomes the probe's SQL. */
static void read_PROBE(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    const struct probe *probe = probe_find(text);
    if (probe != NULL) {
        *(const char **)member = probe->sql;
        return;
    }
    struct diagnostic *fault =
        reader_fault(reader, node, "%s: %s is not known", reader_path(reader, option),
                     reader_shown(reader, node->text));
    const char *known = "";
    for (size_t i = 0; i < probe_count; i++) {
        if (spelling_close(probes[i].word, text)) {
            reader_hint(reader, fault, "did you mean '%s'?", probes[i].word);
            return;
        }
        known = arena_printf(&reader->scratch, "%s%s%s", known, i > 0 ? ", " : "", probes[i].word);
    }
    reader_hint(reader, fault, "known: %s; or query: SQL of your own", known);
}

static void read_TRANSACTION(struct reader *reader, const struct option *option,
                             const struct node *node, void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    int value = transaction_scope_from_word(text);
    if (value > TRANSACTION_UNSET) {
        *(enum transaction_scope *)member = (enum transaction_scope)value;
    } else {
        struct error error;
        (void)error_set(&error, ERROR_CONFIG, "is not known");
        (void)error_hint(&error, "target or revision");
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
    int value = on_failure_from_word(text);
    if (value >= 0) {
        *(enum on_failure *)member = (enum on_failure)value;
    } else {
        struct error error;
        (void)error_set(&error, ERROR_CONFIG, "is not known");
        (void)error_hint(&error, "pause, cancel or rollback");
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

static void read_PYTHON(struct reader *reader, const struct option *option, const struct node *node,
                        void *member)
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL || strcmp(text, "targets") == 0 || strcmp(text, "never") == 0) {
        *(bool *)member = text != NULL && strcmp(text, "never") == 0;
        return;
    }
    struct error error;
    (void)error_set(&error, ERROR_CONFIG, "is not known");
    (void)error_hint(&error, "targets or never");
    value_fault(reader, option, node, &error);
}

static void read_SELECTOR(struct reader *reader, const struct option *option,
                          const struct node *node, void *member)
{
    select_read(reader, option, node, member);
}

/* A text that `check` finds right. */
static void read_checked(struct reader *reader, const struct option *option,
                         const struct node *node, int (*check)(const char *, struct error *),
                         const char **member)
{
    struct error error;
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return;
    }
    if (check(text, &error) != 0) {
        value_fault(reader, option, node, &error);
        return;
    }
    *member = text;
}

static void read_SCHEDULE(struct reader *reader, const struct option *option,
                          const struct node *node, void *member)
{
    read_checked(reader, option, node, calendar_schedule_check, member);
}

static void read_TIME_ZONE(struct reader *reader, const struct option *option,
                           const struct node *node, void *member)
{
    read_checked(reader, option, node, calendar_time_zone_check, member);
}

/* The place of a word in a list of two, or -1 after a diagnostic. */
static int read_either(struct reader *reader, const struct option *option, const struct node *node,
                       const char *const words[2])
{
    const char *text = read_filled(reader, option, node);
    if (text == NULL) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        if (strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    struct error error;
    (void)error_set(&error, ERROR_CONFIG, "is not known");
    (void)error_hint(&error, "%s or %s", words[0], words[1]);
    value_fault(reader, option, node, &error);
    return -1;
}

static void read_WINDOW_KIND(struct reader *reader, const struct option *option,
                             const struct node *node, void *member)
{
    static const char *const words[2] = {"allow", "deny"};
    int kind = read_either(reader, option, node, words);
    if (kind >= 0) {
        *(bool *)member = kind == 1;
    }
}

static void read_SWITCH(struct reader *reader, const struct option *option, const struct node *node,
                        void *member)
{
    static const char *const words[2] = {"false", "true"};
    int on = read_either(reader, option, node, words);
    if (on >= 0) {
        *(bool *)member = on == 1;
    }
}

static void read_GROUP(struct reader *reader, const struct option *option, const struct node *node,
                       void *member)
{
    (void)reader, (void)option, (void)node, (void)member; /* reader_section descends itself */
}

static void read_LIST(struct reader *reader, const struct option *option, const struct node *node,
                      void *member)
{
    (void)reader, (void)option, (void)node, (void)member; /* target.c, wave.c, window.c */
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
    case TYPE_ARGUMENTS: return "{key: value}";
    case TYPE_LABELS:
    case TYPE_SELECTOR: return "{tier: internal}";
    case TYPE_SCHEDULE: return "\"0 1 * * 1-5\"";
    case TYPE_WINDOW_KIND: return "allow";
    case TYPE_DURATION: return "4h";
    case TYPE_PROBE: return probes[0].word;
    case TYPE_RAMP: return "[1, 5, 20%]";
    case TYPE_TEXTS: return "[\"select true\"]";
    case TYPE_THRESHOLD:
    case TYPE_COUNT:
    case TYPE_PERCENT: return "10";
    case TYPE_VARIABLE: return "DB_PASSWORD";
    case TYPE_NAME: return "NAME";
    case TYPE_PATH: return "PATH";
    case TYPE_HTTP: return "unix:.drover/drover-http.sock";
    default: return "TEXT";
    }
}
