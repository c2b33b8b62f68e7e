/* Waves: the list `rollout.waves`.
 *
 * The table reads the options of a wave; here is what concerns several: names, the wave that takes
 * the rest, and labels that no target carries.
 */
#include "common/config/wave.h"

#include <string.h>

#include "common/base/array.h"
#include "common/config/select.h"

void wave_default(struct arena *arena, struct config *config)
{
    struct wave_definition *wave = arena_alloc(arena, sizeof *wave);
    *wave = (struct wave_definition){.name = "all", .select = "", .sample.percent = 100};
    config->fleet.waves = (struct wave_definition_list){wave, 1};
}

static bool takes_rest(const struct node *node)
{
    return node->kind == NODE_MAPPING && node_find(node, "select") == NULL &&
           node_find(node, "count") == NULL && node_find(node, "percent") == NULL &&
           node_find(node, "canary") == NULL;
}

/* A canary wave has its own way to say how many. */
static void check_canary(struct reader *reader, const struct node *node)
{
    static const char *const others[] = {"count", "percent"};
    for (size_t i = 0; i < LENGTH(others); i++) {
        const struct node *other = node_find(node, others[i]);
        if (other != NULL && node_find(node, "canary") != NULL) {
            struct diagnostic *fault = reader_key_fault(
                reader, other, "rollout.waves[].%s does not go with canary", others[i]);
            reader_hint(reader, fault, "one of the two");
        }
    }
}

static void wave_read(struct reader *reader, const struct node *node, struct wave_definition *wave)
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
    check_canary(reader, node);
    const struct node *sample = node_find(node, "check_sample");
    if (sample != NULL && wave->checks.count == 0 && node_find(node, "checks") == NULL) {
        struct diagnostic *fault = reader_key_fault(
            reader, sample, "rollout.waves[].check_sample is nothing without checks");
        reader_hint(reader, fault, "checks: [\"select ...\"], or take it out");
    }
    wave->budget = node_find(node, "max_failures") != NULL;
    if (takes_rest(node) && node->next != NULL) {
        struct diagnostic *fault =
            reader_fault(reader, node, "a wave that takes the rest must be the last one");
        reader_hint(reader, fault,
                    "give it select, count, percent or canary, or move it to the end");
    }
}

/* Targets that no wave takes are easily forgotten: worth a warning. */
static void check_rest(struct reader *reader, const struct node *last,
                       const struct wave_definition_list *waves)
{
    uint64_t percent = 0;
    for (size_t i = 0; i < waves->count; i++) {
        percent += waves->items[i].select[0] == '\0' ? waves->items[i].percent : 0;
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
    struct wave_definition_list *waves = &config->fleet.waves;
    const struct node *rollout = node_find(mapping, "rollout");
    const struct node *list = rollout != NULL && rollout->kind == NODE_MAPPING
                                  ? reader_list(reader, SECTION_ROLLOUT, "waves", rollout)
                                  : NULL;
    if (list == NULL) {
        wave_default(reader->arena, config);
        return;
    }
    waves->items = arena_array(reader->arena, list->count, sizeof *waves->items);
    struct reader_name *names = arena_array(&reader->scratch, list->count, sizeof *names);
    const struct node *last = NULL;
    size_t count = 0;
    for (const struct node *node = list->first; node != NULL; node = node->next) {
        struct wave_definition *wave = &waves->items[count];
        wave_read(reader, node, wave);
        const struct node *name = node->kind == NODE_MAPPING ? node_find(node, "name") : NULL;
        names[count].name = name != NULL ? wave->name : "";
        names[count].node = name != NULL ? name : node;
        if (node->kind == NODE_MAPPING) {
            select_check(reader, config, node, wave->select, "rollout.waves[].select");
        }
        last = node;
        count++;
    }
    waves->count = count;
    reader_check_unique(reader, "waves", names, count);
    if (last != NULL && last->kind == NODE_MAPPING) {
        check_rest(reader, last, waves);
    }
}
