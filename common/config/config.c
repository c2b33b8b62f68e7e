/* The configuration: from a file or a URL to `struct config`. */
#include "common/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/config/reader.h"
#include "common/config/secret.h"
#include "common/config/target.h"
#include "common/config/throttle.h"
#include "common/config/url.h"
#include "common/config/wave.h"
#include "common/config/window.h"

enum { FILE_BYTES_MAX = 64 * 1024 * 1024 };

/* "a/b" of "a/b/drover.yaml"; "." without a folder, and for /dev/stdin or /dev/fd/63, which the
 * shell's <(...) is: what lies beside a stream is what lies here. */
static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0) {
        return arena_strdup(arena, ".");
    }
    return slash == path ? arena_strdup(arena, "/")
                         : arena_strndup(arena, path, (size_t)(slash - path));
}

/* Moves the filled record to the heap, where it owns the arena of all its texts. */
static struct config *config_finish(const struct root *root, struct arena arena)
{
    struct config *config = memory_alloc(sizeof *config);
    *config = root->config;
    config->arena = arena;
    return config;
}

static int compare_places(const void *a, const void *b)
{
    const struct diagnostic *left = *(const struct diagnostic *const *)a;
    const struct diagnostic *right = *(const struct diagnostic *const *)b;
    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    if (left->column != right->column) {
        return left->column < right->column ? -1 : 1;
    }
    return strcmp(left->message, right->message);
}

/* Orders the diagnostics after `before` (NULL: all) by place: checks
 * of several options come late. */
static void diagnostics_sort(struct diagnostics *list, struct diagnostic *before)
{
    struct diagnostic **head = before != NULL ? &before->next : &list->first;
    size_t count = 0;
    for (const struct diagnostic *d = *head; d != NULL; d = d->next) {
        count++;
    }
    if (count < 2) {
        return;
    }
    struct diagnostic **sorted = memory_alloc(count * sizeof(struct diagnostic *));
    size_t i = 0;
    for (struct diagnostic *d = *head; d != NULL; d = d->next) {
        sorted[i++] = d;
    }
    qsort(sorted, count, sizeof(struct diagnostic *), compare_places);
    for (i = 0; i < count; i++) {
        *head = sorted[i];
        head = &sorted[i]->next;
    }
    *head = NULL;
    list->last = sorted[count - 1];
    free(sorted);
}

/* Reads the root node into the record. */
static void root_read(struct reader *reader, const struct node *node, struct root *root)
{
    static const struct node nothing = {.kind = NODE_MAPPING, .text = "", .line = 1, .column = 1};
    const struct node *mapping = node->kind == NODE_NULL ? &nothing : node;
    reader_defaults(reader, SECTION_ROOT, root);
    reader_section(reader, SECTION_ROOT, mapping, root);
    if (mapping->kind == NODE_MAPPING) {
        target_read_all(reader, mapping, root);
        wave_read_all(reader, mapping, root);
        window_read_all(reader, mapping, root);
        throttle_read_all(reader, mapping, root);
    }
}

struct config *config_parse(const char *path, const char *content, size_t length,
                            config_environment *environment, struct diagnostics *diagnostics)
{
    struct arena arena = {0};
    struct root root = {0};
    struct diagnostic *before = diagnostics->last;
    size_t errors_before = diagnostics->error_count;
    root.config.path = arena_strdup(&arena, path);
    root.config.folder = folder_of(&arena, path);
    struct reader reader = {.file = path,
                            .folder = root.config.folder,
                            .environment = environment,
                            .arena = &arena,
                            .diagnostics = diagnostics};
    const struct node *node = node_parse(path, content, length, &reader.scratch, diagnostics);
    if (node != NULL) {
        root_read(&reader, node, &root);
    }
    arena_free(&reader.scratch);
    diagnostics_sort(diagnostics, before);
    if (diagnostics->error_count > errors_before) {
        arena_free(&arena);
        return NULL;
    }
    return config_finish(&root, arena);
}

