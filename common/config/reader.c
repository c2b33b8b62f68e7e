/* The reader: faults, texts, and sections by the table. */
#include "common/config/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/utf8.h"
#include "common/config/secret.h"
#include "common/config/type.h"
#include "common/config/value.h"

enum { MESSAGE_BYTES_MAX = 1024, SHOWN_BYTES_MAX = 60 };

struct diagnostic *reader_fault(struct reader *reader, const struct node *node, const char *format,
                                ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return diagnostic_add(reader->diagnostics, reader->file, node->line, node->column, "%s",
                          message);
}

struct diagnostic *reader_key_fault(struct reader *reader, const struct node *node,
                                    const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return diagnostic_add(reader->diagnostics, reader->file, node->key_line, node->key_column, "%s",
                          message);
}

void reader_hint(struct reader *reader, struct diagnostic *fault, const char *format, ...)
{
    char hint[MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(hint, sizeof hint, format, arguments);
    va_end(arguments);
    diagnostic_hint(reader->diagnostics, fault, "%s", hint);
}

const char *reader_path(struct reader *reader, const struct option *option)
{
    return option_path(option, &reader->scratch);
}

const char *reader_shown(struct reader *reader, const char *text)
{
    if (strstr(text, "://") != NULL || strstr(text, "password=") != NULL) {
        return "(a URL)";
    }
    size_t length = strlen(text);
    size_t kept = utf8_cut(text, length, SHOWN_BYTES_MAX);
    char *shown =
        arena_printf(&reader->scratch, "'%.*s%s'", (int)kept, text, kept < length ? "..." : "");
    for (char *c = shown; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = ' ';
        }
    }
    return shown;
}

static const char *article(enum option_type type)
{
    const char *word = option_type_description(type);
    if (strcmp(word, "text") == 0 || strcmp(word, "labels") == 0) {
        return "";
    }
    return word[0] == 'a' ? "an " : "a ";
}

static void wrong_kind(struct reader *reader, const struct option *option, const struct node *node)
{
    const char *path = reader_path(reader, option);
    struct diagnostic *fault =
        reader_fault(reader, node, "%s: expected %s%s, found %s", path, article(option->type),
                     option_type_description(option->type), node_kind_text(node));
    const struct node *child = node->first;
    if (node->kind == NODE_MAPPING && node->count == 1 && child->kind == NODE_NULL &&
        value_is_variable(child->key)) {
        reader_hint(reader, fault, "a value that begins with { is written in quotes: \"{%s}\"",
                    child->key);
    }
}

const char *reader_text(struct reader *reader, const struct option *option, const struct node *node,
                        bool *replaced)
{
    if (node->kind != NODE_SCALAR) {
        wrong_kind(reader, option, node);
        return NULL;
    }
    struct error error;
    const char *text = "";
    bool variable = false;
    if (value_interpolate(node->text, reader->environment, reader->arena, &text, &variable,
                          &error) != 0) {
        struct diagnostic *fault =
            reader_fault(reader, node, "%s: %s", reader_path(reader, option), error.message);
        reader_hint(reader, fault, "%s", error.hint);
        return NULL;
    }
    /* In a command $(...) is the shell's. */
    if (option->type != TYPE_COMMAND && secret_is_unresolved(text)) {
        struct diagnostic *fault = reader_fault(
            reader, node, "%s: %s is an Azure Pipelines variable that was not replaced",
            reader_path(reader, option), reader_shown(reader, node->text));
        reader_hint(reader, fault,
                    "the variable does not exist in this pipeline, or is a secret that "
                    "the step must map in its env:");
        return NULL;
    }
    if (replaced != NULL) {
        *replaced = variable;
    }
    return text;
}

void reader_defaults(struct reader *reader, enum section section, void *record)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option->section != section) {
            continue;
        }
        bool given = option->fallback != NULL && option->fallback[0] != '\0';
        if (option->type == TYPE_GROUP) {
            reader_defaults(reader, option_nested(option), record);
        } else if (option_type_is_text(option->type) && !given) {
            *(const char **)((char *)record + option->offset) = "";
        } else if (given) {
            const struct node node = {.kind = NODE_SCALAR, .text = option->fallback};
            type_read(reader, option, &node, (char *)record + option->offset);
        }
    }
}

