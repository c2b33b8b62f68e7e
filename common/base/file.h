/* Files that must be ordinary ones: what a person names may be a pipe or a device, which keeps its
 * reader until somebody writes, or never ends. */
#ifndef DROVER_BASE_FILE_H
#define DROVER_BASE_FILE_H

#include "common/base/buffer.h"

/* Opens it for reading, never waiting for a writer. Returns a file descriptor, or -1 and in `why`
 * the end of a sentence: "it is a pipe, not an ordinary file", which the caller does not own. */
int file_open_ordinary(const char *path, const char **why);

/* Appends what stands in it. Stops when `content` holds more than `most` bytes, which the caller
 * then sees. Returns 0, or -1 and in `why` the same as above. */
int file_read_ordinary(const char *path, size_t most, struct buffer *content, const char **why);

#endif
