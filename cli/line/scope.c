/* A scope: each part is checked by itself, so that a fault names the option it came with. */
#include "cli/line/scope.h"

#include <ctype.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/selector.h"

const char *scope_value(struct arena *arena, const char *text)
{
    bool plain = text[0] != '\0';
    for (const char *c = text; *c != '\0'; c++) {
        plain = plain && (isalnum((unsigned char)*c) || strchr("_.:/@%*+-", *c) != NULL);
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return NULL;
        }
    }
    if (plain) {
        return text;
    }
    char quote = strchr(text, '\'') == NULL ? '\'' : '"';
    return strchr(text, quote) != NULL ? NULL : arena_printf(arena, "%c%s%c", quote, text, quote);
}

/* Appends "word in (a,b)" or "word=a" for values as somebody typed them. */
static int values_append(struct arena *arena, const char *word, struct texts values,
                         struct buffer *out, struct error *error)
{
    if (values.count == 0) {
        return 0;
    }
    buffer_printf(out, "%s%s%s", out->length > 0 ? "," : "", word,
                  values.count == 1 ? "=" : " in (");
    for (size_t i = 0; i < values.count; i++) {
        const char *value = scope_value(arena, values.items[i]);
        if (value == NULL || values.items[i][0] == '\0') {
            return error_set(error, ERROR_USAGE, "\"%s\" cannot be the name of a %s",
                             values.items[i], word);
        }
        buffer_printf(out, "%s%s", i > 0 ? "," : "", value);
    }
    buffer_text_append(out, values.count == 1 ? "" : ")");
    return 0;
}

static int where_append(struct arena *arena, struct texts wheres, struct buffer *out,
                        struct error *error)
{
    for (size_t i = 0; i < wheres.count; i++) {
        const struct selector *selector;
        if (selector_parse(arena, wheres.items[i], &selector, error) != 0) {
            return error_wrap(error, "--where");
        }
        if (strspn(wheres.items[i], " \t") < strlen(wheres.items[i])) {
            buffer_printf(out, "%s%s", out->length > 0 ? "," : "", wheres.items[i]);
        }
    }
    return 0;
}

int scope_make(struct invocation *invocation, struct texts names, const char **scope,
               struct error *error)
{
    const struct texts *values = invocation->arguments.values;
    struct arena *arena = &invocation->arena;
    struct buffer text = {0};
    int result = where_append(arena, values[OPTION_WHERE], &text, error);
    const struct {
        const char *word;
        struct texts values;
    } shorthands[] = {{"wave", values[OPTION_WAVE]},
                      {"server", values[OPTION_SERVER]},
                      {"target", values[OPTION_TARGET]},
                      {"target", names}};
    for (size_t i = 0; i < LENGTH(shorthands) && result == 0; i++) {
        result = values_append(arena, shorthands[i].word, shorthands[i].values, &text, error);
    }
    *scope = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return result;
}
