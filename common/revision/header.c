/* Lines are collected first; then the message is told from the fields.
 *
 * The message is what stands before the first empty comment line, as in an Alembic docstring, if a
 * revision id follows that line; otherwise what stands before the first field. The fields end at
 * the next empty line; comment lines after it are the author's own.
 */
#include "common/revision/header.h"

#include <string.h>

#include "common/base/array.h"
#include "common/base/spelling.h"
#include "common/revision/bare.h"

#define HEADER_FIELD_LIST(X)                                                                       \
    X(REVISION_ID, "Revision ID")                                                                  \
    X(REVISES, "Revises")                                                                          \
    X(CREATE_DATE, "Create Date")                                                                  \
    X(BRANCH_LABELS, "Branch Labels")                                                              \
    X(DEPENDS_ON, "Depends On")                                                                    \
    X(KNOWN_AS, "Known As")                                                                        \
    X(TRANSACTION, "Transaction")                                                                  \
    X(IDEMPOTENT, "Idempotent")                                                                    \
    X(SYNTAX, "Syntax")                                                                            \
    X(UP_UNAVAILABLE, "Up Unavailable")                                                            \
    X(DOWN_UNAVAILABLE, "Down Unavailable")                                                        \
    X(UP_ALEMBIC, "Up Alembic")                                                                    \
    X(DOWN_ALEMBIC, "Down Alembic")                                                                \
    X(SOURCE, "Source")                                                                            \
    X(CODE, "Code")

enum header_field {
#define HEADER_FIELD_ENUM(name, word) FIELD_##name,
    HEADER_FIELD_LIST(HEADER_FIELD_ENUM)
#undef HEADER_FIELD_ENUM
        FIELD_COUNT,
};

static const char *const field_words[] = {
#define HEADER_FIELD_WORD(name, word) word,
    HEADER_FIELD_LIST(HEADER_FIELD_WORD)
#undef HEADER_FIELD_WORD
};

struct header_line {
    const char *text; /* after "--" and blanks, NUL-terminated; "" when empty */
    size_t offset;    /* of text in the file */
    bool blank;       /* not even a comment */
};

struct header {
    const struct source *source;
    struct revision *revision;
    struct header_line *lines;
    size_t line_count;
    size_t seen[FIELD_COUNT]; /* line number, 0: not seen */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* For PostgreSQL and for sections_find the comment ends there, for an editor perhaps not. */
static bool return_refuse(const struct source *source, size_t start, size_t stop)
{
    const char *text = source->text + start;
    const char *found = memchr(text, '\r', stop - start);
    if (found == NULL) {
        return false;
    }
    struct diagnostic *error = source_error(source, start + (size_t)(found - text),
                                            "a carriage return without a line feed in the header");
    diagnostic_hint(source->diagnostics, error,
                    "save the file with line feeds at the ends of lines");
    return true;
}

static void lines_read(struct header *header, size_t end)
{
    const struct source *source = header->source;
    struct arena *arena = source->arena;
    bool refused = false;
    size_t count = 0;
    while (count < source->line_count && source->line_starts[count] < end) {
        count++;
    }
    header->lines = arena_array(arena, count, sizeof *header->lines);
    for (size_t i = 0; i < count; i++) {
        if (source_is_origin(source, i)) {
            continue;
        }
        size_t start = source->line_starts[i];
        size_t stop = i + 1 < source->line_count ? source->line_starts[i + 1] - 1 : source->length;
        stop = stop < end ? stop : end;
        while (start < stop && is_space(source->text[start])) {
            start++;
        }
        refused = refused || return_refuse(source, start, stop);
        while (stop > start && is_space(source->text[stop - 1])) {
            stop--;
        }
        struct header_line *line = &header->lines[header->line_count++];
        *line = (struct header_line){.text = "", .offset = start};
        if (start == stop) {
            line->blank = true;
            continue;
        }
        if (stop - start < 2 || memcmp(source->text + start, "--", 2) != 0) {
            line->blank = true;
            if (!refused) {
                struct diagnostic *error = source_error(
                    source, start, "only comment lines may stand before '-- migrate:up'");
                diagnostic_hint(source->diagnostics, error,
                                "begin header lines with '-- ', and put SQL below the marker");
                refused = true;
            }
            continue;
        }
        start += 2;
        while (start < stop && is_space(source->text[start])) {
            start++;
        }
        line->offset = start;
        line->text = arena_strndup(arena, source->text + start, stop - start);
    }
}

/* Which field the line sets, FIELD_COUNT if none; `value` is the
 * offset of its value in the line. */
static enum header_field line_field(const struct header_line *line, size_t *value)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        size_t length = strlen(field_words[i]);
        if (strncmp(line->text, field_words[i], length) == 0 && line->text[length] == ':') {
            *value = length + 1;
            while (is_space(line->text[*value])) {
                (*value)++;
            }
            return (enum header_field)i;
        }
    }
    return FIELD_COUNT;
}

