/* The JSON schema of drover.yaml, for editors: drafts that they know (7), each type's shape beside the
 * options' own texts. What is more than a shape (a name that is there twice, a schedule that never
 * comes) `drover config check` tells.
 */
#include <jansson.h>

#include "cli/manual/manual.h"
#include "common/base/impossible.h"
#include "common/config/option.h"
#include "common/config/probe.h"

/* `${NAME}` may stand in any value. */
#define OR_VARIABLE      "|.*\\\\$.*)$"
#define DURATION_PATTERN "([0-9]+(ms|s|m|h|d))+"
#define FILLED           "\"type\": \"string\", \"minLength\": 1"
#define COUNT_FROM(least)                                                                          \
    "{\"anyOf\": [{\"type\": \"integer\", \"minimum\": " least                                     \
    "}, {\"type\": \"string\", \"pattern\": \"^([0-9]+" OR_VARIABLE "\"}]}"
#define SHARE_FROM(least)                                                                          \
    "{\"anyOf\": [{\"type\": \"integer\", \"minimum\": " least                                     \
    "}, {\"type\": \"string\", \"pattern\": \"^([0-9]+%?" OR_VARIABLE "\"}]}"

/* An editor that reads YAML 1.1 takes `off` for false. */
static const char *const shapes[TYPE_COUNT_OF] = {
    [TYPE_TEXT] = "{\"type\": [\"string\", \"number\", \"boolean\"], \"minLength\": 1}",
    [TYPE_NAME] = "{\"type\": [\"string\", \"number\"], \"minLength\": 1}",
    [TYPE_IDENTIFIER] = "{" FILLED ", \"maxLength\": 63}",
    [TYPE_PATH] = "{" FILLED "}",
    [TYPE_JOURNAL] = "{" FILLED "}",
    [TYPE_URL] = "{" FILLED "}",
    [TYPE_COORDINATOR] =
        "{\"type\": \"string\", \"pattern\": \"^(unix:.+|tcp:.+:[0-9]+" OR_VARIABLE "\"}",
    [TYPE_HTTP] = "{\"anyOf\": [{\"const\": false}, {\"type\": \"string\", \"pattern\": "
                  "\"^(off|unix:.+|tcp:.+:[0-9]+" OR_VARIABLE "\"}]}",
    [TYPE_VARIABLE] =
        "{\"type\": \"string\", \"pattern\": \"^([A-Za-z_][A-Za-z0-9_]*" OR_VARIABLE "\"}",
    [TYPE_COMMAND] = "{" FILLED "}",
    [TYPE_COUNT] = COUNT_FROM("1"),
    [TYPE_LEAST] = COUNT_FROM("0"),
    [TYPE_PERCENT] = SHARE_FROM("1"),
    [TYPE_DURATION] = "{\"type\": \"string\", \"pattern\": \"^(" DURATION_PATTERN OR_VARIABLE "\"}",
    [TYPE_DELAY] = "{\"anyOf\": [{\"const\": false}, {\"type\": \"string\", \"pattern\": "
                   "\"^(off|" DURATION_PATTERN OR_VARIABLE "\"}]}",
    [TYPE_RANGE] = "{\"type\": \"string\", \"pattern\": \"^(" DURATION_PATTERN
                   "\\\\.\\\\." DURATION_PATTERN OR_VARIABLE "\"}",
    [TYPE_BUDGET] = SHARE_FROM("0"),
    [TYPE_SAMPLE] = SHARE_FROM("1"),
    [TYPE_THRESHOLD] = "{\"anyOf\": [{\"type\": \"number\", \"exclusiveMinimum\": 0}, {\"type\": "
                       "\"string\", \"pattern\": \"^([0-9.]+" OR_VARIABLE "\"}]}",
    [TYPE_TEXTS] = "{\"type\": \"array\", \"items\": {" FILLED "}}",
    [TYPE_RAMP] = "{\"type\": \"array\", \"items\": " SHARE_FROM("1") "}",
    [TYPE_PYTHON] = "{\"enum\": [\"targets\", \"never\"]}",
    [TYPE_REHEARSE] = "{\"enum\": [\"off\", false]}",
    [TYPE_LABELS] = "{\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": "
                    "{\"type\": [\"string\", \"number\", \"boolean\"]}}",
    [TYPE_ARGUMENTS] = "{\"type\": \"object\", \"additionalProperties\": "
                       "{\"type\": [\"string\", \"number\", \"boolean\", \"null\"]}}",
    [TYPE_SELECTOR] = "{\"anyOf\": [{" FILLED "}, {\"type\": \"object\", \"minProperties\": 1}]}",
    [TYPE_SCHEDULE] = "{" FILLED "}",
    [TYPE_TIME_ZONE] = "{" FILLED "}",
    [TYPE_WINDOW_KIND] = "{\"enum\": [\"allow\", \"deny\"]}",
    [TYPE_SWITCH] = "{\"type\": \"boolean\"}",
};

