/* `revision`: writes a migration file, by Alembic's rules. No database is needed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/json.h"
#include "cli/project.h"
#include "cli/range.h"
#include "common/config/value.h"

enum { ID_RANDOM_BYTES = 6 };

static int id_draw(struct arena *arena, const char **id, struct error *error)
{
    unsigned char bytes[ID_RANDOM_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return error_set(error, ERROR_IO, "no random bytes: %s", strerror(errno));
    }
    char *text = arena_alloc(arena, 2 * sizeof bytes + 1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    *id = text;
    return 0;
}

static int id_choose(const struct arguments *arguments, const struct graph *graph,
                     struct arena *arena, const char **id, struct error *error)
{
    *id = arguments_value(arguments, OPTION_REV_ID);
    if (*id == NULL) {
        return id_draw(arena, id, error);
    }
    size_t length = strlen(*id);
    if (length == 0 || length > REVISION_ID_BYTES_MAX || strpbrk(*id, "@-+:,'\"/ \t\n") != NULL) {
        (void)error_set(error, ERROR_USAGE, "\"%s\" cannot be a revision id", *id);
        return error_hint(error, "1 to %d characters, without blanks and @ - + : , / and quotes",
                          (int)REVISION_ID_BYTES_MAX);
    }
    if (graph_find(graph, *id) != NULL) {
        return error_set(error, ERROR_REVISION, "the revision id %s is taken by %s", *id,
                         graph_find(graph, *id)->path);
    }
    return 0;
}

static int parents_by_head(const struct graph *graph, const char *head, bool splice,
                           struct arena *arena, struct revision_list *parents, struct error *error)
{
    if (range_symbol(graph, head, arena, parents, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < parents->count && !splice; i++) {
        if (!graph_is_head(graph, parents->items[i])) {
            (void)error_set(error, ERROR_REVISION, "revision %s is not a head",
                            parents->items[i]->id);
            return error_hint(error, "--splice begins a new branch at it");
        }
    }
    return 0;
}

static int parents_choose(const struct arguments *arguments, const struct graph *graph,
                          struct arena *arena, struct revision_list *parents, struct error *error)
{
    const char *head = arguments_value(arguments, OPTION_HEAD);
    if (head != NULL) {
        return parents_by_head(graph, head, arguments_given(arguments, OPTION_SPLICE), arena,
                               parents, error);
    }
    *parents = graph_heads(graph, arena);
    if (parents->count > 1) {
        (void)error_set(error, ERROR_REVISION, "there are %zu heads; one must be the parent",
                        parents->count);
        return error_hint(error, "--head REVISION names it; `drover heads` lists them");
    }
    return 0;
}

/* Ids in full; a branch label stays as typed. */
static int depends_resolve(const struct graph *graph, struct texts wanted, struct arena *arena,
                           struct texts *resolved, struct error *error)
{
    const char **items = arena_array(arena, wanted.count, sizeof *items);
    for (size_t i = 0; i < wanted.count; i++) {
        struct revision_list found;
        if (range_symbol(graph, wanted.items[i], arena, &found, error) != 0) {
            return error_wrap(error, "--depends-on");
        }
        if (found.count != 1) {
            return error_set(error, ERROR_USAGE, "--depends-on: \"%s\" is not one revision",
                             wanted.items[i]);
        }
        items[i] = found.items[0]->id;
        for (size_t k = 0; k < found.items[0]->branch_label_count; k++) {
            if (strcmp(found.items[0]->branch_labels[k], wanted.items[i]) == 0) {
                items[i] = wanted.items[i];
            }
        }
    }
    *resolved = (struct texts){.items = items, .count = wanted.count};
    return 0;
}

static int labels_check(const struct graph *graph, struct texts labels, struct error *error)
{
    for (size_t i = 0; i < labels.count; i++) {
        for (size_t k = 0; k < graph_size(graph); k++) {
            const struct revision *revision = graph_at(graph, k);
            for (size_t l = 0; l < revision->branch_label_count; l++) {
                if (strcmp(revision->branch_labels[l], labels.items[i]) == 0) {
                    return error_set(error, ERROR_REVISION, "the branch label %s is taken by %s",
                                     labels.items[i], revision->path);
                }
            }
        }
    }
    return 0;
}

static int file_write(const char *path, const struct buffer *content, struct error *error)
{
    int file_descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_descriptor < 0) {
        return error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
    }
    bool written =
        write(file_descriptor, content->data, content->length) == (ssize_t)content->length;
    if (close(file_descriptor) != 0 || !written) {
        (void)unlink(path);
        return error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
    }
    return 0;
}

static int template_fill(const struct invocation *invocation, const struct graph *graph,
                         struct arena *arena, struct revision_template *template,
                         struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *message = arguments_value(arguments, OPTION_MESSAGE);
    struct revision_list parents = {0};
    struct texts depends = {0};
    struct texts labels = arguments->values[OPTION_BRANCH_LABEL];
    if (id_choose(arguments, graph, arena, &template->id, error) != 0 ||
        parents_choose(arguments, graph, arena, &parents, error) != 0 ||
        depends_resolve(graph, arguments->values[OPTION_DEPENDS_ON], arena, &depends, error) != 0 ||
        labels_check(graph, labels, error) != 0) {
        return -1;
    }
    char date[40];
    struct tm utc;
    time_t now = time(NULL);
    (void)gmtime_r(&now, &utc);
    (void)strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S+00:00", &utc);
    const char **down = arena_array(arena, parents.count, sizeof *down);
    for (size_t i = 0; i < parents.count; i++) {
        down[i] = parents.items[i]->id;
    }
    template->message = message == NULL ? "" : message;
    template->create_date = arena_strdup(arena, date);
    template->down_revisions = down;
    template->down_revision_count = parents.count;
    template->depends_on = depends.items;
    template->depends_on_count = depends.count;
    template->branch_labels = labels.items;
    template->branch_label_count = labels.count;
    template->transactional = !arguments_given(arguments, OPTION_NO_TRANSACTION);
    return 0;
}

int command_revision(struct invocation *invocation, struct error *error)
{
    struct arena *arena = &invocation->arena;
    struct revision_template template = {0};
    struct buffer content = {0};
    const char *folder = project_folder(invocation, error);
    struct bundle *bundle = folder == NULL ? NULL : project_bundle(invocation, folder, error);
    int result = bundle == NULL ? -1 : 0;
    if (result == 0) {
        result = template_fill(invocation, bundle_graph(bundle), arena, &template, error);
    }
    if (result == 0) {
        const char *path =
            value_path(revision_file_name(arena, template.id, template.message), folder, arena);
        revision_render(&template, &content);
        result = file_write(path, &content, error);
        if (result == 0 && invocation->json) {
            json_page(json_pack("{s:s, s:s}", "revision", template.id, "path", path));
        } else if (result == 0) {
            (void)printf("%s\n", path);
        }
    }
    buffer_free(&content);
    bundle_free(bundle);
    return result;
}
