/* A table of sentences, and a reader of words that knows comments and nothing else. */
#include "common/revision/effect.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/scan.h"

/* `head`, and after it in the same statement `tail`. Words have blanks between them; "create|alter" is
 * one of these, "!mapping" another word or none.
 *
 * Whose rows are shared: PostgreSQL's shared catalogs. Those of pg_authid, pg_auth_members,
 * pg_tablespace, pg_parameter_acl, of a role in pg_db_role_setting, and pg_subscription, all of which
 * DROP locks, are the same for every database of a server; those of pg_database, and what hangs on
 * them, for every schema of a database. */
static const struct sentence {
    const char *head;
    const char *tail;    /* NULL: none */
    const char *without; /* no such word between head and tail; NULL: any */
    enum sharing with;
    bool is_enum_value;
} sentences[] = {
    {"alter type", "add value", NULL, SHARING_NONE, true},
    {"create|alter|drop role|user|group !mapping", NULL, NULL, SHARING_SERVER, false},
    {"grant", "to", "on", SHARING_SERVER, false},
    {"revoke", "from", "on", SHARING_SERVER, false},
    {"grant|revoke", "on tablespace|parameter", NULL, SHARING_SERVER, false},
    {"drop|reassign owned", NULL, NULL, SHARING_SERVER, false},
    {"comment on role|tablespace|subscription", NULL, NULL, SHARING_SERVER, false},
    {"security label", "on role|tablespace|subscription", NULL, SHARING_SERVER, false},
    {"create|alter|drop tablespace|subscription", NULL, NULL, SHARING_SERVER, false},
    {"create|drop database", NULL, NULL, SHARING_SERVER, false},
    {"alter database", NULL, NULL, SHARING_DATABASE, false},
    {"comment on database", NULL, NULL, SHARING_DATABASE, false},
    {"grant|revoke", "on database", NULL, SHARING_DATABASE, false},
    {"security label", "on database", NULL, SHARING_DATABASE, false},
};

/* The next word or semicolon; TOKEN_END after the last. Signs and comments are passed over, and
 * quotes like blanks, so that what is quoted is read as well. */
static struct token word_next(struct scanner *words)
{
    for (;;) {
        while (words->at < words->length && strchr("'\"$ \t\n\r", words->text[words->at]) != NULL) {
            words->at++;
        }
        struct token token = scanner_next(words);
        if (token.kind == TOKEN_STRING) { /* E'...' */
            words->at = token.start + 1;
        } else if (token.kind == TOKEN_WORD || token.kind == TOKEN_SEMICOLON ||
                   token.kind == TOKEN_END) {
            return token;
        }
    }
}

/* Whether the token is one of the words in term[0, length). */
static bool is_one_of(const char *text, struct token token, const char *term, size_t length)
{
    for (size_t at = 0; at < length;) {
        char word[16] = "";
        size_t end = at;
        while (end < length && term[end] != '|') {
            end++;
        }
        memcpy(word, term + at, end - at < sizeof word ? end - at : sizeof word - 1);
        if (token_is_word(text, token, word)) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

/* Whether the text goes on with these terms; *words is then behind them. */
static bool goes_on(struct scanner *words, const char *terms)
{
    struct scanner ahead = *words;
    while (*terms != '\0') {
        size_t length = strcspn(terms, " ");
        bool other = terms[0] == '!';
        struct token token = word_next(&ahead);
        if (is_one_of(ahead.text, token, terms + other, length - other) == other) {
            return false;
        }
        terms += length + (terms[length] == ' ');
    }
    *words = ahead;
    return true;
}

/* Between head and tail, so that a long block is read in a time that grows with its length. */
enum { WORDS_BETWEEN_MAX = 500 };

static bool says(struct scanner words, const struct sentence *sentence)
{
    if (!goes_on(&words, sentence->head)) {
        return false;
    }
    for (size_t i = 0; sentence->tail != NULL && !goes_on(&words, sentence->tail); i++) {
        struct token token = word_next(&words);
        if (token.kind != TOKEN_WORD || i == WORDS_BETWEEN_MAX ||
            (sentence->without != NULL && token_is_word(words.text, token, sentence->without))) {
            return false;
        }
    }
    return true;
}

static void sentences_find(struct scanner words, struct script *script)
{
    struct scanner ahead = words;
    const struct token first = word_next(&ahead);
    for (size_t i = 0; i < LENGTH(sentences); i++) {
        const struct sentence *sentence = &sentences[i];
        /* The first word is read once for all: most statements are told by it. */
        if (!is_one_of(words.text, first, sentence->head, strcspn(sentence->head, " ")) ||
            !says(words, sentence)) {
            continue;
        }
        script->adds_enum_value = script->adds_enum_value || sentence->is_enum_value;
        if (sentence->with > script->sharing) {
            script->sharing = sentence->with;
        }
    }
}

void effect_add(const struct statement *statement, struct script *script)
{
    struct scanner words = scanner_of(statement->sql, statement->length);
    sentences_find(words, script);
    if (!token_is_word(words.text, word_next(&words), "do")) {
        return;
    }
    do {
        sentences_find(words, script);
    } while (word_next(&words).kind != TOKEN_END);
}
