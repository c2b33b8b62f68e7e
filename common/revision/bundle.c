/* Serialised form: "DROVERB1", then the number of files, then for each, in listing order, the
 * length of its name, the name, the length of its content, the content. Numbers are 4 bytes, the
 * highest first.
 */
#include "common/revision/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/revision/bare.h"
#include "common/revision/digest.h"

static const char magic[] = "DROVERB1";

enum { MAGIC_BYTES = sizeof magic - 1 };

struct bundle {
    struct arena arena;
    struct bundle_file *files; /* until they are parsed; their contents are in `serialised` */
    size_t file_count;
    struct graph *graph;
    struct buffer serialised;
    char digest[DIGEST_TEXT_BYTES];
    bool bare;       /* the first file is */
    unsigned shared; /* by so many owners besides the first */
};

static void number_append(struct buffer *out, size_t number)
{
    unsigned char bytes[4] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                              (unsigned char)(number >> 8), (unsigned char)number};
    buffer_append(out, bytes, sizeof bytes);
}

void bundle_file_fill(struct bundle_file *file, struct buffer *content, struct arena *arena)
{
    file->length = content->length;
    file->content = arena_strndup(arena, buffer_text(content), content->length);
    buffer_free(content);
}

struct bundle *bundle_pack(const struct bundle_file *files, size_t count)
{
    struct bundle *bundle = memory_alloc(sizeof *bundle);
    struct bundle_file *kept = arena_array(&bundle->arena, count, sizeof *kept);
    struct buffer *out = &bundle->serialised;
    size_t length = MAGIC_BYTES + sizeof(uint32_t);
    for (size_t i = 0; i < count; i++) {
        length += 2 * sizeof(uint32_t) + strlen(files[i].name) + files[i].length;
    }
    buffer_reserve(out, length);
    buffer_append(out, magic, MAGIC_BYTES);
    number_append(out, count);
    for (size_t i = 0; i < count; i++) {
        number_append(out, strlen(files[i].name));
        buffer_text_append(out, files[i].name);
        number_append(out, files[i].length);
        kept[i] = (struct bundle_file){.name = arena_strdup(&bundle->arena, files[i].name),
                                       .content = out->data + out->length,
                                       .length = files[i].length};
        buffer_append(out, files[i].content, files[i].length);
    }
    digest_text(out->data, out->length, bundle->digest);
    bundle->files = kept;
    bundle->file_count = count;
    return bundle;
}

/* What the name of a file says that has no header; NULL: it has one, or needs one. */
static struct bare *bare_of(const struct bundle *bundle, const struct bundle_file *file,
                            const struct revision *before, struct arena *arena)
{
    struct bare *bare =
        bundle->bare && bare_is(file->content, file->length) ? bare_read(file->name, arena) : NULL;
    if (bare != NULL) {
        bare->follows = before == NULL ? NULL : before->id;
    }
    return bare;
}

/* Diagnostics name files with their folder; afterwards revisions know only their name, so that two
 * machines with the same bundle speak of the same path. */
void bundle_parse(struct bundle *bundle, const char *folder, struct diagnostics *diagnostics)
{
    const struct bundle_file *files = bundle->files;
    const size_t count = bundle->file_count;
    struct arena *arena = &bundle->arena;
    struct revision **revisions = arena_array(arena, count, sizeof(void *));
    size_t folder_length = strlen(folder);
    bool apart = folder_length > 0 && folder[folder_length - 1] != '/';
    size_t parsed = 0;
    bundle->bare = count > 0 && bare_is(files[0].content, files[0].length);
    for (size_t i = 0; i < count; i++) {
        char *path = arena_printf(arena, "%s%s%s", folder, apart ? "/" : "", files[i].name);
        const struct bare *bare =
            bare_of(bundle, &files[i], parsed > 0 ? revisions[parsed - 1] : NULL, arena);
        revisions[parsed] =
            revision_parse_bare(arena, path, files[i].content, files[i].length, bare, diagnostics);
        parsed += revisions[parsed] != NULL;
    }
    /* Where a file has no id, whoever names it would seem at fault: the graph waits. */
    bundle->graph = graph_build(arena, revisions, parsed == count ? count : 0, diagnostics);
    for (size_t i = 0; i < parsed && parsed == count; i++) {
        revisions[i]->path = arena_strdup(arena, files[i].name);
    }
}

struct bundle *bundle_build(const struct bundle_file *files, size_t file_count, const char *folder,
                            struct diagnostics *diagnostics)
{
    struct bundle *bundle = bundle_pack(files, file_count);
    bundle_parse(bundle, folder, diagnostics);
    return bundle;
}