static void unknown_key(struct reader *reader, enum section section, const struct node *node)
{
    const char *where = section_path(section);
    struct diagnostic *fault =
        reader_key_fault(reader, node, "unknown key %s%s%s", reader_shown(reader, node->key),
                         where[0] != '\0' ? " in " : "", where);
    const char *nearest = option_nearest(section, node->key);
    const struct option *elsewhere = option_elsewhere(section, node->key);
    if (nearest != NULL) {
        reader_hint(reader, fault, "did you mean '%s'?", nearest);
        return;
    }
    if (elsewhere != NULL) {
        reader_hint(reader, fault, "the option is %s", reader_path(reader, elsewhere));
        return;
    }
    struct buffer keys = {0};
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].section == section) {
            buffer_printf(&keys, "%s%s", keys.length > 0 ? ", " : "", options[i].key);
        }
    }
    reader_hint(reader, fault, "known here: %s", buffer_text(&keys));
    buffer_free(&keys);
}

static void check_required(struct reader *reader, enum section section, const struct node *node)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option->section == section && option->fallback == NULL && option->type != TYPE_LIST &&
            node_find(node, option->key) == NULL) {
            struct diagnostic *fault =
                reader_fault(reader, node, "%s is missing", reader_path(reader, option));
            reader_hint(reader, fault, "%s: %s", option->key, type_example(option));
        }
    }
}

void reader_section(struct reader *reader, enum section section, const struct node *node,
                    void *record)
{
    if (node->kind != NODE_MAPPING) {
        const char *path = section_path(section);
        struct diagnostic *fault =
            reader_fault(reader, node, "%s%sexpected a mapping, found %s", path,
                         path[0] != '\0' ? ": " : "", node_kind_text(node));
        reader_hint(reader, fault, "write `key: value` lines, indented alike");
        return;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        const struct option *option = option_find(section, child->key);
        if (child->key[0] == '\0') {
            continue; /* refused by node.c */
        }
        if (option == NULL) {
            unknown_key(reader, section, child);
        } else if (child->kind == NODE_NULL) {
            continue; /* `key:` alone: the default */
        } else if (option->type == TYPE_GROUP) {
            reader_section(reader, option_nested(option), child, record);
        } else {
            type_read(reader, option, child, (char *)record + option->offset);
        }
    }
    check_required(reader, section, node);
}

const struct node *reader_list(struct reader *reader, enum section section, const char *key,
                               const struct node *mapping)
{
    const struct node *list = node_find(mapping, key);
    if (list != NULL && list->kind != NODE_LIST) {
        wrong_kind(reader, option_find(section, key), list);
        return NULL;
    }
    return list != NULL && list->count > 0 ? list : NULL;
}

static int compare_names(const void *a, const void *b)
{
    const struct reader_name *left = a;
    const struct reader_name *right = b;
    int order = strcmp(left->name, right->name);
    if (order != 0) {
        return order;
    }
    if (left->node->line != right->node->line) {
        return left->node->line < right->node->line ? -1 : 1;
    }
    return (left->node->column > right->node->column) - (left->node->column < right->node->column);
}

void reader_check_unique(struct reader *reader, const char *what, struct reader_name *names,
                         size_t count)
{
    if (count > 1) {
        qsort(names, count, sizeof *names, compare_names);
    }
    for (size_t i = 1; i < count; i++) {
        if (names[i].name[0] != '\0' && strcmp(names[i - 1].name, names[i].name) == 0) {
            struct diagnostic *fault =
                reader_fault(reader, names[i].node, "two %s have the name %s", what,
                             reader_shown(reader, names[i].node->text));
            reader_hint(reader, fault, "the other one is in line %u", names[i - 1].node->line);
        }
    }
}
