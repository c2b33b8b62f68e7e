/* PostgreSQL's lexical rules, as far as it takes to know what is quoted and what is comment.
 *
 * The parser proper is libpg_query; this scanner serves what the parser cannot say: where sections
 * begin, psql's meta-commands, inline COPY data, how deep parentheses go, and a statement's text
 * without its comments.
 */
#ifndef DROVER_REVISION_SCAN_H
#define DROVER_REVISION_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,       /* keyword, identifier or number */
    TOKEN_STRING,     /* '...', E'...', $tag$...$tag$ */
    TOKEN_IDENTIFIER, /* "..." */
    TOKEN_COMMENT,    /* without the final newline */
    TOKEN_SEMICOLON,
    TOKEN_OPEN,      /* ( or [ */
    TOKEN_CLOSE,     /* ) or ] */
    TOKEN_BACKSLASH, /* never SQL */
    TOKEN_OTHER,     /* one byte of anything else */
};

struct token {
    enum token_kind kind;
    size_t start;
    size_t end; /* offset after the token */
};

struct scanner {
    const char *text;
    size_t length;
    size_t at;
};

/* At the begin of the text, which it borrows. */
struct scanner scanner_of(const char *text, size_t length);

/* Of a part of the text; tokens have the offsets that they have in the text. */
struct scanner scanner_between(const char *text, size_t start, size_t end);

/* The next token, blanks skipped; TOKEN_END at the end. Unterminated quotes and comments end with
 * the text. */
struct token scanner_next(struct scanner *scanner);

/* The same, comments skipped too. */
struct token scanner_next_code(struct scanner *scanner);

/* ASCII letters in lower case, the rest as it is: what PostgreSQL does to keywords. */
char letter_lower(char c);

/* Whether the token is this keyword, in any case; `word` is in lower case. */
bool token_is_word(const char *text, struct token token, const char *word);

#endif