static bool is_empty(const struct header_line *line)
{
    return line->text[0] == '\0';
}

/* Splits the lines: the message is lines[first, end), the fields begin at the result or below. */
static size_t message_find(const struct header *header, size_t *first, size_t *end)
{
    size_t value = 0;
    size_t start = 0;
    while (start < header->line_count && is_empty(&header->lines[start])) {
        start++;
    }
    size_t separator = start;
    while (separator < header->line_count && !is_empty(&header->lines[separator])) {
        separator++;
    }
    *first = start;
    *end = separator;
    for (size_t i = separator; i < header->line_count; i++) {
        if (line_field(&header->lines[i], &value) == FIELD_REVISION_ID) {
            return separator;
        }
    }
    for (size_t i = start; i < separator; i++) {
        if (line_field(&header->lines[i], &value) != FIELD_COUNT) {
            *end = i;
            return i;
        }
    }
    return separator;
}

static void message_set(struct header *header, size_t first, size_t end)
{
    struct arena *arena = header->source->arena;
    const char *message = "";
    for (size_t i = first; i < end; i++) {
        message = i == first ? header->lines[i].text
                             : arena_printf(arena, "%s\n%s", message, header->lines[i].text);
    }
    header->revision->message = message;
}

/* Ids and labels: what a target spec could not tell from its own signs, and what would hide a
 * symbol, is not allowed. As in Alembic, a label may have a minus. */
static bool name_check(const struct header *header, bool label, const char *name, size_t offset)
{
    const char *what = label ? "a label" : "a revision id";
    static const char *const reserved[] = {"head", "heads", "base", "current"};
    const struct source *source = header->source;
    for (size_t i = 0; name[i] != '\0'; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c <= ' ' || c == 0x7f || strchr(label ? "@+:,'\"\\" : "@-+:,'\"\\", c) != NULL) {
            struct diagnostic *error =
                c <= ' ' || c == 0x7f
                    ? source_error(source, offset + i, "a blank is not allowed in %s '%s'", what,
                                   name)
                    : source_error(source, offset + i, "'%c' is not allowed in %s '%s'", c, what,
                                   name);
            diagnostic_hint(source->diagnostics, error, "use letters, digits and underscores");
            return false;
        }
    }
    for (size_t i = 0; i < LENGTH(reserved); i++) {
        if (strcmp(name, reserved[i]) == 0) {
            (void)source_error(source, offset, "'%s' cannot be %s: it is a word of target specs",
                               name, what);
            return false;
        }
    }
    return true;
}

struct name_list {
    const char **names;
    unsigned *columns;
    size_t count;
};

/* "a, b": the names and where each stands. */
static struct name_list names_read(const struct header *header, const struct header_line *line,
                                   size_t value, enum header_field field)
{
    const struct source *source = header->source;
    const char *text = line->text;
    size_t room = 1;
    for (size_t i = value; text[i] != '\0'; i++) {
        room += text[i] == ',';
    }
    struct name_list list = {.names = arena_array(source->arena, room, sizeof *list.names),
                             .columns = arena_array(source->arena, room, sizeof *list.columns)};
    if (text[value] == '\0') {
        return list;
    }
    for (size_t at = value; list.count < room; at++) {
        while (is_space(text[at])) {
            at++;
        }
        size_t end = at + strcspn(text + at, ",");
        size_t stop = end;
        while (stop > at && is_space(text[stop - 1])) {
            stop--;
        }
        char *name = arena_strndup(source->arena, text + at, stop - at);
        unsigned number = 0;
        bool repeated = false;
        for (size_t i = 0; i < list.count; i++) {
            repeated = repeated || strcmp(list.names[i], name) == 0;
        }
        if (name[0] == '\0') {
            (void)source_error(source, line->offset + at, "an empty name in '%s'",
                               field_words[field]);
        } else if (repeated) {
            (void)source_error(source, line->offset + at, "'%s' stands twice in '%s'", name,
                               field_words[field]);
        } else if (name_check(header, field != FIELD_REVISES && field != FIELD_REVISION_ID, name,
                              line->offset + at)) {
            list.names[list.count] = name;
            source_locate(source, line->offset + at, &number, &list.columns[list.count]);
            list.count++;
        }
        if (text[end] == '\0') {
            break;
        }
        at = end;
    }
    return list;
}

