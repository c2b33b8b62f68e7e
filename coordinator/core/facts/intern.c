/* Interning by content; the numbers are given in order of first appearance. */
#include "coordinator/core/facts/intern.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/lookup.h"
#include "coordinator/core/facts/state.h"

enum { BLOCK_BYTES = 8 * 1024 };

const char *intern_copy(struct intern *intern, const char *text)
{
    size_t size = strlen(text) + 1;
    if (size == 1) {
        return "";
    }
    if (size > BLOCK_BYTES / 4) {
        return arena_strdup(&intern->arena, text);
    }
    if (size > intern->block_left) {
        intern->block = arena_alloc(&intern->arena, BLOCK_BYTES);
        intern->block_left = BLOCK_BYTES;
    }
    char *copy = intern->block;
    memcpy(copy, text, size);
    intern->block += size;
    intern->block_left -= size;
    return copy;
}

static bool text_matches(const void *owner, uint32_t id, const void *key)
{
    return strcmp(((const struct intern *)owner)->texts[id], key) == 0;
}

const char *intern_text(struct intern *intern, const char *text)
{
    if (text[0] == '\0') {
        return "";
    }
    uint32_t hash = lookup_hash(LOOKUP_SEED, text);
    uint32_t found = lookup_find(&intern->text_lookup, hash, text_matches, intern, text);
    if (found == LOOKUP_NONE) {
        found = intern->text_count;
        intern->texts =
            array_room(intern->texts, found, &intern->text_capacity, sizeof *intern->texts);
        intern->texts[found] = intern_copy(intern, text);
        intern->text_count++;
        lookup_add(&intern->text_lookup, hash, found);
    }
    return intern->texts[found];
}

void intern_record(struct intern *intern, const struct layout *layout, void *record)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        void *at = (char *)record + field->offset;
        INVARIANT(field->type <= FIELD_TEXT || field_is_struct(field));
        if (field->type == FIELD_TEXT) {
            *(const char **)at = intern_text(intern, *(const char *const *)at);
        } else if (field->type == FIELD_PART) {
            intern_record(intern, field->layout(), at);
        }
    }
}

static bool set_matches(const void *owner, uint32_t id, const void *key)
{
    return texts_equal(((const struct intern *)owner)->sets[id].texts, *(const struct texts *)key);
}

static uint32_t set_hash(struct texts texts)
{
    uint32_t hash = LOOKUP_SEED;
    for (size_t i = 0; i < texts.count; i++) {
        hash = lookup_hash(hash, texts.items[i]);
    }
    return hash;
}

uint32_t intern_set_find(const struct intern *intern, struct texts texts)
{
    return lookup_find(&intern->set_lookup, set_hash(texts), set_matches, intern, &texts);
}

uint32_t intern_set(struct intern *intern, struct texts texts)
{
    uint32_t found = intern_set_find(intern, texts);
    if (found != LOOKUP_NONE) {
        return found;
    }
    const char **items = NULL;
    if (texts.count > 0) {
        items = arena_array(&intern->arena, texts.count, sizeof *items);
    }
    for (size_t i = 0; i < texts.count; i++) {
        items[i] = intern_text(intern, texts.items[i]);
    }
    found = intern->set_count;
    intern->sets = array_room(intern->sets, found, &intern->set_capacity, sizeof *intern->sets);
    intern->sets[found].texts = (struct texts){items, texts.count};
    intern->set_count++;
    lookup_add(&intern->set_lookup, set_hash(texts), found);
    return found;
}

struct texts intern_set_texts(const struct intern *intern, uint32_t set)
{
    INVARIANT(set == INTERN_NONE || set < intern->set_count);
    return set == INTERN_NONE ? (struct texts){NULL, 0} : intern->sets[set].texts;
}

static bool failure_matches(const void *owner, uint32_t id, const void *key)
{
    const struct kept_failure *left = &((const struct intern *)owner)->failures[id];
    const struct kept_failure *right = key;
    return strcmp(left->phase, right->phase) == 0 &&
           layout_equal(failure_layout(), &left->failure, &right->failure);
}

uint32_t intern_failure(struct intern *intern, const char *phase, const struct failure *failure)
{
    struct kept_failure kept = {phase, *failure};
    kept.failure.revision = "";
    intern_record(intern, failure_layout(), &kept.failure);
    uint32_t hash = lookup_hash(LOOKUP_SEED, kept.failure.message);
    hash = lookup_hash(hash, kept.failure.detail);
    uint32_t found = lookup_find(&intern->failure_lookup, hash, failure_matches, intern, &kept);
    if (found == LOOKUP_NONE) {
        found = intern->failure_count;
        intern->failures = array_room(intern->failures, found, &intern->failure_capacity,
                                      sizeof *intern->failures);
        intern->failures[intern->failure_count++] = kept;
        lookup_add(&intern->failure_lookup, hash, found);
    }
    return found;
}

const struct kept_failure *intern_failure_at(const struct intern *intern, uint32_t failure)
{
    INVARIANT(failure == INTERN_NONE || failure < intern->failure_count);
    return failure == INTERN_NONE ? NULL : &intern->failures[failure];
}

size_t intern_bytes(const struct intern *intern)
{
    return arena_footprint(&intern->arena) + intern->text_capacity * sizeof *intern->texts +
           lookup_bytes(&intern->text_lookup) + lookup_bytes(&intern->set_lookup) +
           lookup_bytes(&intern->failure_lookup);
}

void intern_free(struct intern *intern)
{
    lookup_free(&intern->text_lookup);
    lookup_free(&intern->set_lookup);
    lookup_free(&intern->failure_lookup);
    free(intern->texts);
    free(intern->sets);
    free(intern->failures);
    arena_free(&intern->arena);
    memset(intern, 0, sizeof *intern);
}
