/* libpg_query says where statements are; what is a comment at their edges is the scanner's to say. */
#include "common/revision/pieces.h"

#include <pg_query.h>
#include <stdlib.h>

#include "common/base/array.h"
#include "common/revision/newer.h"
#include "common/revision/scan.h"

/* A parser takes many times its text: it gets a long one in parts. */
enum { PART_BYTES = 1024 * 1024 };

/* The part of text[start, end) from its first token to its last; false if there is none. */
static bool span_trim(const char *text, struct span *span)
{
    struct scanner scanner = scanner_between(text, span->start, span->end);
    struct token token = scanner_next_code(&scanner);
    if (token.kind == TOKEN_END) {
        return false;
    }
    *span = (struct span){token.start, token.end};
    for (; token.kind != TOKEN_END; token = scanner_next_code(&scanner)) {
        *span = (struct span){span->start, token.end};
    }
    return true;
}

static PgQuerySplitResult span_parse(const struct source *source, struct span span)
{
    char *end = source->text + span.end;
    char behind = *end;
    *end = '\0';
    PgQuerySplitResult split = pg_query_split_with_parser(source->text + span.start);
    *end = behind;
    return split;
}

/* PostgreSQL counts characters from 1, and puts what is missing after the last of the text. */
static size_t error_offset(const struct source *source, struct span span, const PgQueryError *error)
{
    const char *text = source->text + span.start;
    struct span trimmed = {0, span.end - span.start};
    size_t characters = error->cursorpos > 0 ? (size_t)error->cursorpos - 1 : 0;
    size_t offset = source_character_bytes(text, trimmed.end, characters);
    if (span_trim(text, &trimmed) && offset > trimmed.end) {
        offset = trimmed.end;
    }
    return span.start + (error->cursorpos > 0 ? offset : trimmed.start);
}

static void pieces_refuse(const struct source *source, struct span span, const PgQueryError *error,
                          struct pieces *pieces)
{
    pieces->error = arena_strdup(source->arena, error->message);
    pieces->error_at = error_offset(source, span, error);
}

static void piece_add(struct pieces *pieces, struct piece piece)
{
    pieces->items =
        array_room(pieces->items, pieces->count, &pieces->capacity, sizeof *pieces->items);
    pieces->items[pieces->count++] = piece;
}

/* The statements that the parser found in the span. */
static void pieces_add(const struct source *source, struct span span,
                       const PgQuerySplitResult *split, struct pieces *pieces)
{
    for (int i = 0; i < split->n_stmts; i++) {
        size_t start = span.start + (size_t)split->stmts[i]->stmt_location;
        size_t end = start + (size_t)split->stmts[i]->stmt_len;
        struct span found = {start, end < span.end ? end : span.end};
        if (span_trim(source->text, &found)) {
            piece_add(pieces, (struct piece){.span = found});
        }
    }
}

/* One statement by its tokens. The parser gets it with its semicolon, which its message may be about. */
static void token_piece_add(const struct source *source, struct span span, size_t next,
                            struct pieces *pieces)
{
    struct span whole = {span.start, next};
    PgQuerySplitResult split = span_parse(source, whole);
    if (split.error == NULL) {
        pieces_add(source, whole, &split, pieces);
    } else if (pieces->server_syntax ||
               newer_knows(source->text + span.start, span.end - span.start,
                           error_offset(source, whole, split.error) - span.start)) {
        const char *message = arena_strdup(source->arena, split.error->message);
        piece_add(pieces, (struct piece){.span = span, .newer = message});
    } else {
        pieces_refuse(source, whole, split.error, pieces);
    }
    pg_query_free_split_result(split);
}

static void token_pieces_add(const struct source *source, struct span part, struct pieces *pieces)
{
    struct scanner scanner = scanner_between(source->text, part.start, part.end);
    struct span span;
    while (pieces->error == NULL && split_next(&scanner, &span)) {
        token_piece_add(source, span, scanner.at, pieces);
    }
}

static void part_read(const struct source *source, struct span part, struct pieces *pieces)
{
    size_t before = pieces->count;
    PgQuerySplitResult split = span_parse(source, part);
    if (split.error == NULL) {
        pieces_add(source, part, &split, pieces);
    } else {
        token_pieces_add(source, part, pieces);
        if (pieces->error == NULL && pieces->count == before) {
            pieces_refuse(source, part, split.error, pieces);
        }
    }
    pg_query_free_split_result(split);
}

/* Whole statements of about PART_BYTES; the rest of the text when that is less. */
static struct span part_next(struct scanner *scanner)
{
    struct span part = {scanner->at, scanner->at};
    struct span statement;
    do {
        part.end = split_next(scanner, &statement) ? scanner->at : scanner->length;
    } while (part.end < scanner->length && part.end - part.start < PART_BYTES);
    return part;
}

struct pieces pieces_read(const struct source *source, struct span section, bool server_syntax)
{
    struct pieces pieces = {.server_syntax = server_syntax};
    struct scanner scanner = scanner_between(source->text, section.start, section.end);
    struct span part;
    do {
        part = part_next(&scanner);
        part_read(source, part, &pieces);
    } while (pieces.error == NULL && part.end < section.end);
    return pieces;
}

void pieces_free(struct pieces *pieces)
{
    free(pieces->items);
}
