/* A bundle: all revisions of a project, immutable, named by its SHA-256.
 *
 * Its serialised form travels from the command to the coordinator and on to the workers, each of
 * which parses it again; the name proves that they hold the same bytes.
 */
#ifndef DROVER_REVISION_BUNDLE_H
#define DROVER_REVISION_BUNDLE_H

#include "common/base/buffer.h"
#include "common/base/diagnostic.h"
#include "common/revision/graph.h"
#include "common/vocabulary/field.h"

struct bundle_file {
    const char *name; /* file name without folder */
    const char *content;
    size_t length;
};

/* Its content is copied, and the buffer freed. */
void bundle_file_fill(struct bundle_file *file, struct buffer *content, struct arena *arena);

struct bundle; /* owns an arena with everything below it */

/* Parses and checks `files`, given in listing order: for native files that is their order of name;
 * names are unique. Always returns a bundle, which may be incomplete: it is usable only if
 * diagnostics->error_count did not grow. `folder` is put before the file names in diagnostics
 * ("migrations/0001_x.sql"); "" for none. An empty list is a valid, empty bundle. */
struct bundle *bundle_build(const struct bundle_file *files, size_t file_count, const char *folder,
                            struct diagnostics *diagnostics);

/* The same in two steps, for files that need much memory: bundle_pack has copied them, and only bundle_parse and
 * bundle_free may follow. */
struct bundle *bundle_pack(const struct bundle_file *files, size_t file_count);
void bundle_parse(struct bundle *bundle, const char *folder, struct diagnostics *diagnostics);

/* From serialised bytes; NULL and an error if they are damaged or do not parse cleanly. The bytes
 * are copied. */
struct bundle *bundle_read(struct bytes serialised, struct error *error);

/* The same, and takes the bytes over, on failure too; the buffer is empty afterwards. */
struct bundle *bundle_open(struct buffer *serialised, struct error *error);

/* The same bundle once more, for another owner in this thread; each frees it. */
struct bundle *bundle_share(struct bundle *bundle);

void bundle_free(struct bundle *bundle);

/* Borrowed from the bundle. */
const char *bundle_digest(const struct bundle *bundle); /* 64 hex digits */
struct bytes bundle_bytes(const struct bundle *bundle);
bool bundle_is_bare(const struct bundle *bundle); /* its files need no header (bare.h) */
const struct graph *bundle_graph(const struct bundle *bundle);

#endif