static void id_set(struct header *header, const struct header_line *line, size_t value)
{
    const struct source *source = header->source;
    struct revision *revision = header->revision;
    const char *id = line->text + value;
    if (id[0] == '\0') {
        (void)source_error(source, line->offset, "the revision id is empty");
        return;
    }
    (void)name_check(header, false, id, line->offset + value);
    if (strlen(id) > REVISION_ID_BYTES_MAX) {
        (void)source_error(source, line->offset + value, "the revision id is longer than %d bytes",
                           REVISION_ID_BYTES_MAX);
    }
    revision->id = id;
    source_locate(source, line->offset + value, &revision->id_line, &revision->id_column);
}

static void transaction_set(struct header *header, const struct header_line *line, size_t value)
{
    if (strcmp(line->text + value, "none") == 0) {
        header->revision->up.transactional = false;
        header->revision->down.transactional = false;
        return;
    }
    struct diagnostic *error =
        source_error(header->source, line->offset + value, "'Transaction' can only be 'none'");
    diagnostic_hint(header->source->diagnostics, error,
                    "leave the line out: revisions run in a transaction by default");
}

/* Whether the value is the only one that the field takes. */
static bool word_is(struct header *header, const struct header_line *line, size_t value,
                    enum header_field field, const char *word, const char *hint)
{
    bool is = strcmp(line->text + value, word) == 0;
    if (!is) {
        struct diagnostic *error = source_error(header->source, line->offset + value,
                                                "'%s' can only be '%s'", field_words[field], word);
        diagnostic_hint(header->source->diagnostics, error, "%s", hint);
    }
    return is;
}

static void idempotent_set(struct header *header, const struct header_line *line, size_t value)
{
    header->revision->idempotent =
        word_is(header, line, value, FIELD_IDEMPOTENT, "yes",
                "leave the line out when a statement may not run a second time");
}

static void syntax_set(struct header *header, const struct header_line *line, size_t value)
{
    bool server =
        word_is(header, line, value, FIELD_SYNTAX, "server",
                "leave the line out: what the built-in parser refuses is a mistake, unless "
                "PostgreSQL 16 to 19 brought it");
    header->revision->up.server_syntax = server;
    header->revision->down.server_syntax = server;
}

static void digest_set(struct header *header, const struct header_line *line, size_t value,
                       enum header_field field, const char **digest)
{
    const char *digits = line->text + value;
    if (strlen(digits) == 64 && strspn(digits, "0123456789abcdef") == 64) {
        *digest = digits;
        return;
    }
    struct diagnostic *error = source_error(header->source, line->offset + value,
                                            "'%s' is not a SHA-256 in hex", field_words[field]);
    diagnostic_hint(header->source->diagnostics, error,
                    "leave the line out: it is written for revisions of an Alembic project");
}

static void field_set(struct header *header, enum header_field field,
                      const struct header_line *line, size_t value)
{
    struct revision *revision = header->revision;
    struct name_list names = {0};
    unsigned number = 0;
    unsigned column = 0;
    source_locate(header->source, line->offset, &number, &column);
    switch (field) {
    case FIELD_REVISION_ID: id_set(header, line, value); break;
    case FIELD_CREATE_DATE: revision->create_date = line->text + value; break;
    case FIELD_TRANSACTION: transaction_set(header, line, value); break;
    case FIELD_IDEMPOTENT: idempotent_set(header, line, value); break;
    case FIELD_SYNTAX: syntax_set(header, line, value); break;
    case FIELD_KNOWN_AS: revision->known_as = line->text + value; break;
    case FIELD_UP_UNAVAILABLE: revision->up.unavailable = line->text + value; break;
    case FIELD_DOWN_UNAVAILABLE: revision->down.unavailable = line->text + value; break;
    case FIELD_UP_ALEMBIC: revision->up.alembic = line->text + value; break;
    case FIELD_DOWN_ALEMBIC: revision->down.alembic = line->text + value; break;
    case FIELD_SOURCE: digest_set(header, line, value, field, &revision->source); break;
    case FIELD_CODE: digest_set(header, line, value, field, &revision->code); break;
    case FIELD_REVISES:
        names = names_read(header, line, value, field);
        revision->down_revisions = names.names;
        revision->down_revision_columns = names.columns;
        revision->down_revision_count = names.count;
        revision->revises_line = number;
        break;
    case FIELD_DEPENDS_ON:
        names = names_read(header, line, value, field);
        revision->depends_on = names.names;
        revision->depends_on_columns = names.columns;
        revision->depends_on_count = names.count;
        revision->depends_line = number;
        break;
    case FIELD_BRANCH_LABELS:
        names = names_read(header, line, value, field);
        revision->branch_labels = names.names;
        revision->branch_label_columns = names.columns;
        revision->branch_label_count = names.count;
        revision->labels_line = number;
        break;
    case FIELD_COUNT: break;
    }
}

