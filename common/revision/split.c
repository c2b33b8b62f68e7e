/* Statements by their tokens (split.h). */
#include "common/revision/split.h"

#include <string.h>

#include "common/base/array.h"

enum { HEAD_WORDS_MAX = 4 }; /* CREATE OR REPLACE FUNCTION */

/* What decides whether a semicolon ends the statement in hand. */
struct nesting {
    size_t parentheses; /* open ones */
    size_t blocks;      /* BEGIN ATOMIC and CASE without their END */
    bool begun;         /* the token before is BEGIN */
    size_t words;       /* read so far */
    char head[HEAD_WORDS_MAX +
              1]; /* the first letters of the first words that a routine's head is made of; '-' for
                                      any other word */
};

static void head_take(struct nesting *nesting, const char *text, struct token word)
{
    static const char *const words[] = {"create", "or", "replace", "function", "procedure"};
    if (nesting->words < HEAD_WORDS_MAX) {
        char letter = '-';
        for (size_t i = 0; i < LENGTH(words); i++) {
            if (token_is_word(text, word, words[i])) {
                letter = words[i][0];
            }
        }
        nesting->head[nesting->words] = letter;
    }
    nesting->words++;
}

/* Whether the statement makes a function or a procedure. */
static bool makes_routine(const struct nesting *nesting)
{
    const char *head = nesting->head;
    head += strncmp(head, "cor", 3) == 0 ? 3 : head[0] == 'c';
    return head > nesting->head && (*head == 'f' || *head == 'p');
}

static void word_take(struct nesting *nesting, const char *text, struct token word)
{
    head_take(nesting, text, word);
    if (nesting->parentheses > 0 || !makes_routine(nesting)) {
        return;
    }
    if ((nesting->begun && token_is_word(text, word, "atomic")) ||
        (nesting->blocks > 0 && token_is_word(text, word, "case"))) {
        nesting->blocks++;
    } else if (nesting->blocks > 0 && token_is_word(text, word, "end")) {
        nesting->blocks--;
    }
}

static void code_take(struct nesting *nesting, const char *text, struct token token)
{
    if (token.kind == TOKEN_WORD) {
        word_take(nesting, text, token);
    } else if (token.kind == TOKEN_OPEN && text[token.start] == '(') {
        nesting->parentheses++;
    } else if (token.kind == TOKEN_CLOSE && text[token.start] == ')') {
        nesting->parentheses -= nesting->parentheses > 0;
    }
    nesting->begun = token_is_word(text, token, "begin");
}

bool split_next(struct scanner *scanner, struct span *span)
{
    struct token token = scanner_next_code(scanner);
    while (token.kind == TOKEN_SEMICOLON) {
        token = scanner_next_code(scanner);
    }
    struct nesting nesting = {0};
    *span = (struct span){token.start, token.start};
    for (; token.kind != TOKEN_END; token = scanner_next_code(scanner)) {
        if (token.kind == TOKEN_SEMICOLON && nesting.parentheses == 0 && nesting.blocks == 0) {
            return true;
        }
        code_take(&nesting, scanner->text, token);
        *span = (struct span){span->start, token.end};
    }
    return span->start < token.start;
}
