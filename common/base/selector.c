/* Selectors: a parser that goes once through the text, and one sorted list of requirements. */
#include "common/base/selector.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/impossible.h"

/* In the order in which requirements with the same key are printed.
 * `=` and `!=` are sets of one. */
enum operation { OPERATION_IN, OPERATION_NOT_IN, OPERATION_EXISTS, OPERATION_ABSENT };

struct requirement {
    const char *key;
    enum operation operation;
    struct texts values; /* sorted, each once; none for EXISTS and ABSENT */
};

struct selector {
    const struct requirement *requirements; /* sorted by compare_requirements, each once */
    size_t count;
    const char **keys; /* sorted, each once */
    size_t key_count;
};

struct parser {
    struct arena *arena;
    const char *text;
    const char *at;
    struct error *error;
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_key(char c)
{
    return is_word(c) || (c != '\0' && strchr(".-/", c) != NULL);
}

static bool is_plain(char c)
{
    return is_word(c) || (c != '\0' && strchr(".:/@%*+-", c) != NULL);
}

static int refuse(const struct parser *parser, const char *at, const char *what)
{
    (void)error_set(parser->error, ERROR_USAGE, "column %zu: %s", (size_t)(at - parser->text) + 1,
                    what);
    return error_hint(parser->error,
                      "for example: tier=internal,region in (us,eu),ring!=3,beta,!legacy");
}

static void skip_spaces(struct parser *parser)
{
    parser->at += strspn(parser->at, " \t");
}

/* Skips spaces, then takes `mark` if it is next. */
static bool take(struct parser *parser, const char *mark)
{
    skip_spaces(parser);
    size_t length = strlen(mark);
    if (strncmp(parser->at, mark, length) != 0) {
        return false;
    }
    parser->at += length;
    return true;
}

/* Like take, for a word that must not go on. */
static bool take_word(struct parser *parser, const char *word)
{
    skip_spaces(parser);
    size_t length = strlen(word);
    if (strncmp(parser->at, word, length) != 0 || is_plain(parser->at[length])) {
        return false;
    }
    parser->at += length;
    return true;
}

static int parse_key(struct parser *parser, const char **key)
{
    skip_spaces(parser);
    const char *begin = parser->at;
    if (!is_word(*begin)) {
        return refuse(parser, begin, "the key of a label is expected");
    }
    while (is_key(*parser->at)) {
        parser->at++;
    }
    *key = arena_strndup(parser->arena, begin, (size_t)(parser->at - begin));
    return 0;
}

static int parse_quoted(struct parser *parser, const char **value)
{
    char quote = *parser->at;
    const char *begin = parser->at + 1;
    const char *end = begin;
    while (*end != quote) {
        if (*end == '\0') {
            return refuse(parser, parser->at, "the quoted value does not end");
        }
        if ((unsigned char)*end < 0x20 || *end == 0x7f) {
            return refuse(parser, end, "a control character");
        }
        end++;
    }
    *value = arena_strndup(parser->arena, begin, (size_t)(end - begin));
    parser->at = end + 1;
    return 0;
}

static int parse_value(struct parser *parser, const char **value)
{
    skip_spaces(parser);
    const char *begin = parser->at;
    if (*begin == '\'' || *begin == '"') {
        return parse_quoted(parser, value);
    }
    while (is_plain(*parser->at)) {
        parser->at++;
    }
    if (strchr(" \t,()", *parser->at) == NULL) { /* which finds the end too */
        return refuse(parser, parser->at, "a value with this character is written in quotes");
    }
    if (parser->at == begin) {
        return refuse(parser, begin, "a value is expected (the empty one is '')");
    }
    *value = arena_strndup(parser->arena, begin, (size_t)(parser->at - begin));
    return 0;
}

/* Sorts and drops what stands there twice; returns what is left. */
static size_t distinct_texts(const char **items, size_t count)
{
    size_t kept = 0;
    texts_sort(items, count);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(items[kept - 1], items[i]) != 0) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

/* "(a,b)" into one text for each value. */
static int parse_set(struct parser *parser, struct texts *values)
{
    if (!take(parser, "(")) {
        return refuse(parser, parser->at, "values in parentheses are expected");
    }
    size_t count = 0;
    size_t room = 4;
    const char **items = arena_array(parser->arena, room, sizeof *items);
    do {
        if (count == room) {
            const char **more = arena_array(parser->arena, room * 2, sizeof *more);
            memcpy(more, items, count * sizeof *items);
            items = more;
            room *= 2;
        }
        if (parse_value(parser, &items[count]) != 0) {
            return -1;
        }
        count++;
    } while (take(parser, ","));
    if (!take(parser, ")")) {
        return refuse(parser, parser->at, "a comma or a closing parenthesis is expected");
    }
    *values = (struct texts){.items = items, .count = distinct_texts(items, count)};
    return 0;
}

static int parse_one(struct parser *parser, struct texts *values)
{
    const char **items = arena_array(parser->arena, 1, sizeof *items);
    *values = (struct texts){.items = items, .count = 1};
    return parse_value(parser, &items[0]);
}

static int parse_requirement(struct parser *parser, struct requirement *requirement)
{
    bool absent = take(parser, "!");
    if (parse_key(parser, &requirement->key) != 0) {
        return -1;
    }
    requirement->operation = absent ? OPERATION_ABSENT : OPERATION_EXISTS;
    skip_spaces(parser);
    if (absent || *parser->at == '\0' || *parser->at == ',') {
        return 0;
    }
    requirement->operation = OPERATION_NOT_IN;
    if (take(parser, "!=")) {
        return parse_one(parser, &requirement->values);
    }
    if (take_word(parser, "notin")) {
        return parse_set(parser, &requirement->values);
    }
    requirement->operation = OPERATION_IN;
    if (take_word(parser, "in")) {
        return parse_set(parser, &requirement->values);
    }
    if (take(parser, "==") || take(parser, "=")) {
        return parse_one(parser, &requirement->values);
    }
    return refuse(parser, parser->at, "=, !=, in, notin, a comma or the end is expected");
}

static int compare_requirements(const void *a, const void *b)
{
    const struct requirement *left = a;
    const struct requirement *right = b;
    int order = strcmp(left->key, right->key);
    if (order != 0) {
        return order;
    }
    if (left->operation != right->operation) {
        return left->operation < right->operation ? -1 : 1;
    }
    for (size_t i = 0; i < left->values.count && i < right->values.count; i++) {
        order = strcmp(left->values.items[i], right->values.items[i]);
        if (order != 0) {
            return order;
        }
    }
    return (left->values.count > right->values.count) - (left->values.count < right->values.count);
}

/* Puts the requirements in order and lists the keys. */
static const struct selector *selector_make(struct arena *arena, struct requirement *requirements,
                                            size_t count)
{
    struct selector *selector = arena_alloc(arena, sizeof *selector);
    selector->keys = arena_array(arena, count, sizeof *selector->keys);
    if (count > 1) {
        qsort(requirements, count, sizeof *requirements, compare_requirements);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 &&
            compare_requirements(&requirements[selector->count - 1], &requirements[i]) == 0) {
            continue;
        }
        if (i == 0 || strcmp(requirements[selector->count - 1].key, requirements[i].key) != 0) {
            selector->keys[selector->key_count++] = requirements[i].key;
        }
        requirements[selector->count++] = requirements[i];
    }
    selector->requirements = requirements;
    return selector;
}

