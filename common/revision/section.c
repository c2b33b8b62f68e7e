/* One pass of the scanner over the file, so that markers inside quoted text do not count. */
#include "common/revision/section.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/meta_command.h"
#include "common/revision/scan.h"

enum {
    NESTING_MAX = 1000, /* libpg_query recurses: deeper might not fit a thread's stack */
    WORD_SHOWN_MAX = 40,
};

struct finder {
    const struct source *source;
    struct scanner scanner;
    struct sections *sections;
    struct section *current; /* NULL in the header */
    size_t depth;            /* of open parentheses */
    size_t statement;        /* offset of the present statement's first token, or SIZE_MAX */
    bool is_copy;
    bool copies_from; /* the token before was FROM */
    bool from_stdin;
    struct data_place *data; /* the last of the section */
};

static const size_t NO_STATEMENT = (size_t)-1;

static void section_refuse(struct finder *finder)
{
    if (finder->current != NULL) {
        finder->current->refused = true;
    }
}

static void statement_end(struct finder *finder)
{
    finder->statement = NO_STATEMENT;
    finder->depth = 0;
    finder->is_copy = false;
    finder->copies_from = false;
    finder->from_stdin = false;
}

static bool is_alone_on_line(const struct source *source, size_t offset)
{
    while (offset > 0 && (source->text[offset - 1] == ' ' || source->text[offset - 1] == '\t')) {
        offset--;
    }
    return offset == 0 || source->text[offset - 1] == '\n' || source->text[offset - 1] == '\r';
}

static bool has_prefix_ignoring_case(const char *text, size_t length, const char *prefix)
{
    for (size_t i = 0; prefix[i] != '\0'; i++) {
        if (i >= length || letter_lower(text[i]) != prefix[i]) {
            return false;
        }
    }
    return true;
}

static void section_begin(struct finder *finder, struct section *section, struct token line,
                          const char *name, enum section_transaction transaction)
{
    const struct source *source = finder->source;
    if (section->present) {
        unsigned first = 0;
        unsigned column = 0;
        source_locate(source, section->marker, &first, &column);
        (void)source_error(source, line.start, "a second '-- migrate:%s' (the first is in line %u)",
                           name, first);
        section_refuse(finder);
        return;
    }
    if (finder->current != NULL) {
        finder->current->end = line.start;
    } else {
        finder->sections->header_end = line.start;
    }
    *section = (struct section){.present = true,
                                .optional = section == &finder->sections->down &&
                                            !source_is_rendered(source),
                                .transaction = transaction,
                                .marker = line.start,
                                .start = line.end,
                                .end = source->length};
    finder->current = section;
    finder->data = NULL;
    statement_end(finder);
}

/* Whether `text` is the marker `word`, with or without what it may say of the transaction. */
static bool is_marker(const char *text, size_t length, const char *word,
                      enum section_transaction *transaction)
{
    static const struct {
        const char *text;
        enum section_transaction means;
    } options[] = {{"", SECTION_AS_HEADER},
                   {"transaction:none", SECTION_OUTSIDE},
                   {"transaction:false", SECTION_OUTSIDE},
                   {"transaction:true", SECTION_INSIDE}};
    size_t at = strlen(word);
    if (length < at || memcmp(text, word, at) != 0) {
        return false;
    }
    size_t end = at;
    while (at < length && (text[at] == ' ' || text[at] == '\t')) {
        at++;
    }
    for (size_t i = 0; i < LENGTH(options); i++) {
        size_t option = strlen(options[i].text);
        if (length - at == option && memcmp(text + at, options[i].text, option) == 0) {
            *transaction = options[i].means;
            return option == 0 || at > end;
        }
    }
    return false;
}

/* A comment line that begins with "migrate:" must be a marker: a misspelt migrate:down would hang
 * the way down onto the way up. */
