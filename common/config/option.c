/* Options: the table of options.def and the searches over it. The table is small: linear search. */
#include "common/config/option.h"

#include <stdint.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "common/base/spelling.h"

const struct option options[] = {
#define MEMBER(record, member) offsetof(struct record, member)
#define NO_MEMBER              0
#define REQUIRED               NULL
#define OPTION(section, key, type, member, fallback, help)                                         \
    {SECTION_##section, key, TYPE_##type, member, fallback, help},
#include "common/config/options.def"
#undef MEMBER
#undef NO_MEMBER
#undef REQUIRED
};

const size_t option_count = LENGTH(options);

static const char *const section_paths[] = {
#define SECTION(name, path) path,
#include "common/config/options.def"
};

static const struct {
    const char *description;
    bool text;
} types[] = {
#define TYPE(name, text, description) {description, text},
#include "common/config/options.def"
};

const char *section_path(enum section section)
{
    return section_paths[section];
}

const struct option *option_find(enum section section, const char *key)
{
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].section == section && strcmp(options[i].key, key) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

char *option_path(const struct option *option, struct arena *arena)
{
    const char *section = section_path(option->section);
    return arena_printf(arena, "%s%s%s", section, section[0] != '\0' ? "." : "", option->key);
}

enum section option_nested(const struct option *option)
{
    struct arena scratch = {0};
    const char *path = option_path(option, &scratch);
    size_t length = strlen(path);
    enum section found = SECTION_COUNT;
    for (enum section s = SECTION_ROOT; s < SECTION_COUNT && found == SECTION_COUNT; s++) {
        const char *rest = section_paths[s] + length;
        if (strncmp(section_paths[s], path, length) == 0 &&
            (strcmp(rest, "") == 0 || strcmp(rest, "[]") == 0)) {
            found = s;
        }
    }
    arena_free(&scratch);
    INVARIANT_THAT(found != SECTION_COUNT, "the key %s has no section of its own", option->key);
    return found;
}

const char *option_nearest(enum section section, const char *key)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].section != section || !spelling_close(options[i].key, key)) {
            continue;
        }
        size_t distance = spelling_distance(options[i].key, key);
        if (distance < least) {
            least = distance;
            nearest = options[i].key;
        }
    }
    return nearest;
}

const struct option *option_elsewhere(enum section section, const char *key)
{
    const struct option *found = NULL;
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].section == section || strcmp(options[i].key, key) != 0) {
            continue;
        }
        if (found != NULL) {
            return NULL;
        }
        found = &options[i];
    }
    return found;
}

const char *option_type_description(enum option_type type)
{
    return types[type].description;
}

bool option_type_is_text(enum option_type type)
{
    return types[type].text;
}
