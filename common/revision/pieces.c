/* libpg_query says where statements are; what is a comment at their edges is the scanner's to say. */
#include "common/revision/pieces.h"

#include <pg_query.h>

#include "common/revision/newer.h"
#include "common/revision/scan.h"

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
    char *text = arena_strndup(source->arena, source->text + span.start, span.end - span.start);
    return pg_query_split_with_parser(text);
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

/* The statements that the parser found in the span. */
static void pieces_add(const struct source *source, struct span span,
                       const PgQuerySplitResult *split, struct pieces *pieces)
{
    for (int i = 0; i < split->n_stmts; i++) {
        size_t start = span.start + (size_t)split->stmts[i]->stmt_location;
        size_t end = start + (size_t)split->stmts[i]->stmt_len;
        struct span found = {start, end < span.end ? end : span.end};
        if (span_trim(source->text, &found)) {
            pieces->items[pieces->count++] = (struct piece){.span = found};
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
    } else if (newer_knows(source->text + span.start, span.end - span.start,
                           error_offset(source, whole, split.error) - span.start)) {
        const char *message = arena_strdup(source->arena, split.error->message);
        pieces->items[pieces->count++] = (struct piece){.span = span, .newer = message};
    } else {
        pieces_refuse(source, whole, split.error, pieces);
    }
    pg_query_free_split_result(split);
}

/* How many statements the span can hold at most. */
static size_t pieces_most(const struct source *source, struct span span)
{
    struct scanner scanner = scanner_between(source->text, span.start, span.end);
    size_t count = 1;
    struct token token = scanner_next_code(&scanner);
    for (; token.kind != TOKEN_END; token = scanner_next_code(&scanner)) {
        count += token.kind == TOKEN_SEMICOLON;
    }
    return count;
}

static void token_pieces_add(const struct source *source, struct span section,
                             struct pieces *pieces)
{
    struct scanner scanner = scanner_between(source->text, section.start, section.end);
    struct span span;
    pieces->items = arena_array(source->arena, pieces_most(source, section), sizeof *pieces->items);
    while (pieces->error == NULL && split_next(&scanner, &span)) {
        token_piece_add(source, span, scanner.at, pieces);
    }
}

struct pieces pieces_read(const struct source *source, struct span section)
{
    struct pieces pieces = {0};
    PgQuerySplitResult split = span_parse(source, section);
    if (split.error == NULL) {
        size_t count = split.n_stmts > 0 ? (size_t)split.n_stmts : 0;
        pieces.items = arena_array(source->arena, count, sizeof *pieces.items);
        pieces_add(source, section, &split, &pieces);
    } else {
        token_pieces_add(source, section, &pieces);
        if (pieces.error == NULL && pieces.count == 0) {
            pieces_refuse(source, section, split.error, &pieces);
        }
    }
    pg_query_free_split_result(split);
    return pieces;
}
