/* JSON for machines. The first half is derived from records.def and messages.def, as the codec is.
 */
#include "cli/text/json.h"
#include "cli/text/revision_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text)
{
    json_t *value = json_string(text);
    if (value != NULL) {
        return value;
    }
    char *ascii = memory_alloc(strlen(text) + 1);
    for (size_t i = 0; text[i] != '\0'; i++) {
        ascii[i] = (char)((unsigned char)text[i] < 0x80 ? text[i] : '?');
    }
    value = json_string(ascii);
    free(ascii);
    return value;
}

json_t *json_texts(struct texts texts)
{
    json_t *array = json_array();
    for (size_t i = 0; i < texts.count; i++) {
        (void)json_array_append_new(array, json_text(texts.items[i]));
    }
    return array;
}

json_t *json_labels(struct texts labels)
{
    json_t *object = json_object();
    for (size_t i = 0; i < labels.count; i++) {
        const char *equals = strchr(labels.items[i], '=');
        if (equals != NULL) {
            size_t length = (size_t)(equals - labels.items[i]);
            (void)json_object_setn_new_nocheck(object, labels.items[i], length,
                                               json_text(equals + 1));
        }
    }
    return object;
}

static void set_u32(json_t *object, const char *name, field_u32 value)
{
    (void)json_object_set_new(object, name, json_integer(value));
}

static void set_u64(json_t *object, const char *name, field_u64 value)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void set_boolean(json_t *object, const char *name, field_boolean value)
{
    (void)json_object_set_new(object, name, json_boolean(value));
}

static void set_text(json_t *object, const char *name, field_text value)
{
    (void)json_object_set_new(object, name, json_text(value));
}

static void set_texts(json_t *object, const char *name, field_texts value)
{
    (void)json_object_set_new(object, name, json_texts(value));
}

/* Bytes are never shown; their number is. */
static void set_bytes(json_t *object, const char *name, field_bytes value)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)value.length));
}

#define FIELD(type, name) set_##type(object, #name, value->name);

#define RECORD_BEGIN(name)                                                                         \
    static void name##_fill(json_t *object, const struct name *value)                              \
    {
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    static json_t *name##_list_json(const struct name##_list *list)                                \
    {                                                                                              \
        json_t *array = json_array();                                                              \
        for (size_t i = 0; i < list->count; i++) {                                                 \
            json_t *item = json_object();                                                          \
            name##_fill(item, &list->items[i]);                                                    \
            (void)json_array_append_new(array, item);                                              \
        }                                                                                          \
        return array;                                                                              \
    }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define RECORDS(record, name)                                                                      \
    (void)json_object_set_new(object, #name, record##_list_json(&value->name));
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static void message_##name##_fill(json_t *object, const struct message_##name *value)          \
    {
#define MESSAGE_END(name) }
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END
#undef FIELD
#undef RECORDS

json_t *json_message(const struct message *message)
{
    json_t *object = json_object();
    char event[32] = "";
    const char *name = message_name(message->type);
    for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof event; i++) {
        event[i] = (char)tolower((unsigned char)name[i]);
    }
    set_text(object, "event", event);
    switch (message->type) {
#define FIELD(type, name)
#define RECORDS(record, name)
#define MESSAGE_END(name)
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        message_##name##_fill(object, &message->name);                                             \
        break;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END
#undef FIELD
#undef RECORDS
    }
    return object;
}

json_t *json_target_status(const struct target_status *target)
{
    json_t *object = json_object();
    target_status_fill(object, target);
    (void)json_object_set_new(object, "labels", json_labels(target->labels));
    return object;
}

json_t *json_rollout_summary(const struct rollout_summary *rollout)
{
    json_t *object = json_object();
    rollout_summary_fill(object, rollout);
    return object;
}

json_t *json_failure_group(const struct failure_group *failure)
{
    json_t *object = json_object();
    failure_group_fill(object, failure);
    return object;
}

static json_t *names_json(const char *const *names, size_t count)
{
    return json_texts((struct texts){.items = names, .count = count});
}

json_t *json_revision(const struct graph *graph, const struct revision *revision,
                      const char *folder)
{
    json_t *object = json_object();
    struct buffer path = {0};
    revision_path_append(folder, revision, &path);
    set_text(object, "revision", revision->id);
    (void)json_object_set_new(object, "down_revision",
                              names_json(revision->down_revisions, revision->down_revision_count));
    (void)json_object_set_new(object, "depends_on",
                              names_json(revision->depends_on, revision->depends_on_count));
    (void)json_object_set_new(object, "branch_labels",
                              names_json(revision->branch_labels, revision->branch_label_count));
    set_boolean(object, "is_head", graph_is_head(graph, revision));
    set_boolean(object, "is_base", graph_is_base(revision));
    set_boolean(object, "is_branch_point", graph_is_branch_point(graph, revision));
    set_boolean(object, "is_merge_point", graph_is_merge_point(revision));
    set_boolean(object, "transactional", revision->transactional);
    set_text(object, "message", revision->message);
    set_text(object, "create_date", revision->create_date);
    set_text(object, "path", buffer_text(&path));
    buffer_free(&path);
    return object;
}

static void json_write(json_t *value, size_t flags)
{
    (void)json_dumpf(value, stdout, flags | JSON_ENSURE_ASCII);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    json_decref(value);
}

void json_line(json_t *value)
{
    json_write(value, JSON_COMPACT);
}

void json_page(json_t *value)
{
    json_write(value, JSON_INDENT(2));
}
