/* Selectors in drover.yaml: a mapping is written as the text it stands for, values in quotes, and
 * both go through the one parser. */
#include "common/config/select.h"

#include <string.h>

#include "common/base/buffer.h"
#include "common/base/selector.h"
#include "common/base/spelling.h"

static const char example[] = "{tier: internal, region: [us, eu], ring: \"!3\"} or "
                              "\"tier=internal,region in (us,eu),ring!=3\"";

/* Values of one entry of a mapping, as far as they are read. */
struct entry {
    const char *key;
    struct buffer values; /* "'a','b'" */
    size_t plain;         /* values without "!" */
    size_t negated;
};

static void fault_add(struct reader *reader, const struct option *option, const struct node *node,
                      const char *what)
{
    struct diagnostic *fault =
        reader_fault(reader, node, "%s: %s", reader_path(reader, option), what);
    reader_hint(reader, fault, "%s: %s", option->key, example);
}

/* Adds one value, in the quotes that it does not hold. */
static int value_add(struct reader *reader, const struct option *option, const struct node *node,
                     struct entry *entry)
{
    const struct option text_option = {option->section, option->key, TYPE_TEXT, 0, "", ""};
    const char *text = reader_text(reader, &text_option, node, NULL);
    if (text == NULL) {
        return -1;
    }
    bool negated = text[0] == '!';
    text += negated ? 1 : 0;
    if (text[0] == '\0') {
        fault_add(reader, option, node, "a value is empty");
        return -1;
    }
    entry->negated += negated ? 1 : 0;
    entry->plain += negated ? 0 : 1;
    const char *quote = strchr(text, '\'') != NULL ? "\"" : "'";
    buffer_printf(&entry->values, "%s%s%s%s", entry->values.length > 0 ? "," : "", quote, text,
                  quote);
    return 0;
}

static int values_add(struct reader *reader, const struct option *option, const struct node *node,
                      struct entry *entry)
{
    if (node->kind != NODE_LIST) {
        return value_add(reader, option, node, entry);
    }
    if (node->count == 0) {
        fault_add(reader, option, node, "the list is empty");
        return -1;
    }
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        if (value_add(reader, option, item, entry) != 0) {
            return -1;
        }
    }
    if (entry->plain > 0 && entry->negated > 0) {
        fault_add(reader, option, node, "values with and without ! in one list");
        return -1;
    }
    return 0;
}

/* Appends one requirement to `text` if it is good. */
static void requirement_add(struct reader *reader, const struct option *option,
                            const struct node *node, struct buffer *text)
{
    struct entry entry = {.key = node->key};
    struct buffer one = {0};
    struct error error = {0};
    const struct selector *selector = NULL;
    if (node->kind != NODE_NULL && values_add(reader, option, node, &entry) != 0) {
        goto done;
    }
    const char *values = buffer_text(&entry.values);
    if (node->kind == NODE_NULL || strcmp(values, "'*'") == 0) {
        buffer_printf(&one, "%s%s", entry.negated > 0 ? "!" : "", entry.key);
    } else {
        buffer_printf(&one, "%s %s (%s)", entry.key, entry.negated > 0 ? "notin" : "in", values);
    }
    /* A key that is none, or a value with both quotes or a control character. */
    if (selector_parse(&reader->scratch, buffer_text(&one), &selector, &error) != 0 ||
        selector_key_count(selector) != 1 || strcmp(selector_key(selector, 0), entry.key) != 0) {
        struct diagnostic *fault =
            reader_key_fault(reader, node, "%s: the entry %s cannot be a requirement on a label",
                             reader_path(reader, option), reader_shown(reader, node->key));
        reader_hint(reader, fault, "%s: %s", option->key, example);
        goto done;
    }
    buffer_printf(text, "%s%s", text->length > 0 ? "," : "", buffer_text(&one));
done:
    buffer_free(&entry.values);
    buffer_free(&one);
}

static void mapping_read(struct reader *reader, const struct option *option,
                         const struct node *node, struct buffer *text)
{
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (child->key[0] != '\0') { /* else refused by node.c */
            requirement_add(reader, option, child, text);
        }
    }
}

void select_read(struct reader *reader, const struct option *option, const struct node *node,
                 const char **member)
{
    struct buffer text = {0};
    struct buffer canonical = {0};
    struct error error = {0};
    const struct selector *selector = NULL;
    size_t before = reader->diagnostics->error_count;
    if (node->kind == NODE_MAPPING) {
        mapping_read(reader, option, node, &text);
    } else {
        const char *scalar = reader_text(reader, option, node, NULL);
        buffer_text_append(&text, scalar != NULL ? scalar : "");
    }
    if (reader->diagnostics->error_count > before) {
        goto done;
    }
    if (selector_parse(&reader->scratch, buffer_text(&text), &selector, &error) != 0) {
        struct diagnostic *fault = reader_fault(
            reader, node, "%s: %s is not a selector: %s", reader_path(reader, option),
            node->kind == NODE_SCALAR ? reader_shown(reader, node->text) : "this", error.message);
        reader_hint(reader, fault, "%s", error.hint);
        goto done;
    }
    selector_print(selector, &canonical);
    if (canonical.length == 0) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s is empty", reader_path(reader, option));
        reader_hint(reader, fault, "leave it out, or %s: {tier: internal}", option->key);
        goto done;
    }
    *member = arena_strdup(reader->arena, buffer_text(&canonical));
done:
    buffer_free(&text);
    buffer_free(&canonical);
}

/* Where the first target stands that has a label that `label` is likely a misspelling of, or NULL. Its text
 * may come from the environment and is therefore not shown. */
static const char *nearly_so(const struct config *config, const char *label)
{
    for (size_t i = 0; i < config->fleet.sources.count; i++) {
        const struct texts *labels = &config->fleet.sources.items[i].labels;
        for (size_t j = 0; j < labels->count; j++) {
            if (strcmp(labels->items[j], label) == 0) {
                return NULL;
            }
            if (spelling_close(labels->items[j], label)) {
                return config->fleet.sources.items[i].origin;
            }
        }
    }
    return NULL;
}

void select_check(struct reader *reader, const struct config *config, const struct node *node,
                  const char *select, const char *path)
{
    struct error error = {0};
    const struct selector *selector = NULL;
    const struct node *value = node_find(node, "select");
    if (value == NULL || select[0] == '\0' ||
        selector_parse(&reader->scratch, select, &selector, &error) != 0) {
        return; /* not given, or refused already */
    }
    for (size_t i = 0; i < config->fleet.sources.count; i++) {
        const struct source_definition *target = &config->fleet.sources.items[i];
        if (target->discovery.query[0] != '\0' ||
            selector_matches_labels(selector, target->labels)) {
            return;
        }
    }
    struct diagnostic *fault = reader_fault(reader, value, "%s: no target has such labels", path);
    struct texts labels = selector_labels(selector, &reader->scratch);
    for (size_t i = 0; i < labels.count; i++) {
        const char *origin = nearly_so(config, labels.items[i]);
        if (origin != NULL) {
            reader_hint(reader, fault, "the target at %s has a label spelt nearly so", origin);
        }
    }
}
