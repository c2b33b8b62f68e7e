/* Heads and base first, then full names, then beginnings of names. */
#include "common/revision/symbol.h"

#include <string.h>

#include "common/base/spelling.h"

enum { PARTIAL_CHARACTERS_MIN = 4 }; /* of the full name, not of what is given */

static size_t character_count(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

static int unknown_fail(struct question *question, const char *name)
{
    const struct graph *graph = question->versions.graph;
    const char *close = NULL;
    for (size_t i = 0; i < graph->name_count && close == NULL; i++) {
        close = spelling_nearest(name, &graph->names[i].text, 1);
    }
    (void)question_fail(question, PLAN_FAULT_NO_SUCH_REVISION,
                        "there is no revision or label '%s', nor one that begins so", name);
    return close != NULL ? error_hint(question->error, "did you mean '%s'?", close)
                         : error_hint(question->error, "`drover history` lists all revisions");
}

/* Whether the name at `place` may be meant by the beginning `partial`. */
static bool is_candidate(const struct graph *graph, size_t place, const char *partial, size_t line)
{
    const struct graph_name *name = &graph->names[place];
    return strncmp(name->text, partial, strlen(partial)) == 0 &&
           character_count(name->text) >= PARTIAL_CHARACTERS_MIN &&
           (line == INDEX_NOTHING || graph_share_line(graph, name->index, line));
}

static int ambiguous_fail(struct question *question, const char *partial, size_t first, size_t line)
{
    enum { SHOWN_MAX = 5 };
    const struct graph *graph = question->versions.graph;
    const char *names = "";
    size_t count = 0;
    for (size_t i = first;
         i < graph->name_count && strncmp(graph->names[i].text, partial, strlen(partial)) == 0;
         i++) {
        if (!is_candidate(graph, i, partial, line)) {
            continue;
        }
        count++;
        if (count <= SHOWN_MAX) {
            names = arena_printf(question->arena, "%s%s%s%s", names, count > 1 ? ", " : "",
                                 graph->names[i].is_label ? "label " : "", graph->names[i].text);
        }
    }
    (void)question_fail(question, PLAN_FAULT_AMBIGUOUS_REVISION,
                        "'%s' may be any of %zu names (%s%s)", partial, count, names,
                        count > SHOWN_MAX ? ", ..." : "");
    return error_hint(question->error, "give more of the id");
}

static int partial_resolve(struct question *question, const char *symbol, size_t line,
                           size_t *index)
{
    const struct graph *graph = question->versions.graph;
    size_t first = graph_name_place(graph, symbol);
    size_t count = 0;
    *index = INDEX_NOTHING;
    for (size_t i = first;
         i < graph->name_count && strncmp(graph->names[i].text, symbol, strlen(symbol)) == 0; i++) {
        if (is_candidate(graph, i, symbol, line)) {
            *index = graph->names[i].index;
            count++;
        }
    }
    if (count > 1) {
        return ambiguous_fail(question, symbol, first, line);
    }
    return count == 1 ? 0 : unknown_fail(question, symbol);
}

/* A full or partial name; `line` is a revision or INDEX_NOTHING. */
static int name_resolve(struct question *question, const char *symbol, size_t line, size_t *index)
{
    const struct graph *graph = question->versions.graph;
    *index = graph_name_index(graph, symbol);
    if (*index == INDEX_NOTHING) {
        return partial_resolve(question, symbol, line, index);
    }
    if (line != INDEX_NOTHING && !graph_share_line(graph, *index, line)) {
        return question_fail(question, PLAN_FAULT_NO_SUCH_REVISION,
                             "revision '%s' is not on the line of '%s'", symbol,
                             graph->revisions[line]->id);
    }
    return 0;
}

static int heads_fail(struct question *question, const char *symbol, const struct index_list *heads)
{
    (void)question_fail(question, PLAN_FAULT_MULTIPLE_HEADS,
                        "'%s' means one head, but there are %zu (%s)", symbol, heads->count,
                        question_ids(question, heads));
    return error_hint(question->error,
                      "name one (its id, or LABEL@head), take all of them with 'heads', or join "
                      "them with `drover merge heads`");
}

static void keep_line(const struct question *question, size_t line, struct index_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (graph_share_line(question->versions.graph, list->items[i], line)) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

int symbol_resolve_line(struct question *question, const char *line, size_t *index)
{
    return name_resolve(question, line, INDEX_NOTHING, index);
}

int symbol_resolve_on(struct question *question, const char *line, const char *symbol,
                      struct index_list *found)
{
    size_t along = INDEX_NOTHING;
    if (symbol[0] == '\0') {
        (void)question_fail(question, PLAN_FAULT_BAD_SPEC, "the target revision is empty");
        return error_hint(question->error, "write 'head', 'base', an id or a label");
    }
    if (line != NULL && line[0] != '\0' && symbol_resolve_line(question, line, &along) < 0) {
        return -1;
    }
    bool all = strcmp(symbol, "heads") == 0;
    if (all || strcmp(symbol, "head") == 0) {
        *found = graph_head_list(question->versions.graph, !all || along != INDEX_NOTHING,
                                 question->arena);
        if (along != INDEX_NOTHING) {
            keep_line(question, along, found);
        }
        return all || found->count <= 1 ? 0 : heads_fail(question, symbol, found);
    }
    *found = graph_list(question->versions.graph, question->arena);
    if (strcmp(symbol, "base") == 0) {
        return 0;
    }
    size_t index = INDEX_NOTHING;
    if (name_resolve(question, symbol, along, &index) < 0) {
        return -1;
    }
    index_list_add(found, index);
    return 0;
}

int symbol_resolve(struct question *question, const char *symbol, struct index_list *found)
{
    const char *at = strchr(symbol, '@');
    if (at == NULL) {
        return symbol_resolve_on(question, NULL, symbol, found);
    }
    char *line = arena_strndup(question->arena, symbol, (size_t)(at - symbol));
    return symbol_resolve_on(question, line, at + 1, found);
}

int symbol_resolve_one(struct question *question, const char *line, const char *symbol,
                       size_t *index)
{
    struct index_list found = {0};
    if (symbol_resolve_on(question, line, symbol, &found) < 0) {
        return -1;
    }
    if (found.count > 1) {
        return heads_fail(question, symbol, &found);
    }
    *index = found.count == 1 ? found.items[0] : INDEX_NOTHING;
    return 0;
}