struct reader {
    struct bytes left;
    bool damaged;
};

static size_t number_read(struct reader *reader)
{
    if (reader->left.length < 4) {
        reader->damaged = true;
        return 0;
    }
    const uint8_t *data = reader->left.data;
    reader->left.data += 4;
    reader->left.length -= 4;
    return (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
}

static const char *bytes_read(struct reader *reader, size_t length)
{
    if (reader->left.length < length) {
        reader->damaged = true;
        return "";
    }
    const char *data = (const char *)reader->left.data;
    reader->left.data += length;
    reader->left.length -= length;
    return data;
}

/* Reads the list of files; their content stays in the serialised bytes. -1 if damaged. */
static int files_read(struct bytes serialised, struct arena *arena, struct bundle_file **files,
                      size_t *count)
{
    enum { FILE_BYTES_MIN = 8 };
    if (serialised.length < MAGIC_BYTES || memcmp(serialised.data, magic, MAGIC_BYTES) != 0) {
        return -1;
    }
    struct reader reader = {
        .left = {.data = serialised.data + MAGIC_BYTES, .length = serialised.length - MAGIC_BYTES}};
    *count = number_read(&reader);
    if (reader.damaged || *count > reader.left.length / FILE_BYTES_MIN) {
        return -1;
    }
    *files = arena_array(arena, *count, sizeof **files);
    for (size_t i = 0; i < *count && !reader.damaged; i++) {
        size_t name_length = number_read(&reader);
        const char *name = bytes_read(&reader, name_length);
        struct bundle_file *file = &(*files)[i];
        if (reader.damaged || name_length == 0 || memchr(name, '\0', name_length) != NULL) {
            return -1;
        }
        file->name = arena_strndup(arena, name, name_length);
        file->length = number_read(&reader);
        file->content = bytes_read(&reader, file->length);
        if (i > 0 && strcmp((*files)[i - 1].name, file->name) == 0) {
            return -1;
        }
    }
    return reader.damaged || reader.left.length > 0 ? -1 : 0;
}

static int diagnostics_fail(const struct diagnostics *diagnostics, struct error *error)
{
    const struct diagnostic *first = diagnostics->first;
    while (first->warning) {
        first = first->next;
    }
    (void)error_set(error, ERROR_REVISION, "the bundle does not parse: %s:%u:%u: %s", first->file,
                    first->line, first->column, first->message);
    return diagnostics->error_count > 1
               ? error_hint(error, "%zu more errors follow", diagnostics->error_count - 1)
               : -1;
}

struct bundle *bundle_read(struct bytes serialised, struct error *error)
{
    struct buffer copy = {0};
    buffer_append(&copy, serialised.data, serialised.length);
    return bundle_open(&copy, error);
}

struct bundle *bundle_open(struct buffer *serialised, struct error *error)
{
    struct bundle *bundle = memory_alloc(sizeof *bundle);
    struct diagnostics diagnostics = {0};
    bundle->serialised = *serialised;
    *serialised = (struct buffer){0};
    digest_text(bundle->serialised.data, bundle->serialised.length, bundle->digest);
    if (files_read(bundle_bytes(bundle), &bundle->arena, &bundle->files, &bundle->file_count) < 0) {
        (void)error_set(error, ERROR_REVISION, "the bundle's bytes are damaged");
        goto fail;
    }
    bundle_parse(bundle, "", &diagnostics);
    if (diagnostics.error_count > 0) {
        (void)diagnostics_fail(&diagnostics, error);
        goto fail;
    }
    diagnostics_free(&diagnostics);
    return bundle;
fail:
    diagnostics_free(&diagnostics);
    bundle_free(bundle);
    return NULL;
}

struct bundle *bundle_share(struct bundle *bundle)
{
    bundle->shared++;
    return bundle;
}

void bundle_free(struct bundle *bundle)
{
    if (bundle != NULL && bundle->shared > 0) {
        bundle->shared--;
    } else if (bundle != NULL) {
        arena_free(&bundle->arena);
        buffer_free(&bundle->serialised);
        free(bundle);
    }
}

const char *bundle_digest(const struct bundle *bundle)
{
    return bundle->digest;
}

struct bytes bundle_bytes(const struct bundle *bundle)
{
    return (struct bytes){.data = (const uint8_t *)bundle->serialised.data,
                          .length = bundle->serialised.length};
}

bool bundle_is_bare(const struct bundle *bundle)
{
    return bundle->bare;
}

const struct graph *bundle_graph(const struct bundle *bundle)
{
    return bundle->graph;
}
