/* Tokens, and a reader of terms (place.h). */
#include "common/revision/place.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"

struct place place_of(const char *sql, size_t length, size_t offset)
{
    struct place place = {.text = sql};
    struct scanner scanner = scanner_of(sql, length);
    size_t capacity = 0;
    struct token token = scanner_next_code(&scanner);
    for (; token.kind != TOKEN_END; token = scanner_next_code(&scanner)) {
        place.tokens = array_room(place.tokens, place.count, &capacity, sizeof *place.tokens);
        place.tokens[place.count++] = token;
        place.at += token.end <= offset;
    }
    return place;
}

void place_free(struct place *place)
{
    free(place->tokens);
    place->tokens = NULL;
}

/* ---- terms ---- */

static bool token_is(const struct place *place, size_t index, const char *term, size_t length)
{
    if (index >= place->count) {
        return length == 1 && term[0] == '$';
    }
    const struct token *token = &place->tokens[index];
    bool is_string = token->kind == TOKEN_STRING || token->kind == TOKEN_IDENTIFIER;
    bool same = !is_string && token->end - token->start == length;
    for (size_t i = 0; same && i < length; i++) {
        same = letter_lower(place->text[token->start + i]) == term[i];
    }
    return same || (length == 1 && term[0] == '*');
}

/* Whether the token is one of "a|b"; true for no terms at all. */
static bool token_is_of(const struct place *place, size_t index, const char *terms, size_t length)
{
    for (size_t start = 0; start < length;) {
        size_t end = start;
        while (end < length && terms[end] != '|') {
            end++;
        }
        if (token_is(place, index, terms + start, end - start)) {
            return true;
        }
        start = end + 1;
    }
    return length == 0;
}

static bool is_sign(const struct place *place, size_t index, char sign)
{
    return place->text[place->tokens[index].start] == sign &&
           (place->tokens[index].kind == TOKEN_OPEN || place->tokens[index].kind == TOKEN_CLOSE);
}

/* The index of the parenthesis that opens what is open before the token; false if none is. */
static bool opening_before(const struct place *place, size_t index, size_t *opening)
{
    size_t closed = 0;
    while (index-- > 0) {
        if (is_sign(place, index, ')')) {
            closed++;
        } else if (is_sign(place, index, '(') && closed-- == 0) {
            *opening = index;
            return true;
        }
    }
    return false;
}

bool place_follows(const struct place *place, const char *terms)
{
    size_t index = place->at;
    for (size_t end = strlen(terms); end > 0;) {
        size_t start = end;
        while (start > 0 && terms[start - 1] != ' ') {
            start--;
        }
        if (strncmp(terms + start, "^", end - start) == 0) {
            return index == 0;
        }
        if (index-- == 0) {
            return false;
        }
        bool is_group = strncmp(terms + start, "()", end - start) == 0;
        if (is_group ? !is_sign(place, index, ')') || !opening_before(place, index, &index)
                     : !token_is_of(place, index, terms + start, end - start)) {
            return false;
        }
        end = start - (start > 0);
    }
    return true;
}

bool place_begins(const struct place *place, const char *terms)
{
    for (size_t index = 0; *terms != '\0'; index++) {
        size_t length = strcspn(terms, " ");
        if (!token_is_of(place, index, terms, length)) {
            return false;
        }
        terms += length + (terms[length] == ' ');
    }
    return true;
}

bool place_within(const struct place *place, const char *terms)
{
    size_t opening = 0;
    return opening_before(place, place->at, &opening) && opening > 0 &&
           token_is_of(place, opening - 1, terms, strlen(terms));
}

bool place_holds(const struct place *place, const char *terms)
{
    for (size_t index = 0; index < place->at; index++) {
        if (token_is_of(place, index, terms, strlen(terms))) {
            return true;
        }
    }
    return false;
}

bool place_is(const struct place *place, size_t ahead, const char *term)
{
    return term == NULL || token_is_of(place, place->at + ahead, term, strlen(term));
}
