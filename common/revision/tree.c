/* A cursor over JSON text; see the header. */
#include "common/revision/tree.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_string(const char *at)
{
    at++;
    while (*at != '\0' && *at != '"') {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        }
        at++;
    }
    return *at == '"' ? at + 1 : at;
}

/* libpg_query writes no blanks outside strings. */
static const char *skip_value(const char *at)
{
    size_t depth = 0;
    while (*at != '\0') {
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0) {
                return at;
            }
            depth--;
            at++;
        } else if (depth == 0 && (*at == ',' || *at == ':')) {
            return at;
        } else {
            at++;
            continue; /* inside a number, a literal, or a container */
        }
        if (depth == 0) {
            return at;
        }
    }
    return at;
}

const char *tree_member(const char *object, const char *key)
{
    if (object == NULL || *object != '{') {
        return NULL;
    }
    const char *at = object + 1;
    while (*at == '"') {
        const char *name = at;
        at = skip_string(at);
        bool found = tree_is(name, key);
        if (*at != ':') {
            return NULL;
        }
        at++;
        if (found) {
            return at;
        }
        at = skip_value(at);
        if (*at == ',') {
            at++;
        }
    }
    return NULL;
}

const char *tree_element(const char *array, size_t index)
{
    if (array == NULL || *array != '[' || array[1] == ']') {
        return NULL;
    }
    const char *at = array + 1;
    while (index > 0) {
        at = skip_value(at);
        if (*at != ',') {
            return NULL;
        }
        at++;
        index--;
    }
    return at;
}

size_t tree_length(const char *array)
{
    const char *at = tree_element(array, 0);
    size_t length = 0;
    while (at != NULL) {
        length++;
        at = skip_value(at);
        at = *at == ',' ? at + 1 : NULL;
    }
    return length;
}

bool tree_is_true(const char *value)
{
    return value != NULL && strncmp(value, "true", 4) == 0;
}

long tree_number(const char *value)
{
    return value != NULL ? strtol(value, NULL, 10) : 0;
}

bool tree_is(const char *value, const char *text)
{
    size_t length = strlen(text);
    return value != NULL && *value == '"' && strncmp(value + 1, text, length) == 0 &&
           value[1 + length] == '"';
}

static char unescape(const char **at)
{
    char c = **at;
    (*at)++;
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': {
        /* Only control characters are written this way. */
        char digits[5] = {0};
        for (size_t i = 0; i < 4 && **at != '\0'; i++) {
            digits[i] = **at;
            (*at)++;
        }
        return (char)strtol(digits, NULL, 16);
    }
    default: return c;
    }
}

char *tree_text(struct arena *arena, const char *value)
{
    if (value == NULL || *value != '"') {
        return arena_strdup(arena, "");
    }
    const char *end = skip_string(value);
    char *text = arena_alloc(arena, (size_t)(end - value) + 1);
    size_t length = 0;
    const char *at = value + 1;
    while (*at != '\0' && *at != '"') {
        char c = *at++;
        if (c == '\\' && *at != '\0') {
            c = unescape(&at);
        }
        text[length++] = c;
    }
    return text;
}

char *tree_node(struct arena *arena, const char *object, const char **value)
{
    *value = NULL;
    if (object == NULL || object[0] != '{' || object[1] != '"') {
        return NULL;
    }
    char *name = tree_text(arena, object + 1);
    *value = tree_member(object, name);
    return name;
}
