/* Nodes: libyaml's events, turned into a tree by recursive descent.
 *
 * libyaml counts columns in characters and diagnostics count bytes. A cursor walks along with the
 * events, whose marks only grow, and translates. Recursion is bounded by DEPTH_MAX.
 */
#include "common/config/node.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 16 };

struct cursor {
    size_t index;       /* in characters */
    size_t offset;      /* the same place in bytes */
    size_t line;        /* from 0 */
    size_t line_offset; /* where that line begins, in bytes */
};

struct builder {
    yaml_parser_t parser;
    const char *file;
    const char *content;
    size_t length;
    struct cursor cursor;
    struct arena *arena;
    struct diagnostics *diagnostics;
};

static void cursor_advance(struct builder *builder, size_t index)
{
    struct cursor *cursor = &builder->cursor;
    while (cursor->index < index && cursor->offset < builder->length) {
        cursor->offset++;
        while (cursor->offset < builder->length &&
               ((unsigned char)builder->content[cursor->offset] & 0xC0) == 0x80) {
            cursor->offset++;
        }
        cursor->index++;
    }
}

/* Sets line and column (from 1, bytes) of a mark. */
static void locate(struct builder *builder, yaml_mark_t mark, unsigned *line, unsigned *column)
{
    struct cursor *cursor = &builder->cursor;
    if (mark.index < cursor->index) {
        memset(cursor, 0, sizeof *cursor);
    }
    if (mark.line != cursor->line) {
        cursor_advance(builder, mark.index - mark.column);
        cursor->line = mark.line;
        cursor->line_offset = cursor->offset;
    }
    cursor_advance(builder, mark.index);
    *line = (unsigned)mark.line + 1;
    *column = (unsigned)(cursor->offset - cursor->line_offset) + 1;
}

/* What people run into, and what libyaml says about it only in its own words. */
static const char *syntax_hint(const struct builder *builder, size_t offset)
{
    const char *context = builder->parser.context != NULL ? builder->parser.context : "";
    if (strstr(context, "scanning an alias") != NULL) {
        return "a value that begins with * is written in quotes: \"*\"";
    }
    if (offset < builder->length && builder->content[offset] == '\t') {
        return "YAML is indented with spaces, not tabs";
    }
    if (offset < builder->length && strchr("@`%", builder->content[offset]) != NULL) {
        return "a value that begins with this character is written in quotes";
    }
    const char *line = builder->content + builder->cursor.line_offset;
    const char *end = builder->content + (offset < builder->length ? offset : builder->length);
    for (; line + 2 < end; line++) {
        if (strncmp(line, ": {", 3) == 0) {
            return "a value that begins with { but is no mapping is written in quotes: "
                   "\"{schema}-x\"";
        }
    }
    return NULL;
}

static void syntax_error(struct builder *builder)
{
    const yaml_parser_t *parser = &builder->parser;
    const char *problem = parser->problem != NULL ? parser->problem : "unreadable";
    unsigned line = 0;
    unsigned column = 0;
    if (parser->error == YAML_READER_ERROR) {
        /* No mark, only an offset in bytes. */
        line = 1;
        column = 1;
        for (size_t i = 0; i < parser->problem_offset && i < builder->length; i++) {
            column = builder->content[i] == '\n' ? 1 : column + 1;
            line += builder->content[i] == '\n';
        }
        (void)diagnostic_add(builder->diagnostics, builder->file, line, column,
                             "not valid YAML: %s", problem);
        return;
    }
    locate(builder, parser->problem_mark, &line, &column);
    const char *context = parser->context;
    struct diagnostic *diagnostic =
        diagnostic_add(builder->diagnostics, builder->file, line, column, "not valid YAML: %s%s%s",
                       problem, context != NULL ? ", " : "", context != NULL ? context : "");
    const char *hint = syntax_hint(builder, builder->cursor.offset);
    if (hint != NULL) {
        diagnostic_hint(builder->diagnostics, diagnostic, "%s", hint);
    }
}

/* The next event, owned by the caller. False after a syntax error, which is then a diagnostic. */
static bool next_event(struct builder *builder, yaml_event_t *event)
{
    if (yaml_parser_parse(&builder->parser, event) != 0) {
        return true;
    }
    syntax_error(builder);
    return false;
}

static void refuse(struct builder *builder, const struct node *node, const char *message,
                   const char *hint)
{
    struct diagnostic *diagnostic = diagnostic_add(builder->diagnostics, builder->file, node->line,
                                                   node->column, "%s", message);
    diagnostic_hint(builder->diagnostics, diagnostic, "%s", hint);
}

static bool is_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* Fills the node from a scalar, or refuses what the configuration has no use for. */
static void node_fill(struct builder *builder, struct node *node, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    node->text = "";
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        node->kind = is_null(event) ? NODE_NULL : NODE_SCALAR;
        node->text = arena_strndup(builder->arena, (const char *)event->data.scalar.value,
                                   event->data.scalar.length);
        if (strlen(node->text) != event->data.scalar.length) {
            refuse(builder, node, "a NUL character in a value", "take the \\0 out");
        }
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        node->kind = NODE_LIST;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        node->kind = NODE_MAPPING;
        break;
    default: anchor = event->data.alias.anchor; break;
    }
    if (anchor != NULL) {
        refuse(builder, node, "YAML anchors and aliases (& and *) are not supported",
               "write the value out, or in quotes if it only begins with this character");
    }
    if (tag != NULL) {
        refuse(builder, node, "YAML tags (!) are not supported",
               "leave the tag out, or write the value in quotes if it only begins with !");
    }
}

static struct node *node_build(struct builder *builder, const yaml_event_t *event, unsigned depth);

