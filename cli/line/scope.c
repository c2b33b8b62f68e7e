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

int scope_of_fleet(struct invocation *invocation, const char **scope, struct error *error)
{
    static const char *const later[] = {"wave", "state", "cause", "sqlstate", "revision"};
    const struct texts none = {0};
    const struct selector *selector;
    if (scope_make(invocation, none, scope, error) != 0 ||
        selector_parse(&invocation->arena, *scope, &selector, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < selector_key_count(selector); i++) {
        for (size_t k = 0; k < LENGTH(later); k++) {
            if (strcmp(selector_key(selector, i), later[k]) == 0) {
                (void)error_set(error, ERROR_USAGE,
                                "--where: no target has a %s before a rollout begins", later[k]);
                return error_hint(error, "labels, target, server and schema are known");
            }
        }
    }
    return 0;
}
