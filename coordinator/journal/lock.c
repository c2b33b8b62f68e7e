/* flock, not fcntl: it belongs to the open file, so that a second handle in the same process is
 * refused too, and closing some other descriptor of the file does not lose it. The file is never
 * removed: a second owner could then lock a file of another inode. */
#include "coordinator/journal/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/buffer.h"

static int lock_busy(int file_descriptor, const char *path, struct error *error)
{
    char owner[24] = "";
    ssize_t length = pread(file_descriptor, owner, sizeof owner - 1, 0);
    owner[length > 0 ? length : 0] = '\0';
    long pid = strtol(owner, NULL, 10);
    if (pid > 0) {
        error_set(error, ERROR_BUSY, "the journal %s is held by process %ld", path, pid);
    } else {
        error_set(error, ERROR_BUSY, "the journal %s is held by another process", path);
    }
    return error_hint(error,
                      "a coordinator or an embedded run is at work on it; wait for it, or see "
                      "`drover status`");
}

int lock_take(const char *path, struct error *error)
{
    struct buffer name = {0};
    buffer_printf(&name, "%s.lock", path);
    int file_descriptor = open(buffer_text(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_descriptor < 0) {
        error_set(error, ERROR_JOURNAL, "open %s: %s", buffer_text(&name), strerror(errno));
        goto out;
    }
    if (flock(file_descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            lock_busy(file_descriptor, path, error);
        } else {
            error_set(error, ERROR_JOURNAL, "lock %s: %s", buffer_text(&name), strerror(errno));
        }
        close(file_descriptor);
        file_descriptor = -1;
        goto out;
    }
    char owner[24];
    int length = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    /* For the message of the next one only: a full disk must not keep the journal from opening. */
    if (ftruncate(file_descriptor, 0) != 0 ||
        pwrite(file_descriptor, owner, (size_t)length, 0) != length) {
        (void)ftruncate(file_descriptor, 0);
    }
out:
    buffer_free(&name);
    return file_descriptor;
}

void lock_release(int file_descriptor)
{
    if (file_descriptor >= 0) {
        close(file_descriptor);
    }
}