static const char *process_environment(const char *name)
{
    return getenv(name);
}

/* The whole file, or -1 with errno. */
static int file_read(const char *path, struct buffer *content)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return -1;
    }
    char block[16384];
    size_t length = 0;
    errno = 0;
    while ((length = fread(block, 1, sizeof block, file)) > 0) {
        buffer_append(content, block, length);
        if (content->length > FILE_BYTES_MAX) {
            errno = EFBIG;
            break;
        }
    }
    int problem = ferror(file) != 0 || errno == EFBIG ? errno : 0;
    (void)fclose(file);
    errno = problem;
    return problem == 0 ? 0 : -1;
}

struct config *config_load(const char *path, struct diagnostics *diagnostics)
{
    struct buffer content = {0};
    struct config *config = NULL;
    if (file_read(path, &content) == 0) {
        config = config_parse(path, buffer_text(&content), content.length, process_environment,
                              diagnostics);
    } else {
        bool missing = errno == ENOENT;
        struct diagnostic *fault =
            diagnostic_add(diagnostics, path, 0, 0, "cannot be read: %s", strerror(errno));
        if (missing) {
            diagnostic_hint(diagnostics, fault,
                            "`drover init` writes one; --url or DATABASE_URL does without a file");
        }
    }
    buffer_free(&content);
    return config;
}

/* The only target of a fleet of one. */
static void target_from_url(struct arena *arena, const struct url *url, struct config *config)
{
    struct source_definition *target = arena_array(arena, 1, sizeof *target);
    *target = (struct source_definition){.place.schema = "",
                                         .discovery.databases = "",
                                         .discovery.schemas = "",
                                         .discovery.query = "",
                                         .origin = "--url"};
    const char *name = url->database[0] != '\0' ? url->database : url->host;
    target->place.name = arena_strdup(arena, name[0] != '\0' ? name : "localhost");
    target->place.url = url_format(url, arena);
    target->place.password = url->password != NULL ? secret_keep(arena, url->password) : "";
    config->fleet.sources.items = target;
    config->fleet.sources.count = 1;
}

struct config *config_from_url(const char *url, const char *origin, struct error *error)
{
    struct arena scratch = {0};
    struct arena arena = {0};
    struct root root = {0};
    struct url parts;
    struct config *config = NULL;
    if (secret_is_unresolved(url)) {
        (void)error_set(error, ERROR_CONFIG,
                        "%s is an Azure Pipelines variable that was not replaced", origin);
        (void)error_hint(error,
                         "the variable does not exist in this pipeline, or is a secret that the "
                         "step must map in its env:");
        goto done;
    }
    if (url_parse(url, &scratch, &parts, error) != 0) {
        char sentence[sizeof error->message];
        (void)snprintf(sentence, sizeof sentence, "%s", error->message);
        (void)snprintf(error->message, sizeof error->message, "%.100s %.800s", origin, sentence);
        goto done;
    }
    if (parts.password != NULL && secret_is_unresolved(parts.password)) {
        (void)error_set(error, ERROR_CONFIG,
                        "the password of %s is an Azure Pipelines variable that was not replaced",
                        origin);
        (void)error_hint(error,
                         "the variable does not exist in this pipeline, or is a secret that the "
                         "step must map in its env:");
        goto done;
    }
    struct diagnostics none = {0}; /* the table's defaults are valid (test_config) */
    struct reader reader = {.file = "", .folder = ".", .arena = &arena, .diagnostics = &none};
    reader.environment = process_environment;
    root.config.path = "";
    root.config.folder = ".";
    reader_defaults(&reader, SECTION_ROOT, &root);
    wave_default(&arena, &root.config);
    target_from_url(&arena, &parts, &root.config);
    arena_free(&reader.scratch);
    diagnostics_free(&none);
    config = config_finish(&root, arena);
done:
    arena_free_wiped(&scratch);
    return config;
}

void config_free(struct config *config)
{
    if (config != NULL) {
        struct arena arena = config->arena;
        arena_free(&arena);
        free(config);
    }
}
