/* Files that must be ordinary ones: what a person names may be a pipe or a device, which keeps its
 * reader until somebody writes, or never ends. */
#ifndef DROVER_BASE_FILE_H
#define DROVER_BASE_FILE_H

/* Opens it for reading, never waiting for a writer. Returns a file descriptor, or -1 and in `why`
 * the end of a sentence: "it is a pipe, not an ordinary file", which the caller does not own. */
int file_open_ordinary(const char *path, const char **why);

#endif
