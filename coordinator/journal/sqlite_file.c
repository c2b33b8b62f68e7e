/* One file: events in order, one row of meta (format, epoch, owner, identity) and the bundles by
 * digest. */
#include "coordinator/journal/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "coordinator/journal/journal.h"

enum {
    FILE_FORMAT = 1,
    /* Nobody holds the file for long: a reader never blocks a writer in WAL. */
    BUSY_TIMEOUT_MS = 10000,
};

static const char owner_hint[] =
    "the user that owns the file and its folder may, and must be able to write both";

static const char file_tables[] =
    "begin immediate;"
    "create table if not exists meta(one integer primary key check (one = 1),"
    "  format integer not null, epoch integer not null, owner integer not null);"
    "create table if not exists events(sequence integer primary key, epoch integer not null,"
    "  at_ms integer not null, type integer not null, payload blob not null);"
    "create table if not exists bundles(digest text primary key, content blob not null);"
    "insert or ignore into meta(one, format, epoch, owner) values (1, 1, 0, 0);"
    "commit";

int sqlite_fail(sqlite3 *database, const char *what, struct error *error)
{
    int code = sqlite3_errcode(database) & 0xff;
    const char *path = sqlite3_db_filename(database, "main");
    error_set(error, ERROR_JOURNAL, "the journal %s: %s: %s", path == NULL ? "" : path, what,
              sqlite3_errmsg(database));
    if (code == SQLITE_FULL) {
        error_hint(error, "make room and run the same command again; it goes on where it was");
    } else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        error_hint(error, "%s", JOURNAL_DAMAGED_HINT);
    } else if (code == SQLITE_IOERR) {
        error_hint(error, "is the disk full, or broken? The same command goes on where it was");
    } else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM) {
        error_hint(error, "%s", owner_hint);
    }
    return -1;
}

int sqlite_run(sqlite3 *database, const char *sql, struct error *error)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return sqlite_fail(database, "write", error);
    }
    return 0;
}

sqlite3_stmt *sqlite_prepare(sqlite3 *database, const char *sql, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) {
        sqlite_fail(database, "prepare", error);
        return NULL;
    }
    return statement;
}

/* Every folder above `path` that is missing, like mkdir -p. */
static int folders_create(const char *path, struct error *error)
{
    struct arena arena = {0};
    char *folder = arena_strdup(&arena, path);
    int result = 0;
    for (char *slash = strchr(folder + 1, '/'); slash != NULL && result == 0;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            result =
                error_set(error, ERROR_JOURNAL, "make the folder %s: %s", folder, strerror(errno));
        }
        *slash = '/';
    }
    arena_free(&arena);
    return result;
}

int sqlite_file_create(const char *path, struct error *error)
{
    if (folders_create(path, error) != 0) {
        return -1;
    }
    int file_descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_descriptor < 0) {
        error_set(error, ERROR_JOURNAL, "open the journal %s: %s", path, strerror(errno));
        return error_hint(error, "%s", owner_hint);
    }
    close(file_descriptor);
    return 0;
}

static int format_check(sqlite3 *database, const char *path, struct error *error)
{
    sqlite3_stmt *statement = sqlite_prepare(database, "select format from meta", error);
    if (statement == NULL) {
        if (strstr(error->message, "no such table") != NULL) {
            error_set(error, ERROR_JOURNAL, "the journal %s holds nothing yet", path);
            error_hint(error, "`drover upgrade head` starts a rollout");
        }
        return -1;
    }
    int result = 0;
    if (sqlite3_step(statement) != SQLITE_ROW) {
        result = sqlite_fail(database, "read the format", error);
    } else if (sqlite3_column_int64(statement, 0) != FILE_FORMAT) {
        error_set(error, ERROR_JOURNAL, "the journal %s has format %lld, which is not known", path,
                  (long long)sqlite3_column_int64(statement, 0));
        result = error_hint(error, "a newer drover wrote it; start that one");
    }
    sqlite3_finalize(statement);
    return result;
}

