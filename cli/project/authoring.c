/* Authoring. */
#include "cli/project/authoring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/base/array.h"
#include "common/config/value.h"
#include "common/revision/range.h"

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

static bool is_reserved(const char *name)
{
    static const char *const words[] = {"head", "heads", "base", "current"};
    for (size_t i = 0; i < LENGTH(words); i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Who bears `name` as id or label; NULL: nobody. */
static const struct revision *name_bearer(const struct graph *graph, const char *name)
{
    for (size_t i = 0; i < graph_size(graph); i++) {
        const struct revision *revision = graph_at(graph, i);
        if (strcmp(revision->id, name) == 0) {
            return revision;
        }
        for (size_t l = 0; l < revision->branch_label_count; l++) {
            if (strcmp(revision->branch_labels[l], name) == 0) {
                return revision;
            }
        }
    }
    return NULL;
}

/* The time, by which files of dbmate are named and stand in order. */
static const char *id_of_time(struct arena *arena)
{
    char text[20];
    struct tm utc;
    time_t now = time(NULL);
    (void)gmtime_r(&now, &utc);
    (void)strftime(text, sizeof text, "%Y%m%d%H%M%S", &utc);
    return arena_strdup(arena, text);
}

static int id_choose(const struct arguments *arguments, const struct bundle *bundle,
                     struct arena *arena, const char **id, struct error *error)
{
    const struct graph *graph = bundle_graph(bundle);
    *id = arguments_value(arguments, OPTION_REV_ID);
    if (*id == NULL && !bundle_is_bare(bundle)) {
        return id_draw(arena, id, error);
    }
    if (*id == NULL) {
        *id = id_of_time(arena);
    }
    size_t length = strlen(*id);
    if (length == 0 || length > VERSION_CHARACTERS || strpbrk(*id, "@-+:,'\"\\/ \t\n") != NULL ||
        is_reserved(*id)) {
        (void)error_set(error, ERROR_USAGE, "\"%s\" cannot be a revision id", *id);
        return error_hint(error,
                          "1 to %d letters, digits and underscores, and no word of targets "
                          "such as head",
                          (int)VERSION_CHARACTERS);
    }
    const struct revision *bearer = name_bearer(graph, *id);
    return bearer == NULL ? 0
                          : error_set(error, ERROR_REVISION, "the revision id %s is taken by %s",
                                      *id, bearer->path);
}

static int label_check(const struct authoring *authoring, struct texts labels, size_t place,
                       struct error *error)
{
    const char *label = labels.items[place];
    if (label[0] == '\0' || strpbrk(label, "@+:,'\"\\ \t\n") != NULL || is_reserved(label)) {
        (void)error_set(error, ERROR_USAGE, "\"%s\" cannot be a branch label", label);
        return error_hint(error, "use letters, digits and underscores");
    }
    for (size_t i = 0; i < place; i++) {
        if (strcmp(labels.items[i], label) == 0) {
            return error_set(error, ERROR_USAGE, "the branch label %s is given twice", label);
        }
    }
    const struct revision *bearer = name_bearer(authoring->graph, label);
    if (bearer != NULL) {
        return error_set(error, ERROR_REVISION, "the branch label %s is taken by %s", label,
                         bearer->path);
    }
    return strcmp(label, authoring->template.id) != 0
               ? 0
               : error_set(error, ERROR_USAGE, "%s cannot be both the id and a label", label);
}

static const char *date_text(struct arena *arena)
{
    char date[40];
    struct tm utc;
    time_t now = time(NULL);
    (void)gmtime_r(&now, &utc);
    (void)strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S+00:00", &utc);
    return arena_strdup(arena, date);
}

int authoring_open(struct authoring *authoring, struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *message = arguments_value(arguments, OPTION_MESSAGE);
    struct texts labels = arguments->values[OPTION_BRANCH_LABEL];
    *authoring = (struct authoring){.invocation = invocation};
    authoring->folder = project_folder(invocation, error);
    if (authoring->folder == NULL) {
        return -1;
    }
    authoring->bundle = project_bundle(invocation, authoring->folder, PROJECT_GRAPH, error);
    if (authoring->bundle == NULL) {
        return -1;
    }
    authoring->graph = bundle_graph(authoring->bundle);
    authoring->template = (struct revision_template){
        .message = message == NULL ? "" : message,
        .create_date = date_text(&invocation->arena),
        .branch_labels = labels.items,
        .branch_label_count = labels.count,
        .transactional = !arguments_given(arguments, OPTION_NO_TRANSACTION)};
    if (id_choose(arguments, authoring->bundle, &invocation->arena, &authoring->template.id,
                  error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < labels.count; i++) {
        if (label_check(authoring, labels, i, error) < 0) {
            return -1;
        }
    }
    return 0;
}

int authoring_symbol(struct authoring *authoring, const char *symbol,
                     struct revision_list *revisions, struct error *error)
{
    enum plan_fault fault = PLAN_FAULT_NONE;
    int result = range_symbol(authoring->graph, symbol, &authoring->invocation->arena, revisions,
                              &fault, error);
    authoring->invocation->fault = result == 0 ? NULL : plan_fault_word(fault);
    return result;
}

int authoring_parents(struct authoring *authoring, struct revision_list parents, bool splice,
                      struct error *error)
{
    struct revision_template *template = &authoring->template;
    const char **ids = arena_array(&authoring->invocation->arena, parents.count, sizeof *ids);
    for (size_t i = 0; i < parents.count; i++) {
        ids[i] = parents.items[i]->id;
        if (!splice && !graph_is_head(authoring->graph, parents.items[i])) {
            (void)error_set(error, ERROR_REVISION, "revision %s is not a head", ids[i]);
            return error_hint(error, "--splice begins a new branch at it");
        }
        for (size_t k = 0; k < i; k++) {
            if (parents.items[k] == parents.items[i]) {
                return error_set(error, ERROR_USAGE, "revision %s is named twice", ids[i]);
            }
        }
    }
    template->down_revisions = ids;
    template->down_revision_count = parents.count;
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

int authoring_write(struct authoring *authoring, struct error *error)
{
    struct arena *arena = &authoring->invocation->arena;
    const struct revision_template *template = &authoring->template;
    struct buffer content = {0};
    const char *path = value_path(revision_file_name(arena, template->id, template->message),
                                  authoring->folder, arena);
    revision_render(template, &content);
    int result = file_write(path, &content, error);
    if (result == 0 && authoring->invocation->json) {
        json_page(json_pack("{s:s, s:s}", "revision", template->id, "path", path));
    } else if (result == 0) {
        (void)printf("%s\n", path);
    }
    buffer_free(&content);
    return result;
}

void authoring_close(struct authoring *authoring)
{
    bundle_free(authoring->bundle);
    *authoring = (struct authoring){0};
}
