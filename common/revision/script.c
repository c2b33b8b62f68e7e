/* Scripts (script.h). */
#include "common/revision/script.h"

#include <stdio.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/revision/digest.h"
#include "common/revision/effect.h"
#include "common/revision/pieces.h"
#include "common/revision/scan.h"
#include "common/revision/statement.h"

enum { COPIED_BYTES_MAX = 64 * 1024 };

/* The script cannot be run, and nothing else is wrong with the file. */
static void script_break(const struct source *source, size_t offset, const char *message,
                         struct script *script)
{
    unsigned line = 0;
    unsigned column = 0;
    const char *slash = strrchr(source->path, '/');
    source_locate(source, offset, &line, &column);
    script->broken = true;
    script->unavailable = arena_printf(source->arena, "%s (%s:%u)", message,
                                       slash != NULL ? slash + 1 : source->path, line);
}

static void syntax_refuse(const struct source *source, const struct section *section,
                          const struct pieces *pieces, struct script *script)
{
    if (section->optional) {
        script_break(source, pieces->error_at, pieces->error, script);
        return;
    }
    struct diagnostic *diagnostic = source_error(source, pieces->error_at, "%s", pieces->error);
    if (source->text[pieces->error_at] == ':') {
        diagnostic_hint(source->diagnostics, diagnostic,
                        "variables of psql (:name) are not replaced; write the value itself");
    } else if (strstr(pieces->error, "unterminated") != NULL) {
        diagnostic_hint(source->diagnostics, diagnostic,
                        "it begins here and goes on to the end of the section; close it");
    } else if (strstr(pieces->error, "end of input") != NULL) {
        diagnostic_hint(source->diagnostics, diagnostic, "the last statement is not complete");
    }
}

/* Statements that are most of a large text are not copied out of it. */
static bool are_most(const struct pieces *pieces, const struct section *section)
{
    size_t length = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        length += pieces->items[i].span.end - pieces->items[i].span.start;
    }
    return length > COPIED_BYTES_MAX && length > (section->end - section->start) / 2;
}

static void statement_add(struct source *source, struct span span, const char *newer,
                          const struct data_place **data, struct script *script)
{
    size_t start = span.start;
    struct statement *statement = &script->statements[script->statement_count++];
    statement->length = span.end - start;
    statement->sql = source_keep(source, start, span.end);
    statement->newer = newer;
    script->newer = script->newer || newer != NULL;
    source_locate(source, start, &statement->line, &statement->column);
    if (*data != NULL && (*data)->copy == start) {
        statement->data = (*data)->data;
        *data = (*data)->next;
    }
    statement_judge(source, start, script->transactional, statement);
    effect_add(statement, script);
}

/* Whether the text says one of the phrases, in any case, and nothing else. */
static bool says(const char *sql, size_t length, const char *const *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scanner scanner = scanner_of(sql, length);
        char word[16];
        const char *at = phrases[i];
        struct token token = scanner_next_code(&scanner);
        for (; *at != '\0'; token = scanner_next_code(&scanner)) {
            size_t letters = strcspn(at, " ");
            snprintf(word, sizeof word, "%.*s", (int)letters, at);
            if (!token_is_word(sql, token, word)) {
                break;
            }
            at += letters + (at[letters] == ' ');
        }
        if (*at == '\0' && token.kind == TOKEN_END) {
            return true;
        }
    }
    return false;
}

/* Whether the statements stand between a BEGIN and a COMMIT which do no more than Drover does itself. */
static bool is_pair(const struct source *source, const struct pieces *pieces)
{
    static const char *const begins[] = {"begin", "begin work", "begin transaction",
                                         "start transaction"};
    static const char *const ends[] = {"commit", "commit work", "commit transaction",
                                       "end",    "end work",    "end transaction"};
    if (pieces->count < 2) {
        return false;
    }
    const struct span first = pieces->items[0].span;
    const struct span last = pieces->items[pieces->count - 1].span;
    return says(source->text + first.start, first.end - first.start, begins, LENGTH(begins)) &&
           says(source->text + last.start, last.end - last.start, ends, LENGTH(ends));
}

