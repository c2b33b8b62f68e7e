#include "common/json/json_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/spelling.h"

enum { NAMES_MAX = 128 };

/* A field and where it stands. */
struct place {
    const struct field *field;
    void *at;
};

/* The field of that name among [first, end), also within parts. */
static struct place place_find(const struct layout *layout, size_t first, size_t end, void *value,
                               const char *name)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        void *at = (char *)value + field->offset;
        if (field_is_struct(field)) {
            struct place place = place_find(field->layout(), field->first, field->end, at, name);
            if (place.field != NULL) {
                return place;
            }
        } else if (strcmp(field->name, name) == 0) {
            return (struct place){field, at};
        }
    }
    return (struct place){0};
}

/* The names of all fields; how many. */
static size_t names_collect(const struct layout *layout, size_t first, size_t end,
                            const char **names, size_t count)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end && count < NAMES_MAX; i++) {
        const struct field *field = &layout->fields[i];
        if (field_is_struct(field)) {
            count = names_collect(field->layout(), field->first, field->end, names, count);
        } else {
            names[count++] = field->name;
        }
    }
    return count;
}

static int unknown_set(const struct layout *layout, const char *name, struct error *error)
{
    const char *names[NAMES_MAX];
    size_t count = names_collect(layout, 0, layout->field_count, names, 0);
    const char *near = spelling_nearest(name, names, count);
    (void)error_set(error, ERROR_USAGE, "\"%.100s\" is not known here", name);
    return near != NULL ? error_hint(error, "did you mean \"%s\"?", near) : -1;
}

/* An integer from 0 to `most`, also as text. */
static bool number_read(const json_t *json, uint64_t most, uint64_t *number)
{
    if (json_is_integer(json) && json_integer_value(json) >= 0) {
        *number = (uint64_t)json_integer_value(json);
        return *number <= most;
    }
    const char *text = json_string_value(json);
    if (text == NULL || text[0] == '\0' || strspn(text, "0123456789") != strlen(text)) {
        return false;
    }
    errno = 0;
    *number = strtoull(text, NULL, 10);
    return errno == 0 && *number <= most;
}

static bool boolean_read(const json_t *json, bool *value)
{
    const char *text = json_string_value(json);
    if (json_is_boolean(json)) {
        *value = json_is_true(json);
        return true;
    }
    if (text == NULL) {
        return false;
    }
    *value = text[0] == '\0' || strcmp(text, "true") == 0; /* "?whole" is enough */
    return *value || strcmp(text, "false") == 0;
}

static bool share_read(const json_t *json, struct share *share)
{
    uint64_t count = 0;
    uint64_t percent = 0;
    bool whole = json_is_object(json);
    const json_t *of_count = whole ? json_object_get(json, "count") : json;
    const json_t *of_percent = whole ? json_object_get(json, "percent") : NULL;
    bool good = (of_count == NULL || number_read(of_count, UINT32_MAX, &count)) &&
                (of_percent == NULL || number_read(of_percent, 100, &percent));
    *share = (struct share){(uint32_t)count, (uint32_t)percent};
    return good;
}

static bool texts_read(const json_t *json, struct arena *arena, struct texts *texts)
{
    if (!json_is_array(json)) {
        return false;
    }
    size_t count = json_array_size(json);
    const char **items = arena_array(arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(json, i);
        if (!json_is_string(item)) {
            return false;
        }
        items[i] = arena_strdup(arena, json_string_value(item));
    }
    *texts = (struct texts){.items = items, .count = count};
    return true;
}

static bool word_read(const json_t *json, const struct words *words, void *at)
{
    int value = json_is_string(json) ? words_find(words, json_string_value(json)) : -1;
    if (value >= 0) {
        *(unsigned *)at = (unsigned)value;
    }
    return value >= 0;
}

/* What a value of the field is, for the error; NULL: it cannot be given. */
static const char *expected(const struct field *field)
{
    switch (field->type) {
    case FIELD_U32:
    case FIELD_U64: return "a number from 0 on";
    case FIELD_BOOLEAN: return "true or false";
    case FIELD_SHARE: return "a number, or {\"percent\": number}";
    case FIELD_WORD:
    case FIELD_NUMBER: return "one of its words";
    case FIELD_TEXT: return "a text";
    case FIELD_TEXTS: return "a list of texts";
    default: return NULL;
    }
}

static bool field_read(const json_t *json, const struct place *place, struct arena *arena)
{
    uint64_t number = 0;
    bool good;
    switch (place->field->type) {
    case FIELD_U32:
        good = number_read(json, UINT32_MAX, &number);
        *(uint32_t *)place->at = (uint32_t)number;
        return good;
    case FIELD_U64: return number_read(json, INT64_MAX, place->at);
    case FIELD_BOOLEAN: return boolean_read(json, place->at);
    case FIELD_SHARE: return share_read(json, place->at);
    case FIELD_WORD:
    case FIELD_NUMBER: return word_read(json, place->field->words, place->at);
    case FIELD_TEXTS: return texts_read(json, arena, place->at);
    case FIELD_TEXT:
        if (json_is_string(json)) {
            *(const char **)place->at = arena_strdup(arena, json_string_value(json));
        }
        return json_is_string(json);
    default: return false;
    }
}

int json_read(const json_t *object, const struct layout *layout, struct arena *arena, void *value,
              struct error *error)
{
    const char *name;
    json_t *json;
    json_object_foreach((json_t *)object, name, json)
    {
        struct place place = place_find(layout, 0, layout->field_count, value, name);
        if (place.field == NULL || expected(place.field) == NULL) {
            return unknown_set(layout, name, error);
        }
        if (!field_read(json, &place, arena)) {
            return error_set(error, ERROR_USAGE, "\"%s\" must be %s", name, expected(place.field));
        }
    }
    return 0;
}
