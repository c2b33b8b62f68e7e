/* Revisions as Alembic shows them: the lines of `history`, `heads`, `branches`, `show`. */
#ifndef DROVER_TEXT_REVISION_TEXT_H
#define DROVER_TEXT_REVISION_TEXT_H

#include "cli/text/style.h"
#include "common/revision/graph.h"

/* "id (L1, L2) (head) (branchpoint)" */
void revision_short_append(const struct graph *graph, const struct revision *revision,
                           const struct style *style, struct buffer *out);

/* "p -> id (L) (head) (mergepoint), message" and a newline. `mark` is " (current)" or "". */
void revision_line_append(const struct graph *graph, const struct revision *revision,
                          const char *mark, const struct style *style, struct buffer *out);

/* The long form: `Rev: ...`, `Parent: ...` and so on, the message indented, an empty line. */
void revision_page_append(const struct graph *graph, const struct revision *revision,
                          const char *folder, const char *mark, const struct style *style,
                          struct buffer *out);

/* " (head)", " (effective head)", or "" . */
const char *revision_head_mark(const struct graph *graph, const struct revision *revision);

/* "folder/file.sql", in `out`. */
void revision_path_append(const char *folder, const struct revision *revision, struct buffer *out);

/* The statements as they stand in a script; of data only how many, and their digest. */
void script_text_append(struct buffer *out, const struct script *script);

#endif