/* Whether one of the comments invites to write the section. */
static bool invites(const struct source *source, const struct section *section)
{
    static const char *const comments[] = {"-- " SCRIPT_INVITATION_UP,
                                           "-- " SCRIPT_INVITATION_DOWN};
    struct scanner scanner = scanner_of(source->text, section->end);
    scanner.at = section->start;
    struct token token = scanner_next(&scanner);
    for (; token.kind == TOKEN_COMMENT; token = scanner_next(&scanner)) {
        for (size_t i = 0; i < LENGTH(comments); i++) {
            size_t length = strlen(comments[i]);
            if (token.end - token.start >= length &&
                memcmp(source->text + token.start, comments[i], length) == 0) {
                return true;
            }
        }
    }
    return false;
}

void script_parse(struct source *source, const struct section *section, struct script *script,
                  struct passed_over *passed_over)
{
    unsigned column = 0;
    script->present = section->present;
    if (section->transaction != SECTION_AS_HEADER) {
        script->transactional = section->transaction == SECTION_INSIDE;
    }
    if (!section->present) {
        return;
    }
    source_locate(source, section->marker, &script->line, &column);
    if (section->refused) {
        return;
    }
    struct pieces pieces =
        pieces_read(source, (struct span){section->start, section->end}, script->server_syntax);
    if (pieces.error != NULL) {
        syntax_refuse(source, section, &pieces, script);
        pieces_free(&pieces);
        return;
    }
    script->statements = arena_array(source->arena, pieces.count, sizeof *script->statements);
    bool pair = script->transactional && is_pair(source, &pieces);
    const struct data_place *data = section->data;
    source->kept = source->kept || are_most(&pieces, section);
    passed_over->pairs += pair;
    for (size_t i = pair; i < pieces.count - pair; i++) {
        statement_add(source, pieces.items[i].span, pieces.items[i].newer, &data, script);
    }
    pieces_free(&pieces);
    script->untouched = script->statement_count == 0 && invites(source, section);
}

/* Of data their digest. One blank stands for blanks and comments between two tokens, so that layout does not count. */
static void canonical_append(struct buffer *out, const struct statement *statement)
{
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    size_t last = 0;
    struct token token = scanner_next_code(&scanner);
    for (; token.kind != TOKEN_END; token = scanner_next_code(&scanner)) {
        if (token.start > last) {
            buffer_append(out, " ", 1);
        }
        buffer_append(out, statement->sql + token.start, token.end - token.start);
        last = token.end;
    }
    if (statement->data.bytes.data != NULL) {
        char digest[DIGEST_TEXT_BYTES];
        digest_text(statement->data.bytes.data, statement->data.bytes.length, digest);
        buffer_printf(out, "\n%s", digest);
    }
}

bool revision_needs_session(const struct revision *revision, bool up, bool in_schema)
{
    const struct script *script = up ? &revision->up : &revision->down;
    bool set = in_schema;
    for (size_t i = 0; i < script->statement_count; i++) {
        const struct statement *statement = &script->statements[i];
        if (set && (statement->kind != STATEMENT_ORDINARY || statement_may_commit(statement))) {
            return true;
        }
        set = set || statement_is_setting(statement);
    }
    return false;
}

void statement_checksum(const struct statement *statement, char checksum[65])
{
    struct buffer text = {0};
    canonical_append(&text, statement);
    digest_text(text.data, text.length, checksum);
    buffer_free(&text);
}

void script_checksum(const struct script *script, char checksum[65], char otherwise[65])
{
    static const char inside[] = "transaction\n";
    static const char outside[] = "no transaction\n";
    struct digest *inside_digest = digest_open();
    struct digest *outside_digest = digest_open();
    struct buffer text = {0};
    digest_add(inside_digest, inside, sizeof inside - 1);
    digest_add(outside_digest, outside, sizeof outside - 1);
    for (size_t i = 0; i < script->statement_count; i++) {
        canonical_append(&text, &script->statements[i]);
        buffer_append(&text, ";\n", 2);
        digest_add(inside_digest, text.data, text.length);
        digest_add(outside_digest, text.data, text.length);
        buffer_clear(&text);
    }
    digest_close(inside_digest, script->transactional ? checksum : otherwise);
    digest_close(outside_digest, script->transactional ? otherwise : checksum);
    buffer_free(&text);
}
