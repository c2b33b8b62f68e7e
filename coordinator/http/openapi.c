/* The interface as an OpenAPI 3.1 document, made from the same lists as the interface itself. */
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"
#include "coordinator/http/exchange.h"
#include "coordinator/http/reply.h"
#include "coordinator/http/route.h"

/* Takes `value` over. */
static void put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

static json_t *type_of(const char *name)
{
    return json_pack("{ss}", "type", name);
}

static json_t *fields_schema(const struct layout *layout, json_t *properties, size_t first,
                             size_t end, const struct route *request);

static json_t *record_schema(const struct layout *layout)
{
    json_t *schema = type_of("object");
    put(schema, "properties", fields_schema(layout, json_object(), 0, layout->field_count, NULL));
    return schema;
}

static json_t *words_schema(const struct words *words)
{
    json_t *schema = type_of("string");
    json_t *items = json_array();
    for (size_t i = 0; i < words->count; i++) {
        (void)json_array_append_new(items, json_text(words->items[i]));
    }
    put(schema, "enum", items);
    return schema;
}

static json_t *list_schema(json_t *items)
{
    json_t *schema = type_of("array");
    put(schema, "items", items);
    return schema;
}

/* `request`: as it is given, where an enumeration is always a word. */
static json_t *field_schema(const struct field *field, bool request)
{
    switch (field->type) {
    case FIELD_NUMBER: return request ? words_schema(field->words) : type_of("integer");
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_BYTES: return json_pack("{sssi}", "type", "integer", "minimum", 0);
    case FIELD_BOOLEAN: return type_of("boolean");
    case FIELD_TEXT: return type_of("string");
    case FIELD_WORD: return words_schema(field->words);
    case FIELD_TEXTS:
        /* of a target; elsewhere there are none */
        return strcmp(field->name, "labels") == 0 && !request
                   ? json_pack("{sss{ss}}", "type", "object", "additionalProperties", "type",
                               "string")
                   : list_schema(type_of("string"));
    case FIELD_SHARE:
        return json_pack("{sss{s{ss}s{ss}}}", "type", "object", "properties", "count", "type",
                         "integer", "percent", "type", "integer");
    default: return list_schema(record_schema(field->layout()));
    }
}

/* Into `properties`, which it returns. `request`: only what its route takes, under the names it takes. */
static json_t *fields_schema(const struct layout *layout, json_t *properties, size_t first,
                             size_t end, const struct route *request)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        if (field_is_struct(field)) {
            (void)fields_schema(field->layout(), properties, field->first, field->end, request);
        } else if (request == NULL || route_takes(request, field->name)) {
            bool scope = request != NULL && strcmp(field->name, "scope") == 0;
            put(properties, scope ? "where" : field->name, field_schema(field, request != NULL));
        }
    }
    return properties;
}

static json_t *request_properties(const struct route *route)
{
    const struct layout *layout = message_layout(route->request);
    return fields_schema(layout, json_object(), 0, layout->field_count, route);
}

static json_t *content_of(const char *type, json_t *schema)
{
    json_t *content = json_object();
    json_t *media = json_object();
    put(media, "schema", schema);
    put(content, type, media);
    return content;
}

static void parameters_put(json_t *operation, const struct route *route)
{
    json_t *parameters = json_array();
    json_t *properties = request_properties(route);
    const char *name;
    json_t *schema;
    json_object_foreach(properties, name, schema)
    {
        (void)json_array_append_new(parameters, json_pack("{ssss so}", "name", name, "in", "query",
                                                          "schema", json_incref(schema)));
    }
    json_decref(properties);
    put(operation, "parameters", parameters);
}

static void body_put(json_t *operation, const struct route *route)
{
    json_t *schema = type_of("object");
    put(schema, "properties", request_properties(route));
    put(schema, "additionalProperties", json_false());
    put(operation, "requestBody",
        json_pack("{sbso}", "required", 1, "content", content_of("application/json", schema)));
}

static json_t *answer_content(const struct route *route)
{
    if (route->kind == ROUTE_PAGE) {
        return route->page == page_openapi ? content_of("application/json", type_of("object"))
                                           : content_of("text/plain", type_of("string"));
    }
    return content_of("application/json", record_schema(message_layout(route->answer)));
}

static json_t *operation_of(const struct route *route)
{
    json_t *operation = json_object();
    json_t *answers = json_object();
    const char *slash = strrchr(route->path, '/');
    put(operation, "operationId", json_text(slash + 1));
    put(operation, "summary", json_text(route->summary));
    if (route->kind == ROUTE_ASK) {
        parameters_put(operation, route);
    } else if (route->kind == ROUTE_TELL) {
        body_put(operation, route);
    }
    put(answers, "200",
        json_pack("{ssso}", "description", "The answer.", "content", answer_content(route)));
    put(answers, "default", json_pack("{ss}", "$ref", "#/components/responses/problem"));
    put(operation, "responses", answers);
    return operation;
}

static json_t *components(void)
{
    json_t *problem =
        json_pack("{sss{s{ss}s{ss}s{ss}s{ss}s{ss}}}", "type", "object", "properties", "status",
                  "type", "integer", "title", "type", "string", "detail", "type", "string", "hint",
                  "type", "string", "code", "type", "string");
    return json_pack("{s{s{ssso}}s{s{ssss}}}", "responses", "problem", "description",
                     "What is wrong, and what to do.", "content",
                     content_of("application/problem+json", problem), "securitySchemes", "token",
                     "type", "http", "scheme", "bearer");
}

void page_openapi(struct gateway *gateway, struct exchange *exchange)
{
    (void)gateway;
    json_t *paths = json_object();
    for (size_t i = 0; i < route_count; i++) {
        json_t *path = json_object();
        put(path, routes[i].kind == ROUTE_TELL ? "post" : "get", operation_of(&routes[i]));
        put(paths, routes[i].path, path);
    }
    json_t *document = json_pack(
        "{sss{ssssss}so}", "openapi", "3.1.0", "info", "title", "Drover", "version", DROVER_VERSION,
        "summary", "A coordinator's rollouts: asked, steered, measured.", "paths", paths);
    put(document, "components", components());
    put(document, "security", json_pack("[{s[]}{}]", "token")); /* none over a Unix socket */
    reply_json(exchange, HTTP_OK, "application/json", document);
}