static json_t *section_schema(enum section section);

/* One of the words from place `first` on. */
static json_t *words_schema(const struct words *list, size_t first)
{
    json_t *words = json_array();
    for (size_t i = first; i < list->count; i++) {
        json_array_append_new(words, json_string(list->items[i]));
    }
    return json_pack("{s: o}", "enum", words);
}

static json_t *probes_schema(void)
{
    json_t *words = json_array();
    for (size_t i = 0; i < probe_count; i++) {
        json_array_append_new(words, json_string(probes[i].word));
    }
    return json_pack("{s: o}", "enum", words);
}

static json_t *option_shape(const struct option *option)
{
    switch (option->type) {
    case TYPE_GROUP: return section_schema(option_nested(option));
    case TYPE_LIST:
        return json_pack("{s: s, s: o}", "type", "array", "items",
                         section_schema(option_nested(option)));
    case TYPE_PASSWORD: return section_schema(SECTION_PASSWORD);
    case TYPE_MIGRATIONS:
        return json_pack("{s: [{s: s}, o]}", "anyOf", "type", "string",
                         section_schema(SECTION_MIGRATIONS));
    case TYPE_PROBE: return probes_schema();
    case TYPE_ON_FAILURE: return words_schema(&on_failure_words, 0);
    case TYPE_TRANSACTION: return words_schema(&transaction_scope_words, TRANSACTION_UNSET + 1);
    default: break;
    }
    INVARIANT(shapes[option->type] != NULL); /* each type of a value has one */
    return json_loads(shapes[option->type], 0, NULL);
}

static json_t *section_schema(enum section section)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option->section != section) {
            continue;
        }
        json_t *schema = option_shape(option);
        json_object_set_new(schema, "description", json_string(option->help));
        if (option->fallback == NULL) {
            json_array_append_new(required, json_string(option->key));
        } else if (option->fallback[0] != '\0') {
            json_object_set_new(schema, "default", json_string(option->fallback));
        }
        json_object_set_new(properties, option->key, schema);
    }
    json_t *schema = json_pack("{s: s, s: b, s: o}", "type", "object", "additionalProperties", 0,
                               "properties", properties);
    if (json_array_size(required) > 0) {
        json_object_set(schema, "required", required);
    }
    json_decref(required);
    return schema;
}

static int piece_append(const char *piece, size_t length, void *out)
{
    buffer_append(out, piece, length);
    return 0;
}

void manual_schema(struct buffer *out)
{
    json_t *schema = json_pack("{s: s, s: s}", "$schema", "http://json-schema.org/draft-07/schema#",
                               "title", "drover.yaml");
    json_t *root = section_schema(SECTION_ROOT);
    json_object_update(schema, root);
    json_decref(root);
    INVARIANT(json_dump_callback(schema, piece_append, out, JSON_INDENT(1)) == 0);
    json_decref(schema);
    buffer_text_append(out, "\n");
}
