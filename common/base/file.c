/* Ordinary files (file.h). */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_refused(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return NULL;
    case S_IFDIR: return "it is a folder, not an ordinary file";
    case S_IFIFO: return "it is a pipe, not an ordinary file";
    case S_IFSOCK: return "it is a socket, not an ordinary file";
    default: return "it is a device, not an ordinary file";
    }
}

int file_open_ordinary(const char *path, const char **why)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        *why = strerror(errno);
        return -1;
    }
    *why = fstat(file, &status) < 0 ? strerror(errno) : kind_refused(status.st_mode);
    if (*why != NULL) {
        (void)close(file);
        return -1;
    }
    return file;
}

int file_read_ordinary(const char *path, size_t most, struct buffer *content, const char **why)
{
    char chunk[16384];
    ssize_t got = 1;
    int file = file_open_ordinary(path, why);
    if (file < 0) {
        return -1;
    }
    while (got > 0 && content->length <= most) {
        got = read(file, chunk, sizeof chunk);
        buffer_append(content, chunk, got > 0 ? (size_t)got : 0);
    }
    *why = got < 0 ? strerror(errno) : NULL;
    (void)close(file);
    return got < 0 ? -1 : 0;
}