int selector_parse(struct arena *arena, const char *text, const struct selector **out,
                   struct error *error)
{
    struct parser parser = {.arena = arena, .text = text, .at = text, .error = error};
    size_t room = 1;
    for (const char *c = text; *c != '\0'; c++) {
        room += *c == ',' ? 1 : 0;
    }
    struct requirement *requirements = arena_array(arena, room, sizeof *requirements);
    size_t count = 0;
    skip_spaces(&parser);
    bool more = *parser.at != '\0';
    while (more) {
        if (parse_requirement(&parser, &requirements[count]) != 0) {
            return -1;
        }
        count++;
        more = take(&parser, ",");
        if (!more && *parser.at != '\0') {
            return refuse(&parser, parser.at, "a comma or the end is expected");
        }
    }
    *out = selector_make(arena, requirements, count);
    return 0;
}

/* Whether `text` is `pattern`, in which `*` stands for any text. Only the last `*` ever needs to be
 * tried again, so the work is bounded by the product of the lengths. */
static bool value_matches(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *resume = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool is_one_of(const char *value, const struct texts *values)
{
    for (size_t i = 0; i < values->count; i++) {
        if (value_matches(values->items[i], value)) {
            return true;
        }
    }
    return false;
}

static bool requirement_holds(const struct requirement *requirement, const char *value)
{
    switch (requirement->operation) {
    case OPERATION_IN: return value != NULL && is_one_of(value, &requirement->values);
    case OPERATION_NOT_IN: return value == NULL || !is_one_of(value, &requirement->values);
    case OPERATION_EXISTS: return value != NULL;
    case OPERATION_ABSENT: return value == NULL;
    }
    IMPOSSIBLE("a requirement of operation %d", (int)requirement->operation);
}

bool selector_matches(const struct selector *selector,
                      const char *(*value_of)(const void *context, const char *key),
                      const void *context)
{
    for (size_t i = 0; i < selector->count; i++) {
        const struct requirement *requirement = &selector->requirements[i];
        if (!requirement_holds(requirement, value_of(context, requirement->key))) {
            return false;
        }
    }
    return true;
}

static const char *label_value(const void *context, const char *key)
{
    const struct texts *labels = context;
    size_t length = strlen(key);
    for (size_t i = 0; i < labels->count; i++) {
        const char *label = labels->items[i];
        if (strncmp(label, key, length) == 0 && label[length] == '=') {
            return label + length + 1;
        }
    }
    return NULL;
}

bool selector_matches_labels(const struct selector *selector, struct texts labels)
{
    return selector_matches(selector, label_value, &labels);
}

static void print_value(const char *value, struct buffer *out)
{
    bool plain = value[0] != '\0';
    for (const char *c = value; *c != '\0'; c++) {
        plain = plain && is_plain(*c);
    }
    /* What was parsed holds at most one of the two quotes. */
    const char *quote = plain ? "" : strchr(value, '\'') != NULL ? "\"" : "'";
    buffer_printf(out, "%s%s%s", quote, value, quote);
}

static void print_values(const struct requirement *requirement, struct buffer *out)
{
    bool in = requirement->operation == OPERATION_IN;
    if (requirement->values.count == 1) {
        buffer_text_append(out, in ? "=" : "!=");
        print_value(requirement->values.items[0], out);
        return;
    }
    buffer_text_append(out, in ? " in (" : " notin (");
    for (size_t i = 0; i < requirement->values.count; i++) {
        buffer_text_append(out, i > 0 ? "," : "");
        print_value(requirement->values.items[i], out);
    }
    buffer_text_append(out, ")");
}

void selector_print(const struct selector *selector, struct buffer *out)
{
    for (size_t i = 0; i < selector->count; i++) {
        const struct requirement *requirement = &selector->requirements[i];
        buffer_printf(out, "%s%s%s", i > 0 ? "," : "",
                      requirement->operation == OPERATION_ABSENT ? "!" : "", requirement->key);
        if (requirement->values.count > 0) {
            print_values(requirement, out);
        }
    }
}

struct texts selector_labels(const struct selector *selector, struct arena *arena)
{
    size_t room = 0;
    for (size_t i = 0; i < selector->count; i++) {
        room += selector->requirements[i].values.count;
    }
    const char **labels = arena_array(arena, room, sizeof *labels);
    size_t count = 0;
    for (size_t i = 0; i < selector->count; i++) {
        const struct requirement *requirement = &selector->requirements[i];
        for (size_t k = 0; k < requirement->values.count; k++) {
            const char *value = requirement->values.items[k];
            if (requirement->operation == OPERATION_IN && strchr(value, '*') == NULL) {
                labels[count++] = arena_printf(arena, "%s=%s", requirement->key, value);
            }
        }
    }
    return (struct texts){.items = labels, .count = count};
}

size_t selector_key_count(const struct selector *selector)
{
    return selector->key_count;
}

const char *selector_key(const struct selector *selector, size_t i)
{
    return selector->keys[i];
}

bool selector_compares(const struct selector *selector, const char *key,
                       bool (*is)(const char *value))
{
    for (size_t i = 0; i < selector->count; i++) {
        const struct requirement *requirement = &selector->requirements[i];
        for (size_t j = 0; strcmp(requirement->key, key) == 0 && j < requirement->values.count;
             j++) {
            if (is(requirement->values.items[j])) {
                return true;
            }
        }
    }
    return false;
}
