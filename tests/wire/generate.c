/* Random messages: splitmix64, with the lengths at which msgpack changes its headers drawn often.
 */
#include "tests/wire/generate.h"

#include <string.h>

uint64_t generate_number(struct generator *generator)
{
    generator->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = generator->state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

size_t generate_below(struct generator *generator, size_t limit)
{
    return (size_t)(generate_number(generator) % limit);
}

/* ---- one value for each field type ---- */

static uint64_t number_draw(struct generator *generator)
{
    uint64_t value = generate_number(generator);
    return value >> generate_below(generator, 64); /* every width is as likely */
}

static size_t length_draw(struct generator *generator)
{
    static const size_t edges[] = {0, 31, 32, 255, 256, 65535, 65536};
    size_t choice = generate_below(generator, 400);
    if (choice < 3 || (choice < 60 && choice % 10 < 5)) {
        return edges[choice < 3 ? 4 + choice : choice % 10];
    }
    return generate_below(generator, 24);
}

static const char *text_draw(struct generator *generator)
{
    size_t length = length_draw(generator);
    char *text = arena_alloc(generator->arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(1 + generate_below(generator, 255));
    }
    return text;
}

static struct bytes bytes_draw(struct generator *generator)
{
    size_t length = length_draw(generator);
    uint8_t *data = arena_alloc(generator->arena, length);
    for (size_t i = 0; i < length; i++) {
        data[i] = (uint8_t)generate_number(generator);
    }
    return (struct bytes){.data = data, .length = length};
}

static size_t count_draw(struct generator *generator)
{
    return generate_below(generator, 12) == 0 ? 15 + generate_below(generator, 3)
                                              : generate_below(generator, 4);
}

static struct texts texts_draw(struct generator *generator)
{
    size_t count = count_draw(generator);
    const char **items = arena_array(generator->arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = text_draw(generator);
    }
    return (struct texts){.items = items, .count = count};
}

/* ---- structs ---- */

static void fields_draw(struct generator *generator, const struct layout *layout, size_t first,
                        size_t end, void *value);

static void records_draw(struct generator *generator, const struct layout *layout, void *at)
{
    struct record_list list = {NULL, count_draw(generator)};
    list.items = arena_array(generator->arena, list.count, layout->size);
    for (size_t i = 0; i < list.count; i++) {
        fields_draw(generator, layout, 0, layout->field_count, record_at(layout, &list, i));
    }
    memcpy(at, &list, sizeof list);
}

static void field_draw(struct generator *generator, const struct field *field, void *at)
{
    switch (field->type) {
    case FIELD_U32:
    case FIELD_NUMBER: *(uint32_t *)at = (uint32_t)number_draw(generator); break;
    case FIELD_U64: *(uint64_t *)at = number_draw(generator); break;
    case FIELD_BOOLEAN: *(bool *)at = generate_below(generator, 2) == 1; break;
    case FIELD_TEXT: *(const char **)at = text_draw(generator); break;
    case FIELD_BYTES: *(struct bytes *)at = bytes_draw(generator); break;
    case FIELD_TEXTS: *(struct texts *)at = texts_draw(generator); break;
    case FIELD_WORD:
        *(unsigned *)at = (unsigned)generate_below(generator, field->words->count);
        break;
    case FIELD_SHARE:
        *(struct share *)at =
            (struct share){(uint32_t)number_draw(generator), (uint32_t)number_draw(generator)};
        break;
    case FIELD_PART:
    case FIELD_MORE:
    case FIELD_REST: fields_draw(generator, field->layout(), field->first, field->end, at); break;
    case FIELD_RECORDS: records_draw(generator, field->layout(), at); break;
    }
}

/* What the list leaves out of a part stays as a reader has it. */
static void absent_fill(const struct layout *layout, void *value)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        if (field->type == FIELD_TEXT) {
            *(const char **)((char *)value + field->offset) = "";
        } else if (field->type == FIELD_PART) {
            absent_fill(field->layout(), (char *)value + field->offset);
        }
    }
}

static void fields_draw(struct generator *generator, const struct layout *layout, size_t first,
                        size_t end, void *value)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        void *at = (char *)value + field->offset;
        if (field->type == FIELD_PART) {
            absent_fill(field->layout(), at);
        }
        field_draw(generator, field, at);
    }
}

void generate_struct(struct generator *generator, const struct layout *layout, void *value)
{
    memset(value, 0, layout->size);
    fields_draw(generator, layout, 0, layout->field_count, value);
}

void generate_message(struct generator *generator, enum message_type type, struct message *message)
{
    memset(message, 0, sizeof *message);
    message->type = type;
    generate_struct(generator, message_layout(type), &message->hello);
}

bool message_equal(const struct message *left, const struct message *right)
{
    return left->type == right->type &&
           layout_equal(message_layout(left->type), message_body(left), message_body(right));
}
