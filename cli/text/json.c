/* JSON for machines: what the command line alone shows, and how it is written. */
#include "cli/text/json.h"
#include "cli/text/revision_text.h"

#include <stdio.h>
#include <string.h>

static void set_text(json_t *object, const char *name, const char *value)
{
    (void)json_object_set_new(object, name, json_text(value));
}

json_t *json_rollout_summary(const struct rollout_summary *rollout)
{
    return json_record(rollout_summary_layout(), rollout);
}

/* In the object and in those of its lists. */
static void unknown_times_drop(json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        bool time = strcmp(key, "start_ms") == 0 || strcmp(key, "finish_ms") == 0;
        if (time && json_integer_value(value) == 0) {
            (void)json_object_set_new(object, key, json_null());
        }
        for (size_t i = 0; i < json_array_size(value); i++) {
            unknown_times_drop(json_array_get(value, i));
        }
    }
}

json_t *json_forecast(const struct message_forecast *forecast)
{
    json_t *object = json_body(MESSAGE_FORECAST, forecast);
    (void)json_object_del(object, "event");
    unknown_times_drop(object);
    return object;
}

json_t *json_log_entry(const struct log_entry *entry)
{
    return json_record(log_entry_layout(), entry);
}

json_t *json_failure_group(const struct failure_group *group)
{
    return json_record(failure_group_layout(), group);
}

json_t *json_remark_group(const struct remark_group *group)
{
    return json_record(remark_group_layout(), group);
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
    (void)json_object_set_new(object, "is_head", json_boolean(graph_is_head(graph, revision)));
    (void)json_object_set_new(object, "is_base", json_boolean(graph_is_base(revision)));
    (void)json_object_set_new(object, "is_branch_point",
                              json_boolean(graph_is_branch_point(graph, revision)));
    (void)json_object_set_new(object, "is_merge_point",
                              json_boolean(graph_is_merge_point(revision)));
    (void)json_object_set_new(object, "transactional", json_boolean(revision->up.transactional));
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
