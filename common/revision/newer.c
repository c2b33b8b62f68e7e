/* A table, read at the place where the parser stops (newer.h). */
#include "common/revision/newer.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/place.h"

struct rule {
    unsigned version; /* the first that knows it */
    const char *head;
    const char *after;
    const char *at;
    const char *then;
    const char *within;
    const char *holds;
};

static const struct rule rules[] = {
#define NEWER(since, example, ...) {.version = (since), __VA_ARGS__},
#include "common/revision/newer.def"
#undef NEWER
};

static bool rule_fits(const struct rule *rule, const struct place *place)
{
    return place_is(place, 0, rule->at) && place_is(place, 1, rule->then) &&
           (rule->head == NULL || place_begins(place, rule->head)) &&
           (rule->after == NULL || place_follows(place, rule->after)) &&
           (rule->within == NULL || place_within(place, rule->within)) &&
           (rule->holds == NULL || place_holds(place, rule->holds));
}

/* ---- what no word tells ---- */

/* 0x1F, 0o17, 0b11, 1_000 and so on, of PostgreSQL 16. */
static bool is_newer_number(const struct place *place)
{
    if (place->at >= place->count) {
        return false;
    }
    const char *digits = "0123456789";
    const char *text = place->text + place->tokens[place->at].start;
    size_t length = place->tokens[place->at].end - place->tokens[place->at].start;
    if (text[0] == '.' && place->at + 1 < place->count) {
        text++;
        length = place->tokens[place->at + 1].end - place->tokens[place->at + 1].start;
    }
    bool radix = length > 2 && text[0] == '0' && strchr("xob", letter_lower(text[1])) != NULL;
    if (radix) {
        const char kind = letter_lower(text[1]);
        digits = kind == 'x' ? "0123456789abcdef" : kind == 'o' ? "01234567" : "01";
    }
    bool after_digit = radix;
    for (size_t i = radix ? 2 : 0; i < length; i++) {
        bool digit = strchr(digits, letter_lower(text[i])) != NULL;
        if (!digit && !(text[i] == '_' && after_digit)) {
            return false;
        }
        after_digit = digit;
    }
    return after_digit && (radix || memchr(text, '_', length) != NULL);
}

/* A string goes on behind a comment line, which the built-in parser does not know: E'...' is one
 * token of the scanner, others are two. */
static bool is_going_on(const struct place *place, size_t offset)
{
    if (place->at >= place->count || place->tokens[place->at].kind != TOKEN_STRING ||
        place->text[offset] != '\'') {
        return false;
    }
    const struct token *here = &place->tokens[place->at];
    bool inside = here->start < offset;
    bool after = place->at > 0 && place->tokens[place->at - 1].kind == TOKEN_STRING;
    size_t from = inside ? here->start : after ? place->tokens[place->at - 1].end : offset;
    const char *comment = NULL;
    for (size_t at = from; at + 1 < offset; at++) {
        bool begins = place->text[at] == '-' && place->text[at + 1] == '-';
        comment = comment == NULL && begins ? place->text + at : comment;
    }
    return comment != NULL &&
           memchr(comment, '\n', (size_t)(place->text + offset - comment)) != NULL;
}

bool newer_knows(const char *sql, size_t length, size_t offset)
{
    struct place place = place_of(sql, length, offset);
    bool newer = is_newer_number(&place) || is_going_on(&place, offset);
    for (size_t i = 0; !newer && i < LENGTH(rules); i++) {
        newer = rule_fits(&rules[i], &place);
    }
    place_free(&place);
    return newer;
}
