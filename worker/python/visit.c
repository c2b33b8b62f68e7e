/* Visits as JSON (visit.h). */
#include "worker/python/visit.h"

#include <string.h>

/* What the server says may be any bytes, what we say is UTF-8. */
json_t *visit_text(const char *value)
{
    json_t *string = json_string(text_or_empty(value));
    return string != NULL ? string : json_string("");
}

json_t *visit_texts(struct texts texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts.count; i++) {
        (void)json_array_append_new(list, visit_text(texts.items[i]));
    }
    return list;
}

/* Env.py begins the transaction. */
json_t *visit_statements(const struct batch *batch)
{
    json_t *list = json_array();
    for (size_t i = 0; i < batch->count; i++) {
        bool begin = strcmp(batch->entries[i].tag, "BEGIN") == 0;
        (void)json_array_append_new(
            list, visit_text(begin ? "" : batch->sql.data + batch->entries[i].offset));
    }
    return list;
}

void visit_write(const struct visit *visit, json_t *request)
{
    json_t *password = visit->password != NULL ? visit_text(visit->password) : json_null();
    (void)json_object_update_new(
        request,
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:s, s:s, s:o, s:o}", "name",
                  visit_text(visit->name), "schema", visit_text(visit->schema), "labels",
                  visit_texts(visit->labels), "url", visit_text(visit->url), "password", password,
                  "connect_timeout_ms", (json_int_t)visit->connect_timeout_ms, "version_schema",
                  visit->version_schema, "version_table", visit->version_table, "session",
                  visit_statements(visit->session), "path", visit_statements(visit->path)));
}