static void stray_line_refuse(const struct header *header, const struct header_line *line)
{
    const struct source *source = header->source;
    size_t length = strcspn(line->text, ":");
    if (line->text[length] == '\0') {
        struct diagnostic *error =
            source_error(source, line->offset, "this header line is not 'Field: value'");
        diagnostic_hint(source->diagnostics, error,
                        "the message stands first, then a line '--', then the fields; other "
                        "comments go below an empty line");
        return;
    }
    char *word = arena_strndup(source->arena, line->text, length);
    struct diagnostic *error =
        source_error(source, line->offset, "'%s' is not a header field", word);
    const char *close = spelling_nearest(word, field_words, FIELD_COUNT);
    if (close != NULL) {
        diagnostic_hint(source->diagnostics, error, "did you mean '%s'?", close);
    } else {
        diagnostic_hint(source->diagnostics, error,
                        "fields are Revision ID, Revises, Create Date, Branch Labels, Depends On, "
                        "Transaction, Idempotent and Syntax");
    }
}

static void fields_read(struct header *header, size_t first)
{
    const struct source *source = header->source;
    bool inside = true; /* of the block of fields, which an empty line ends */
    bool any = false;
    for (size_t i = first; i < header->line_count; i++) {
        const struct header_line *line = &header->lines[i];
        size_t value = 0;
        if (is_empty(line)) {
            inside = !any;
            continue;
        }
        enum header_field field = line_field(line, &value);
        if (field == FIELD_COUNT) {
            if (inside) {
                any = true;
                stray_line_refuse(header, line);
            }
            continue;
        }
        any = true;
        if (header->seen[field] != 0) {
            (void)source_error(source, line->offset, "a second '%s' (the first is in line %zu)",
                               field_words[field], header->seen[field]);
            continue;
        }
        header->seen[field] = i + 1;
        field_set(header, field, line, value);
    }
}

static void missing_refuse(const struct header *header)
{
    const struct source *source = header->source;
    if (header->seen[FIELD_REVISION_ID] == 0) {
        struct diagnostic *error = diagnostic_add(source->diagnostics, source->path, 1, 1,
                                                  "the header has no 'Revision ID'");
        diagnostic_hint(source->diagnostics, error,
                        "begin the file with a message, a line '--', then '-- Revision ID: ...' "
                        "and '-- Revises: ...'; `drover revision` writes such a file");
        return;
    }
    if (header->seen[FIELD_REVISES] == 0) {
        struct diagnostic *error =
            diagnostic_add(source->diagnostics, source->path, header->revision->id_line, 1,
                           "the header has no 'Revises'");
        diagnostic_hint(source->diagnostics, error,
                        "name the revision before this one; '-- Revises:' with nothing after it "
                        "makes this one a base");
    }
}

/* What a bare file's header would say. */
static void bare_take(struct header *header, const struct bare *bare)
{
    static const unsigned columns[] = {1};
    struct arena *arena = header->source->arena;
    struct revision *revision = header->revision;
    revision->id = arena_strdup(arena, bare->id);
    revision->known_as = revision->id;
    revision->message = arena_strdup(arena, bare->message);
    revision->id_line = revision->id_column = revision->revises_line = 1;
    if (bare->follows != NULL) {
        const char **parents = arena_array(arena, 1, sizeof *parents);
        parents[0] = arena_strdup(arena, bare->follows);
        revision->down_revisions = parents;
        revision->down_revision_columns = columns;
        revision->down_revision_count = 1;
    }
}

void header_parse(const struct source *source, size_t end, const struct bare *bare,
                  struct revision *revision)
{
    struct header header = {.source = source, .revision = revision};
    revision->create_date = "";
    revision->source = "";
    revision->code = "";
    revision->up.transactional = true;
    revision->down.transactional = true;
    lines_read(&header, end);
    if (bare != NULL) {
        bare_take(&header, bare);
        return;
    }
    size_t first = 0;
    size_t stop = 0;
    size_t fields = message_find(&header, &first, &stop);
    message_set(&header, first, stop);
    fields_read(&header, fields);
    missing_refuse(&header);
    if (revision->known_as == NULL) {
        revision->known_as = revision->id;
    }
}
