/* Likeness: one pass over the message; at each place the longest thing that is left out. */
#include "coordinator/shell/likeness.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/array.h"

enum mark { MARK_NAME = 1, MARK_NUMBER, MARK_VALUE };

enum { UUID_LENGTH = 36 };

static bool word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (word_character(at[length])) {
        length++;
    }
    return length;
}

/* The length of the name that stands at `at` as a whole word, or 0. */
static size_t name_length(const char *at, struct texts names)
{
    size_t longest = 0;
    for (size_t i = 0; i < names.count; i++) {
        size_t length = strlen(names.items[i]);
        if (length > longest && strncmp(at, names.items[i], length) == 0 &&
            !word_character(at[length])) {
            longest = length;
        }
    }
    return longest;
}

static size_t uuid_length(const char *at)
{
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? at[i] != '-' : !isxdigit((unsigned char)at[i])) {
            return 0;
        }
    }
    return word_character(at[UUID_LENGTH]) ? 0 : UUID_LENGTH;
}

/* Of a word of hexadecimal digits, at least one of them decimal; or 0. */
static size_t hex_length(const char *at)
{
    size_t length = word_length(at);
    bool digit = false;
    for (size_t i = 0; i < length; i++) {
        if (!isxdigit((unsigned char)at[i])) {
            return 0;
        }
        digit = digit || isdigit((unsigned char)at[i]);
    }
    return digit ? length : 0;
}

/* Of a text in quotes that ends on this line, the quotes included; or 0. */
static size_t quoted_length(const char *at)
{
    const char *end = at + 1;
    while (*end != '\0' && *end != '\n' && *end != at[0]) {
        end++;
    }
    return *end == at[0] && !word_character(end[1]) ? (size_t)(end + 1 - at) : 0;
}

/* Whether the text in double quotes at `at` is a value: it follows a colon, an equals sign, or one
 * of the words that PostgreSQL puts before values. */
static bool is_value(const char *message, const char *at)
{
    static const char *const before[] = {"value", "near", "string", "input"};
    while (at > message && at[-1] == ' ') {
        at--;
    }
    if (at == message) {
        return false;
    }
    if (at[-1] == ':' || at[-1] == '=') {
        return true;
    }
    const char *begin = at;
    while (begin > message && word_character(begin[-1])) {
        begin--;
    }
    for (size_t i = 0; i < LENGTH(before); i++) {
        if (strlen(before[i]) == (size_t)(at - begin) &&
            strncmp(begin, before[i], (size_t)(at - begin)) == 0) {
            return true;
        }
    }
    return false;
}

/* What is left out at `at`: its length, or 0. */
static size_t leave_out(const char *message, const char *at, struct texts names, enum mark *mark)
{
    bool begins_word = at == message || !word_character(at[-1]);
    size_t length = begins_word ? name_length(at, names) : 0;
    *mark = MARK_NAME;
    if (length == 0 && begins_word && (*at == '\'' || (*at == '"' && is_value(message, at)))) {
        length = quoted_length(at);
        *mark = MARK_VALUE;
    }
    if (length == 0) {
        *mark = MARK_NUMBER;
        length = begins_word ? uuid_length(at) : 0;
        length = length == 0 && begins_word ? hex_length(at) : length;
        length = length == 0 ? strspn(at, "0123456789") : length;
    }
    return length;
}

void likeness_append(const char *message, struct texts names, struct buffer *out)
{
    for (const char *at = message; *at != '\0';) {
        enum mark mark;
        size_t length = leave_out(message, at, names, &mark);
        if (length > 0) {
            char byte = (char)mark;
            buffer_append(out, &byte, 1);
            at += length;
        } else {
            buffer_append(out, at++, 1);
        }
    }
}
