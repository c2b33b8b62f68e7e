/* One function per quoting rule; see PostgreSQL's scan.l. standard_conforming_strings is on:
 * scripts that turn it off are refused. */
#include "common/revision/scan.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* A carriage return alone ends a line too. */
static bool is_newline(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static char peek(const struct scanner *scanner, size_t ahead)
{
    if (scanner->at + ahead >= scanner->length) {
        return '\0';
    }
    return scanner->text[scanner->at + ahead];
}

static void skip_line_comment(struct scanner *scanner)
{
    while (scanner->at < scanner->length && !is_newline(scanner->text[scanner->at])) {
        scanner->at++;
    }
}

static void skip_block_comment(struct scanner *scanner)
{
    size_t depth = 0;
    while (scanner->at < scanner->length) {
        if (peek(scanner, 0) == '/' && peek(scanner, 1) == '*') {
            depth++;
            scanner->at += 2;
        } else if (peek(scanner, 0) == '*' && peek(scanner, 1) == '/') {
            depth--;
            scanner->at += 2;
            if (depth == 0) {
                return;
            }
        } else {
            scanner->at++;
        }
    }
}

/* A doubled quote needs no care: it reads as two adjacent quoted texts. */
static void skip_quoted(struct scanner *scanner, char quote, bool backslashes)
{
    scanner->at++;
    while (scanner->at < scanner->length) {
        char c = scanner->text[scanner->at++];
        if (c == '\\' && backslashes && scanner->at < scanner->length) {
            scanner->at++;
        } else if (c == quote) {
            if (peek(scanner, 0) != quote) {
                return;
            }
            scanner->at++;
        }
    }
}

/* Blanks and comments up to the end of a line; whether a line has ended. */
static bool skip_lines(struct scanner *scanner)
{
    bool newline = false;
    while (scanner->at < scanner->length) {
        char c = scanner->text[scanner->at];
        if (c == '-' && peek(scanner, 1) == '-') {
            skip_line_comment(scanner);
        } else if (is_blank(c)) {
            newline = newline || is_newline(c);
            scanner->at++;
        } else {
            break;
        }
    }
    return newline;
}

/* E'...' goes on in a later line that begins with a quote, with nothing but comments between, and
 * still with backslash escapes. */
static void skip_escape_string(struct scanner *scanner)
{
    for (;;) {
        skip_quoted(scanner, '\'', true);
        size_t after = scanner->at;
        if (!skip_lines(scanner) || peek(scanner, 0) != '\'') {
            scanner->at = after;
            return;
        }
    }
}

/* At a '$': skips a dollar-quoted string; false, unmoved, if none begins here. */
static bool skip_dollar_quoted(struct scanner *scanner)
{
    size_t tag = 1;
    while (is_word_start(peek(scanner, tag)) || (tag > 1 && is_digit(peek(scanner, tag)))) {
        tag++;
    }
    if (peek(scanner, tag) != '$') {
        return false;
    }
    tag++;
    const char *opening = scanner->text + scanner->at;
    scanner->at += tag;
    while (scanner->at < scanner->length) {
        const char *dollar =
            memchr(scanner->text + scanner->at, '$', scanner->length - scanner->at);
        if (dollar == NULL) {
            break;
        }
        scanner->at = (size_t)(dollar - scanner->text);
        if (scanner->length - scanner->at >= tag && memcmp(dollar, opening, tag) == 0) {
            scanner->at += tag;
            return true;
        }
        scanner->at++;
    }
    scanner->at = scanner->length;
    return true;
}

static enum token_kind scan_word(struct scanner *scanner)
{
    char first = scanner->text[scanner->at];
    if ((first == 'e' || first == 'E') && peek(scanner, 1) == '\'') {
        scanner->at++;
        skip_escape_string(scanner);
        return TOKEN_STRING;
    }
    while (is_word_start(peek(scanner, 0)) || is_digit(peek(scanner, 0)) ||
           peek(scanner, 0) == '$') {
        scanner->at++;
    }
    return TOKEN_WORD;
}

static enum token_kind scan_one(struct scanner *scanner)
{
    char c = peek(scanner, 0);
    if (c == '-' && peek(scanner, 1) == '-') {
        skip_line_comment(scanner);
        return TOKEN_COMMENT;
    }
    if (c == '/' && peek(scanner, 1) == '*') {
        skip_block_comment(scanner);
        return TOKEN_COMMENT;
    }
    if (c == '\'') {
        skip_quoted(scanner, '\'', false);
        return TOKEN_STRING;
    }
    if (c == '"') {
        skip_quoted(scanner, '"', false);
        return TOKEN_IDENTIFIER;
    }
    if (c == '$' && skip_dollar_quoted(scanner)) {
        return TOKEN_STRING;
    }
    if (is_word_start(c)) {
        return scan_word(scanner);
    }
    if (is_digit(c)) {
        while (is_digit(peek(scanner, 0)) || is_word_start(peek(scanner, 0))) {
            scanner->at++;
        }
        return TOKEN_WORD;
    }
    scanner->at++;
    switch (c) {
    case ';': return TOKEN_SEMICOLON;
    case '(':
    case '[': return TOKEN_OPEN;
    case ')':
    case ']': return TOKEN_CLOSE;
    case '\\': return TOKEN_BACKSLASH;
    default: return TOKEN_OTHER;
    }
}

struct scanner scanner_of(const char *text, size_t length)
{
    return (struct scanner){.text = text, .length = length};
}

struct scanner scanner_between(const char *text, size_t start, size_t end)
{
    return (struct scanner){.text = text, .length = end, .at = start};
}

struct token scanner_next(struct scanner *scanner)
{
    while (scanner->at < scanner->length && is_blank(scanner->text[scanner->at])) {
        scanner->at++;
    }
    struct token token = {.kind = TOKEN_END, .start = scanner->at, .end = scanner->at};
    if (scanner->at < scanner->length) {
        token.kind = scan_one(scanner);
        token.end = scanner->at;
    }
    return token;
}

struct token scanner_next_code(struct scanner *scanner)
{
    struct token token = scanner_next(scanner);
    while (token.kind == TOKEN_COMMENT) {
        token = scanner_next(scanner);
    }
    return token;
}

char letter_lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

bool token_is_word(const char *text, struct token token, const char *word)
{
    if (token.kind != TOKEN_WORD || token.end - token.start != strlen(word)) {
        return false;
    }
    for (size_t i = token.start; i < token.end; i++) {
        if (letter_lower(text[i]) != word[i - token.start]) {
            return false;
        }
    }
    return true;
}
