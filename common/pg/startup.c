/* What a URL's options ask of a session when it begins (connection.h), as the server reads them. */
#include <string.h>

#include "common/pg/machine.h"

static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\n\v\f\r", c) != NULL;
}

/* The next word, from *at on; a backslash keeps what is behind it together. NULL at the end. */
static const char *word_next(const char **at, struct arena *arena)
{
    struct buffer word = {0};
    const char *from = *at;
    while (is_blank(*from)) {
        from++;
    }
    bool there = *from != '\0';
    for (; *from != '\0' && !is_blank(*from); from++) {
        from += *from == '\\' && from[1] != '\0';
        buffer_append(&word, from, 1);
    }
    *at = from;
    const char *copy = there ? arena_strdup(arena, buffer_text(&word)) : NULL;
    buffer_free(&word);
    return copy;
}

/* The value of "name=value", where the name may have dashes for its underlines. */
static const char *value_of(const char *assignment, const char *name)
{
    for (; *name != '\0'; name++, assignment++) {
        if (*assignment != *name && !(*assignment == '-' && *name == '_')) {
            return NULL;
        }
    }
    return *assignment == '=' ? assignment + 1 : NULL;
}

const char *connection_asks_for(const struct connection *connection, const char *name,
                                struct arena *arena)
{
    const char *options = NULL;
    const char *value = NULL;
    const PQconninfoOption *parameter = connection->parameters;
    for (; parameter != NULL && parameter->keyword != NULL; parameter++) {
        options = strcmp(parameter->keyword, "options") == 0 ? parameter->val : options;
    }
    for (const char *word = options; word != NULL;) {
        word = word_next(&options, arena);
        const char *assignment = NULL;
        if (word != NULL && strcmp(word, "-c") == 0) {
            assignment = word_next(&options, arena);
        } else if (word != NULL && word[0] == '-' && (word[1] == 'c' || word[1] == '-')) {
            assignment = word + 2;
        }
        const char *given = assignment != NULL ? value_of(assignment, name) : NULL;
        value = given != NULL ? given : value;
    }
    return value;
}
