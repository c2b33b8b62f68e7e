/* Failures: for which cause a job could not be done, as workers report and the coordinator groups
 * them. `struct failure` is a record (records.def).
 */
#ifndef DROVER_VOCABULARY_FAILURE_H
#define DROVER_VOCABULARY_FAILURE_H

#include "common/base/words.h"

/* X(NAME, word, what a person reads as the group's heading) */
#define FAILURE_CAUSE_LIST(X)                                                                      \
    X(NONE, "", "")                                                                                \
    X(UNREACHABLE, "unreachable", "the server cannot be reached")                                  \
    X(LOGIN, "login", "the server refuses the login")                                              \
    X(NO_DATABASE, "no_database", "the database does not exist")                                   \
    X(CLOSED_DATABASE, "closed_database", "the database takes no connections")                     \
    X(NO_SCHEMA, "no_schema", "the schema does not exist")                                         \
    X(SECRET, "secret", "the password cannot be found")                                            \
    X(POOLING, "pooling", "the pooler keeps no transaction together")                              \
    X(STANDBY, "standby", "the server is a standby")                                               \
    X(READ_ONLY, "read_only", "the database is read-only")                                         \
    X(SERVER_VERSION, "server_version", "the PostgreSQL version is not supported")                 \
    X(PRIVILEGE, "privilege", "the role lacks a privilege")                                        \
    X(UNKNOWN_REVISION, "unknown_revision",                                                        \
      "the database is at a revision that the bundle does not know")                               \
    X(CHECKSUM, "checksum", "a revision was edited after it was applied")                          \
    X(HALF_APPLIED, "half_applied", "another non-transactional revision was left half applied")    \
    X(LATE_REVISION, "late_revision", "a revision came to stand below one that had run")           \
    X(PATH, "path", "no path leads to the target revision")                                        \
    X(MOVED, "moved", "the version changed since validation")                                      \
    X(SQL, "sql", "a statement failed")                                                            \
    X(SYNTAX, "syntax", "the server does not know a statement")                                    \
    X(CONTENTION, "contention", "another session changed the same catalog row at that moment")     \
    X(TRANSACTION, "transaction", "the script ended the transaction by itself")                    \
    X(CHECK, "check", "a check is not true")                                                       \
    X(CONNECTION, "connection", "the connection was lost")                                         \
    X(PYTHON, "python", "the project's own Alembic could not run a revision")                      \
    X(DISCOVERY, "discovery", "discovery failed")                                                  \
    X(VERSION_TABLE, "version_table", "the version table cannot be told or trusted")               \
    X(ADOPTION, "adoption", "the other tool's version table cannot be adopted")                    \
    X(WORKER, "worker", "the worker was lost at it")                                               \
    X(INTERNAL, "internal", "an internal fault")

enum failure_cause {
#define ENUM_VALUE(NAME, word, heading) FAILURE_CAUSE_##NAME,
    FAILURE_CAUSE_LIST(ENUM_VALUE)
#undef ENUM_VALUE
};
WORDS_DECLARE(failure_cause);
#define FIELD_ROW_failure_cause FIELD_WORD, &failure_cause_words

const char *failure_cause_heading(enum failure_cause cause);

#endif
