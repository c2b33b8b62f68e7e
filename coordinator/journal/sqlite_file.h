/* The file behind the SQLite journal: opening, its tables, and small helpers over the library. */
#ifndef DROVER_JOURNAL_SQLITE_FILE_H
#define DROVER_JOURNAL_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdint.h>

#include "common/base/error.h"

/* Makes the folder (0700) and the file (0600) when they are missing. */
int sqlite_file_create(const char *path, struct error *error) MUST_CHECK;

/* Opens one connection with our settings (WAL, synchronous FULL); makes the tables and checks the
 * format. NULL and ERROR_JOURNAL if it cannot. */
sqlite3 *sqlite_file_open(const char *path, struct error *error);

/* The journal's identity, made here if it has none yet; 0 and an error if it cannot. */
uint64_t sqlite_file_identity(sqlite3 *database, struct error *error);

/* The same as sqlite_file_open, reading only; makes nothing. */
sqlite3 *sqlite_file_read(const char *path, struct error *error);

/* Runs statements that give no rows. */
int sqlite_run(sqlite3 *database, const char *sql, struct error *error) MUST_CHECK;

/* NULL and an error if it cannot; finalize it with sqlite3_finalize. */
sqlite3_stmt *sqlite_prepare(sqlite3 *database, const char *sql, struct error *error);

/* Fills the error from the connection's last fault; returns -1. */
int sqlite_fail(sqlite3 *database, const char *what, struct error *error);

#endif
