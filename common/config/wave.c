/* Waves: the list `rollout.waves`.
 *
 * The table reads the options of a wave; here is what concerns several: names, the wave that takes
 * the rest, and labels that no target carries.
 */
#include "common/config/wave.h"

#include <string.h>

#include "common/base/spelling.h"

void wave_default(struct arena *arena, struct config *config)
{
    config->waves = arena_array(arena, 1, sizeof(struct config_wave));
    config->waves[0].name = "all";
    config->wave_count = 1;
}

static bool takes_rest(const struct node *node)
{
    return node->kind == NODE_MAPPING && node_find(node, "select") == NULL &&
           node_find(node, "count") == NULL && node_find(node, "percent") == NULL;
}

static bool has_label(const struct config_target *target, const char *label)
{
    for (size_t i = 0; i < target->labels.count; i++) {
        if (strcmp(target->labels.items[i], label) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_selected(const struct config_target *target, const struct config_wave *wave)
{
    for (size_t i = 0; i < wave->select.count; i++) {
        if (!has_label(target, wave->select.items[i])) {
            return false;
        }
    }
    return true;
}

/* The line of the first target with a label that `label` is likely a misspelling of, or 0. Its text
 * may come from the environment and is therefore not shown. */
static unsigned nearly_so(const struct config *config, const char *label)
{
    for (size_t i = 0; i < config->target_count; i++) {
        const struct texts *labels = &config->targets[i].labels;
        for (size_t j = 0; j < labels->count; j++) {
            if (strcmp(labels->items[j], label) == 0) {
                return 0;
            }
            if (spelling_close(labels->items[j], label)) {
                return config->targets[i].line;
            }
        }
    }
    return 0;
}

/* A selection that nothing can match. The columns of a query are labels too, so with one nothing is
 * known. */
static void check_selection(struct reader *reader, const struct config *config,
                            const struct node *node, const struct config_wave *wave)
{
    const struct node *select = node_find(node, "select");
    if (select == NULL || wave->select.count != select->count) {
        return;
    }
    for (size_t i = 0; i < config->target_count; i++) {
        if (config->targets[i].query[0] != '\0' || is_selected(&config->targets[i], wave)) {
            return;
        }
    }
    struct diagnostic *fault =
        reader_fault(reader, select, "rollout.waves[].select: no target has %s",
                     wave->select.count == 1 ? "this label" : "these labels");
    for (size_t i = 0; i < wave->select.count; i++) {
        unsigned line = nearly_so(config, wave->select.items[i]);
        if (line > 0) {
            reader_hint(reader, fault, "the target in line %u has a label spelt nearly so", line);
        }
    }
}

static void wave_read(struct reader *reader, const struct node *node, struct config_wave *wave)
{
    reader_defaults(reader, SECTION_WAVE, wave);
    reader_section(reader, SECTION_WAVE, node, wave);
    if (node->kind != NODE_MAPPING) {
        return;
    }
    const struct node *percent = node_find(node, "percent");
    if (percent != NULL && node_find(node, "count") != NULL) {
        struct diagnostic *fault =
            reader_key_fault(reader, percent, "rollout.waves[].percent does not go with count");
        reader_hint(reader, fault, "one of the two");
    }
    if (takes_rest(node) && node->next != NULL) {
        struct diagnostic *fault =
            reader_fault(reader, node, "a wave that takes the rest must be the last one");
        reader_hint(reader, fault, "give it select, count or percent, or move it to the end");
    }
}

/* Targets that no wave takes are easily forgotten: worth a warning. */
static void check_rest(struct reader *reader, const struct node *last, const struct config *config)
{
    uint64_t percent = 0;
    for (size_t i = 0; i < config->wave_count; i++) {
        percent += config->waves[i].select.count == 0 ? config->waves[i].percent : 0;
    }
    if (!takes_rest(last) && percent < 100) {
        struct diagnostic *fault = reader_fault(
            reader, last, "no wave takes the rest: targets outside all waves are not deployed");
        reader_hint(reader, fault, "end the list with - {name: rest}");
        diagnostic_warn(reader->diagnostics, fault);
    }
}

void wave_read_all(struct reader *reader, const struct node *mapping, struct root *root)
{
    struct config *config = &root->config;
    const struct node *rollout = node_find(mapping, "rollout");
    const struct node *list = rollout != NULL && rollout->kind == NODE_MAPPING
                                  ? reader_list(reader, SECTION_ROLLOUT, "waves", rollout)
                                  : NULL;
    if (list == NULL) {
        wave_default(reader->arena, config);
        return;
    }
    config->waves = arena_array(reader->arena, list->count, sizeof(struct config_wave));
    struct reader_name *names = arena_array(&reader->scratch, list->count, sizeof *names);
    const struct node *last = NULL;
    size_t count = 0;
    for (const struct node *node = list->first; node != NULL; node = node->next) {
        struct config_wave *wave = &config->waves[count];
        wave_read(reader, node, wave);
        const struct node *name = node->kind == NODE_MAPPING ? node_find(node, "name") : NULL;
        names[count].name = name != NULL ? wave->name : "";
        names[count].node = name != NULL ? name : node;
        if (node->kind == NODE_MAPPING) {
            check_selection(reader, config, node, wave);
        }
        last = node;
        count++;
    }
    config->wave_count = count;
    reader_check_unique(reader, "waves", names, count);
    if (last != NULL && last->kind == NODE_MAPPING) {
        check_rest(reader, last, config);
    }
}