static sqlite3 *connection_open(const char *path, int flags, struct error *error)
{
    sqlite3 *database = NULL;
    /* NOMUTEX: each connection is used by one thread at a time. */
    if (sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        error_set(error, ERROR_JOURNAL, "open the journal %s: %s", path, sqlite3_errmsg(database));
        sqlite3_close(database);
        return NULL;
    }
    sqlite3_busy_timeout(database, BUSY_TIMEOUT_MS);
    return database;
}

/* A database of something else gets no tables of ours. */
static int ownership_check(sqlite3 *database, const char *path, struct error *error)
{
    static const char tables[] =
        "select (select application_id from pragma_application_id()) <> 0 or exists (select 1 from"
        " sqlite_master where type = 'table' and name not in ('meta', 'events', 'bundles') and "
        "name not like 'sqlite_%')";
    sqlite3_stmt *statement = sqlite_prepare(database, tables, error);
    if (statement == NULL) {
        return -1;
    }
    int result = 0;
    if (sqlite3_step(statement) != SQLITE_ROW) {
        result = sqlite_fail(database, "look at its tables", error);
    } else if (sqlite3_column_int(statement, 0) != 0) {
        error_set(error, ERROR_JOURNAL, "%s is no journal: another program keeps its data there",
                  path);
        result = error_hint(error, "name another file for the journal");
    }
    sqlite3_finalize(statement);
    return result;
}

sqlite3 *sqlite_file_open(const char *path, struct error *error)
{
    sqlite3 *database = connection_open(path, SQLITE_OPEN_READWRITE, error);
    if (database == NULL) {
        return NULL;
    }
    if (ownership_check(database, path, error) != 0 ||
        sqlite_run(database, "pragma journal_mode = wal; pragma synchronous = full", error) != 0 ||
        sqlite_run(database, file_tables, error) != 0 || format_check(database, path, error) != 0) {
        sqlite3_close(database);
        return NULL;
    }
    return database;
}

/* The column came later than the table. */
static int identity_column(sqlite3 *database, struct error *error)
{
    static const char columns[] = "select 1 from pragma_table_info('meta') where name = 'identity'";
    sqlite3_stmt *statement = sqlite_prepare(database, columns, error);
    if (statement == NULL) {
        return -1;
    }
    bool there = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return there ? 0
                 : sqlite_run(database,
                              "alter table meta add column identity integer not null default 0",
                              error);
}

uint64_t sqlite_file_identity(sqlite3 *database, struct error *error)
{
    if (identity_column(database, error) != 0) {
        return 0;
    }
    static const char make[] = "update meta set identity = case identity when 0 then random() | 1"
                               " else identity end returning identity";
    sqlite3_stmt *statement = sqlite_prepare(database, make, error);
    if (statement == NULL) {
        return 0;
    }
    uint64_t identity = 0;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        identity = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    if (identity == 0 || sqlite3_step(statement) != SQLITE_DONE) { /* the commit */
        sqlite_fail(database, "give the journal its identity", error);
        identity = 0;
    }
    sqlite3_finalize(statement);
    return identity;
}

sqlite3 *sqlite_file_read(const char *path, struct error *error)
{
    struct stat status;
    bool missing = stat(path, &status) != 0;
    /* An attempt that ended before the tables were made leaves an empty file. */
    if (missing || status.st_size == 0) {
        error_set(error, ERROR_JOURNAL, "the journal %s cannot be read: %s", path,
                  missing ? strerror(errno) : "it is empty");
        error_hint(error, "no rollout was started with this configuration yet; "
                          "`drover upgrade head` starts one");
        return NULL;
    }
    sqlite3 *database = connection_open(path, SQLITE_OPEN_READONLY, error);
    if (database != NULL && format_check(database, path, error) != 0) {
        sqlite3_close(database);
        return NULL;
    }
    return database;
}