static void comment_visit(struct finder *finder, struct token token)
{
    const struct source *source = finder->source;
    const char *text = source->text + token.start;
    size_t length = token.end - token.start;
    if (length < 2 || text[0] != '-' || !is_alone_on_line(source, token.start)) {
        return;
    }
    size_t skip = 2;
    while (skip < length && (text[skip] == ' ' || text[skip] == '\t')) {
        skip++;
    }
    while (length > skip && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    text += skip;
    length -= skip;
    if (!has_prefix_ignoring_case(text, length, "migrate:")) {
        return;
    }
    enum section_transaction transaction = SECTION_AS_HEADER;
    if (is_marker(text, length, "migrate:up", &transaction)) {
        section_begin(finder, &finder->sections->up, token, "up", transaction);
    } else if (is_marker(text, length, "migrate:down", &transaction)) {
        section_begin(finder, &finder->sections->down, token, "down", transaction);
    } else {
        int shown = length < WORD_SHOWN_MAX ? (int)length : WORD_SHOWN_MAX;
        struct diagnostic *error =
            source_error(source, token.start, "'-- %.*s' is not a section marker", shown, text);
        diagnostic_hint(
            source->diagnostics, error,
            "write '-- migrate:up' or '-- migrate:down'; when what is below cannot run in a "
            "transaction, '-- migrate:down transaction:none', or '-- Transaction: none' in "
            "the header for both");
        section_refuse(finder);
    }
}

/* What does nothing to a server is taken out of the text. */
static void meta_command_visit(struct finder *finder, struct token token)
{
    const struct source *source = finder->source;
    struct meta_command command = meta_command_read(source->text, source->length, token.start);
    bool within = finder->statement != NO_STATEMENT;
    finder->scanner.at = command.end;
    if (command.word != 0 && !within) {
        source_blank(source, token.start, command.end);
        finder->sections->passed_over.psql_lines++;
        finder->sections->passed_over.psql_words |= command.word;
        return;
    }
    size_t shown = command.name_end - token.start;
    struct diagnostic *error = source_error(
        source, token.start, "'%.*s' is a meta-command of psql, which a server does not know",
        shown < WORD_SHOWN_MAX ? (int)shown : WORD_SHOWN_MAX, source->text + token.start);
    diagnostic_hint(source->diagnostics, error, "%s",
                    command.word != 0 ? meta_command_hint_within() : command.hint);
    section_refuse(finder);
    statement_end(finder);
}

static void data_refuse(struct finder *finder, const char *message, const char *hint)
{
    const struct source *source = finder->source;
    diagnostic_hint(source->diagnostics, source_error(source, finder->statement, "%s", message),
                    "%s", hint);
    section_refuse(finder);
}

/* The offset of the line that ends the data which begin at `at`; NO_STATEMENT: there is none. */
static size_t data_end(const struct source *source, size_t at)
{
    while (at < source->length) {
        const char *text = source->text + at;
        if (text[0] == '\\' && text[1] == '.' && (text[2] == '\n' || text[2] == '\0')) {
            return at;
        }
        const char *newline = memchr(text, '\n', source->length - at);
        at = newline != NULL ? (size_t)(newline - source->text) + 1 : source->length;
    }
    return NO_STATEMENT;
}

static void data_take(struct finder *finder, size_t start, size_t end)
{
    const struct source *source = finder->source;
    const void *text = source_original(source, start, end);
    struct data_place *place = arena_alloc(source->arena, sizeof *place);
    *place = (struct data_place){.copy = finder->statement,
                                 .data = {.bytes = {.data = text, .length = end - start}}};
    unsigned column = 0;
    source_locate(source, start, &place->data.line, &column);
    if (finder->data != NULL) {
        finder->data->next = place;
    } else {
        finder->current->data = place;
    }
    finder->data = place;
}

/* The next line; 0 when something else than a comment stands before it. */
static size_t data_begin(const struct source *source, size_t at)
{
    const char *newline = memchr(source->text + at, '\n', source->length - at);
    size_t start = newline != NULL ? (size_t)(newline - source->text) + 1 : source->length;
    struct scanner rest = scanner_of(source->text, start);
    rest.at = at;
    return scanner_next_code(&rest).kind == TOKEN_END ? start : 0;
}

/* Behind "COPY ... FROM STDIN;": its data begin in the next line, and end before one that holds only "\.". */
static void inline_data_visit(struct finder *finder)
{
    const struct source *source = finder->source;
    size_t start = data_begin(source, finder->scanner.at);
    size_t end = start > 0 ? data_end(source, start) : 0;
    if (start == 0) {
        data_refuse(finder, "something stands behind COPY ... FROM STDIN; in its line",
                    "the data begin in the next line; put what follows below their end");
    } else if (end == NO_STATEMENT) {
        data_refuse(finder, "COPY ... FROM STDIN has no data, or they have no end",
                    "write them in the lines below it, and then a line that holds only '\\.'");
    } else {
        if (finder->current != NULL) {
            data_take(finder, start, end);
        }
        source_blank(source, start, end + 2);
        finder->scanner.at = end + 2;
    }
}

static void nesting_visit(struct finder *finder, struct token token)
{
    if (token.kind == TOKEN_CLOSE) {
        finder->depth -= finder->depth > 0;
        return;
    }
    finder->depth++;
    if (finder->depth == NESTING_MAX + 1) {
        (void)source_error(finder->source, token.start, "parentheses are nested more than %d deep",
                           NESTING_MAX);
        section_refuse(finder);
    }
}

static void code_visit(struct finder *finder, struct token token)
{
    const char *text = finder->source->text;
    if (finder->statement == NO_STATEMENT) {
        finder->statement = token.start;
        finder->is_copy = token_is_word(text, token, "copy");
    }
    if (token.kind == TOKEN_OPEN || token.kind == TOKEN_CLOSE) {
        nesting_visit(finder, token);
    }
    if (finder->is_copy && finder->depth == 0) {
        finder->from_stdin =
            finder->from_stdin || (finder->copies_from && token_is_word(text, token, "stdin"));
        finder->copies_from = token_is_word(text, token, "from");
    }
}

static void token_visit(struct finder *finder, struct token token)
{
    switch (token.kind) {
    case TOKEN_COMMENT: comment_visit(finder, token); break;
    case TOKEN_BACKSLASH: meta_command_visit(finder, token); break;
    case TOKEN_SEMICOLON:
        if (finder->from_stdin) {
            inline_data_visit(finder);
        }
        if (finder->depth == 0 || finder->from_stdin) {
            statement_end(finder); /* inside CREATE RULE's parentheses a statement goes on */
        }
        break;
    default: code_visit(finder, token); break;
    }
}

void sections_find(const struct source *source, struct sections *sections)
{
    memset(sections, 0, sizeof *sections);
    sections->header_end = source->length;
    struct finder finder = {.source = source,
                            .sections = sections,
                            .scanner = scanner_of(source->text, source->length)};
    statement_end(&finder);
    struct token token = scanner_next(&finder.scanner);
    for (; token.kind != TOKEN_END; token = scanner_next(&finder.scanner)) {
        token_visit(&finder, token);
    }
    if (finder.from_stdin) {
        inline_data_visit(&finder);
    }
    if (!sections->up.present) {
        struct diagnostic *error = diagnostic_add(source->diagnostics, source->path, 0, 0,
                                                  "there is no '-- migrate:up' section");
        diagnostic_hint(source->diagnostics, error,
                        "put the line '-- migrate:up' between the header and the SQL");
    }
}
