/* The lock that makes a journal one process's own: flock on a companion
 * file that holds the owner's pid. */
#ifndef DROVER_JOURNAL_LOCK_H
#define DROVER_JOURNAL_LOCK_H

#include "common/base/error.h"

/* Takes the lock on "<path>.lock" (made when missing, mode 0600) and returns its file descriptor,
 * which holds it until closed or until the process ends, however it ends. -1: ERROR_BUSY with the
 * owner's pid, or ERROR_JOURNAL. */
int lock_take(const char *path, struct error *error) MUST_CHECK;

void lock_release(int file_descriptor);

#endif
