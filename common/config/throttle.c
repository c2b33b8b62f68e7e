/* Throttles (throttle.h). The table reads the options of one; here is what concerns several: where
 * the SQL comes from, and names.
 */
#include "common/config/throttle.h"

#include <string.h>

#include "common/config/probe.h"

static void throttle_read(struct reader *reader, const struct node *node,
                          struct throttle_definition *throttle)
{
    struct throttle_source source = {0};
    reader_defaults(reader, SECTION_THROTTLE, &source);
    reader_section(reader, SECTION_THROTTLE, node, &source);
    *throttle = source.throttle;
    if (node->kind != NODE_MAPPING) {
        return;
    }
    const struct node *probe = node_find(node, "probe");
    const struct node *query = node_find(node, "query");
    if ((probe != NULL) == (query != NULL)) {
        struct diagnostic *fault =
            reader_fault(reader, node, "rollout.throttle[]: %s of probe, query",
                         probe != NULL ? "more than one" : "none");
        reader_hint(reader, fault, "exactly one: {probe: replication_lag, threshold: 10}");
        return;
    }
    if (query != NULL) {
        throttle->query = source.query;
    }
    if (node_find(node, "name") != NULL) {
        return;
    }
    if (probe != NULL) {
        for (size_t i = 0; i < probe_count; i++) {
            if (strcmp(probes[i].sql, throttle->query) == 0) {
                throttle->name = probes[i].word;
            }
        }
    } else {
        struct diagnostic *fault = reader_fault(reader, node, "rollout.throttle[].name is missing");
        reader_hint(reader, fault, "a query needs one, for `drover status`: name: NAME");
    }
}

void throttle_read_all(struct reader *reader, const struct node *mapping, struct root *root)
{
    struct throttle_definition_list *throttles = &root->config.fleet.throttles;
    const struct node *rollout = node_find(mapping, "rollout");
    const struct node *list = rollout != NULL && rollout->kind == NODE_MAPPING
                                  ? reader_list(reader, SECTION_ROLLOUT, "throttle", rollout)
                                  : NULL;
    if (list == NULL) {
        return;
    }
    throttles->items = arena_array(reader->arena, list->count, sizeof *throttles->items);
    struct reader_name *names = arena_array(&reader->scratch, list->count, sizeof *names);
    for (const struct node *node = list->first; node != NULL; node = node->next) {
        struct throttle_definition *throttle = &throttles->items[throttles->count];
        throttle_read(reader, node, throttle);
        const struct node *name = node->kind != NODE_MAPPING ? NULL : node_find(node, "name");
        if (name == NULL && node->kind == NODE_MAPPING) {
            name = node_find(node, "probe");
        }
        names[throttles->count++] = (struct reader_name){
            .name = name != NULL ? throttle->name : "",
            .node = name != NULL ? name : node,
        };
    }
    reader_check_unique(reader, "throttles", names, throttles->count);
}