static int compare_keys(const void *a, const void *b)
{
    const struct node *const *left = a;
    const struct node *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);
    if (order != 0) {
        return order;
    }
    if ((*left)->key_line != (*right)->key_line) {
        return (*left)->key_line < (*right)->key_line ? -1 : 1;
    }
    return ((*left)->key_column > (*right)->key_column) -
           ((*left)->key_column < (*right)->key_column);
}

static void check_duplicate_keys(struct builder *builder, const struct node *mapping)
{
    if (mapping->count < 2) {
        return;
    }
    const struct node **sorted = memory_alloc(mapping->count * sizeof(struct node *));
    size_t count = 0;
    for (const struct node *child = mapping->first; child != NULL; child = child->next) {
        sorted[count++] = child;
    }
    qsort(sorted, count, sizeof(struct node *), compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0) {
            struct diagnostic *diagnostic =
                diagnostic_add(builder->diagnostics, builder->file, sorted[i]->key_line,
                               sorted[i]->key_column, "this key is given twice");
            diagnostic_hint(builder->diagnostics, diagnostic, "it is also in line %u",
                            sorted[i - 1]->key_line);
        }
    }
    free(sorted);
}

/* One child of a list, or one key with its value. NULL after a syntax error. */
static struct node *child_build(struct builder *builder, const struct node *parent,
                                const yaml_event_t *event, unsigned depth)
{
    struct node *key = node_build(builder, event, depth);
    if (key == NULL || parent->kind == NODE_LIST) {
        return key;
    }
    if (key->text[0] == '\0') {
        refuse(builder, key, "a key must be text", "write `key: value`");
    }
    yaml_event_t value;
    if (!next_event(builder, &value)) {
        return NULL;
    }
    struct node *child = node_build(builder, &value, depth);
    yaml_event_delete(&value);
    if (child != NULL) {
        child->key = key->text;
        child->key_line = key->line;
        child->key_column = key->column;
    }
    return child;
}

static struct node *children_build(struct builder *builder, struct node *node, unsigned depth)
{
    struct node **tail = &node->first;
    for (;;) {
        yaml_event_t event;
        if (!next_event(builder, &event)) {
            return NULL;
        }
        bool end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        struct node *child = end ? NULL : child_build(builder, node, &event, depth + 1);
        yaml_event_delete(&event);
        if (end) {
            break;
        }
        if (child == NULL) {
            return NULL;
        }
        *tail = child;
        tail = &child->next;
        node->count++;
    }
    if (node->kind == NODE_MAPPING) {
        check_duplicate_keys(builder, node);
    }
    return node;
}

static struct node *node_build(struct builder *builder, const yaml_event_t *event, unsigned depth)
{
    struct node *node = arena_alloc(builder->arena, sizeof *node);
    locate(builder, event->start_mark, &node->line, &node->column);
    node->key_line = node->line;
    node->key_column = node->column;
    node_fill(builder, node, event);
    if (node->kind != NODE_LIST && node->kind != NODE_MAPPING) {
        return node;
    }
    if (depth >= DEPTH_MAX) {
        refuse(builder, node, "nested too deeply", "no option is nested this deep");
        return NULL;
    }
    return children_build(builder, node, depth);
}

/* Handles one event of the stream level: the first document's content becomes `*root`. False if the
 * reading must stop, which is then a diagnostic. */
static bool document_step(struct builder *builder, const yaml_event_t *event, struct node **root)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
    case YAML_ALIAS_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT: *root = node_build(builder, event, 0); return *root != NULL;
    case YAML_DOCUMENT_START_EVENT:
        if (*root != NULL) {
            struct node second = {0};
            locate(builder, event->start_mark, &second.line, &second.column);
            refuse(builder, &second, "a second YAML document",
                   "one file holds one configuration: take the --- out");
            *root = NULL;
            return false;
        }
        return true;
    default: return true;
    }
}

/* The root of the only document; an empty stream gives a null node. NULL after a diagnostic. */
static struct node *document_build(struct builder *builder)
{
    struct node *root = NULL;
    for (bool end = false; !end;) {
        yaml_event_t event;
        if (!next_event(builder, &event)) {
            return NULL;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        bool good = document_step(builder, &event, &root);
        yaml_event_delete(&event);
        if (!good) {
            return NULL;
        }
    }
    if (root == NULL) {
        root = arena_alloc(builder->arena, sizeof *root);
        *root = (struct node){.text = "", .line = 1, .column = 1, .key_line = 1, .key_column = 1};
    }
    return root;
}

struct node *node_parse(const char *file, const char *content, size_t length, struct arena *arena,
                        struct diagnostics *diagnostics)
{
    struct builder builder = {.file = file,
                              .content = content != NULL ? content : "",
                              .length = length,
                              .arena = arena,
                              .diagnostics = diagnostics};
    if (yaml_parser_initialize(&builder.parser) == 0) {
        (void)diagnostic_add(diagnostics, file, 0, 0, "the YAML parser could not be started");
        return NULL;
    }
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)builder.content, length);
    struct node *root = document_build(&builder);
    yaml_parser_delete(&builder.parser);
    return root;
}

const struct node *node_find(const struct node *mapping, const char *key)
{
    for (const struct node *child = mapping->first; child != NULL; child = child->next) {
        if (child->key != NULL && strcmp(child->key, key) == 0) {
            return child->kind != NODE_NULL ? child : NULL;
        }
    }
    return NULL;
}

const char *node_kind_text(const struct node *node)
{
    static const char *const words[] = {"nothing", "text", "a list", "a mapping"};
    return words[node->kind];
}
