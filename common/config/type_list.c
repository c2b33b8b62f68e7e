/* Types whose values are lists and mappings (type_list.h). */
#include "common/config/type_list.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/type.h"
#include "common/config/value.h"

/* By key: the part before '='. */
static int compare_labels(const void *a, const void *b)
{
    const char *left = *(const char *const *)a;
    const char *right = *(const char *const *)b;
    while (*left == *right && *left != '=' && *left != '\0') {
        left++;
        right++;
    }
    int l = *left == '=' ? 0 : (unsigned char)*left;
    int r = *right == '=' ? 0 : (unsigned char)*right;
    return l - r;
}

static const char *read_label(struct reader *reader, const struct option *option,
                              const struct node *node)
{
    const char *path = reader_path(reader, option);
    const char *hint = "letters, digits and _ . - /, a letter or digit first, at most 63";
    if (!value_is_label(node->key)) {
        struct diagnostic *fault =
            reader_key_fault(reader, node, "%s: %s cannot be the key of a label", path,
                             reader_shown(reader, node->key));
        reader_hint(reader, fault, "%s", hint);
        return NULL;
    }
    if (node->kind == NODE_NULL) {
        struct diagnostic *fault =
            reader_key_fault(reader, node, "%s: label '%s' has no value", path, node->key);
        reader_hint(reader, fault, "%s: VALUE", node->key);
        return NULL;
    }
    const struct option text_option = {option->section, option->key, TYPE_TEXT, 0, "", ""};
    const char *value = reader_text(reader, &text_option, node, NULL);
    if (value != NULL && !value_is_label(value)) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: %s cannot be the value of a label", path,
                         reader_shown(reader, node->text));
        reader_hint(reader, fault, "%s", hint);
        return NULL;
    }
    return value != NULL ? arena_printf(reader->arena, "%s=%s", node->key, value) : NULL;
}

static bool check_mapping(struct reader *reader, const struct option *option,
                          const struct node *node)
{
    if (node->kind != NODE_MAPPING) {
        struct diagnostic *fault = reader_fault(reader, node, "%s: expected a mapping, found %s",
                                                reader_path(reader, option), node_kind_text(node));
        reader_hint(reader, fault, "%s: %s", option->key, type_example(option));
    }
    return node->kind == NODE_MAPPING;
}

void read_LABELS(struct reader *reader, const struct option *option, const struct node *node,
                 void *member)
{
    if (!check_mapping(reader, option, node)) {
        return;
    }
    if (node->count == 0) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s is empty", reader_path(reader, option));
        reader_hint(reader, fault, "leave it out, or %s: %s", option->key, type_example(option));
        return;
    }
    const char **items = arena_array(reader->arena, node->count, sizeof(char *));
    size_t count = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        bool refused = child->key[0] == '\0'; /* by node.c */
        const char *label = refused ? NULL : read_label(reader, option, child);
        if (label != NULL) {
            items[count++] = label;
        }
    }
    if (count > 0) {
        qsort(items, count, sizeof(char *), compare_labels);
    }
    *(struct texts *)member = (struct texts){.items = items, .count = count};
}

void read_ARGUMENTS(struct reader *reader, const struct option *option, const struct node *node,
                    void *member)
{
    if (!check_mapping(reader, option, node)) {
        return;
    }
    const struct option text_option = {option->section, option->key, TYPE_TEXT, 0, "", ""};
    const char **items = arena_array(reader->arena, node->count, sizeof(char *));
    size_t count = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        bool empty = child->kind == NODE_NULL;
        const char *text = empty ? "" : reader_text(reader, &text_option, child, NULL);
        if (text != NULL && child->key[0] != '\0') {
            items[count++] = arena_printf(reader->arena, "%s=%s", child->key, text);
        }
    }
    *(struct texts *)member = (struct texts){.items = items, .count = count};
}

/* ---- lists ---- */

/* Reads one item; returns its text, or NULL after a diagnostic. */
typedef const char *item_reader(struct reader *reader, const struct option *option,
                                const struct node *node, void *context);

static void items_read(struct reader *reader, const struct option *option, const struct node *node,
                       item_reader *read, void *context, struct texts *texts)
{
    if (node->kind != NODE_LIST) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: expected a %s, found %s", reader_path(reader, option),
                         option_type_description(option->type), node_kind_text(node));
        reader_hint(reader, fault, "%s: %s", option->key, type_example(option));
        return;
    }
    const char **items = arena_array(reader->arena, node->count, sizeof(char *));
    size_t count = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        const char *text = read(reader, option, child, context);
        if (text != NULL) {
            items[count++] = text;
        }
    }
    *texts = (struct texts){.items = items, .count = count};
}

static const char *text_item(struct reader *reader, const struct option *option,
                             const struct node *node, void *context)
{
    (void)context;
    const struct option text_option = {option->section, option->key, TYPE_TEXT, 0, "", ""};
    if (node->kind == NODE_NULL || (node->kind == NODE_SCALAR && node->text[0] == '\0')) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: an empty item", reader_path(reader, option));
        reader_hint(reader, fault, "take it out, or write a text");
        return NULL;
    }
    return reader_text(reader, &text_option, node, NULL);
}

void read_TEXTS(struct reader *reader, const struct option *option, const struct node *node,
                void *member)
{
    items_read(reader, option, node, text_item, NULL, member);
}

/* The steps so far. */
struct ramp {
    uint32_t count;
    uint32_t percent;
};

static const char *ramp_item(struct reader *reader, const struct option *option,
                             const struct node *node, void *context)
{
    struct ramp *ramp = context;
    const char *text = text_item(reader, option, node, NULL);
    struct share step = {0};
    struct error error;
    if (text == NULL) {
        return NULL;
    }
    int status = value_budget(text, &step, &error);
    if (status == 0 && step.count == 0 && step.percent == 0) {
        status = error_set(&error, ERROR_CONFIG, "lets no target begin");
        (void)error_hint(&error, "steps grow: ramp: [1, 5, 20%%]");
    } else if (status == 0 &&
               (ramp->percent == 100 || (step.count > 0 && step.count <= ramp->count) ||
                (step.percent > 0 && step.percent <= ramp->percent))) {
        status = error_set(&error, ERROR_CONFIG, "is no more than a step before it");
        (void)error_hint(&error, "steps grow: ramp: [1, 5, 20%%]");
    }
    if (status != 0) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: %s %s", reader_path(reader, option),
                         reader_shown(reader, node->text), error.message);
        reader_hint(reader, fault, "%s", error.hint);
        return NULL;
    }
    ramp->count = step.count > 0 ? step.count : ramp->count;
    ramp->percent = step.percent > 0 ? step.percent : ramp->percent;
    return step.percent > 0 ? arena_printf(reader->arena, "%u%%", step.percent)
                            : arena_printf(reader->arena, "%u", step.count);
}

void read_RAMP(struct reader *reader, const struct option *option, const struct node *node,
               void *member)
{
    struct ramp ramp = {0};
    items_read(reader, option, node, ramp_item, &ramp, member);
}
