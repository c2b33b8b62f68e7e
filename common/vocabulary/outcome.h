/* The words in which workers report and the coordinator groups
 * failures: one list for both sides. */
#ifndef DROVER_VOCABULARY_OUTCOME_H
#define DROVER_VOCABULARY_OUTCOME_H

#include <stdint.h>

#include "common/base/buffer.h"

/* What a worker is asked to do. */
#define JOB_KIND_LIST(X)                                                                           \
    X(DISCOVER, "discover") /* list the databases or schemas that a pattern or query names */      \
    X(INSPECT, "inspect")   /* validate one target: read-only */                                   \
    X(DEPLOY, "deploy")     /* take one target along its path */                                   \
    X(CHECK, "check")       /* SQL that must return true on one target: read-only */               \
    X(PROBE, "probe")       /* measure the load of one server: read-only */

#define JOB_OUTCOME_LIST(X)                                                                        \
    X(DONE, "done")                                                                                \
    X(ALREADY, "already") /* deploy: the heads were there before we came */                        \
    X(FAILED, "failed")                                                                            \
    X(CANCELLED, "cancelled") /* because the coordinator asked; rolled back */

/* X(NAME, word, what a person reads as the group's heading) */
#define FAILURE_CAUSE_LIST(X)                                                                      \
    X(NONE, "none", "")                                                                            \
    X(UNREACHABLE, "unreachable", "the server cannot be reached")                                  \
    X(LOGIN, "login", "the server refuses the login")                                              \
    X(NO_DATABASE, "no_database", "the database does not exist")                                   \
    X(NO_SCHEMA, "no_schema", "the schema does not exist")                                         \
    X(SECRET, "secret", "the password cannot be found")                                            \
    X(STANDBY, "standby", "the server is a standby")                                               \
    X(READ_ONLY, "read_only", "the database is read-only")                                         \
    X(SERVER_VERSION, "server_version", "the PostgreSQL version is not supported")                 \
    X(PRIVILEGE, "privilege", "the role lacks a privilege")                                        \
    X(UNKNOWN_REVISION, "unknown_revision",                                                        \
      "the database is at a revision that the bundle does not know")                               \
    X(CHECKSUM, "checksum", "a revision was edited after it was applied")                          \
    X(HALF_APPLIED, "half_applied", "another non-transactional revision was left half applied")    \
    X(PATH, "path", "no path leads to the target revision")                                        \
    X(MOVED, "moved", "the version changed since validation")                                      \
    X(SQL, "sql", "a statement failed")                                                            \
    X(TRANSACTION, "transaction", "the script ended the transaction by itself")                    \
    X(CHECK, "check", "a check is not true")                                                       \
    X(CONNECTION, "connection", "the connection was lost")                                         \
    X(DISCOVERY, "discovery", "discovery failed")                                                  \
    X(INTERNAL, "internal", "an internal fault")

enum job_kind {
#define JOB_KIND_ENUM(name, word) JOB_##name,
    JOB_KIND_LIST(JOB_KIND_ENUM)
#undef JOB_KIND_ENUM
};

enum job_outcome {
#define JOB_OUTCOME_ENUM(name, word) JOB_OUTCOME_##name,
    JOB_OUTCOME_LIST(JOB_OUTCOME_ENUM)
#undef JOB_OUTCOME_ENUM
};

enum failure_cause {
#define FAILURE_CAUSE_ENUM(name, word, heading) FAILURE_CAUSE_##name,
    FAILURE_CAUSE_LIST(FAILURE_CAUSE_ENUM)
#undef FAILURE_CAUSE_ENUM
};

const char *job_kind_word(enum job_kind kind);
const char *job_outcome_word(enum job_outcome outcome);
const char *failure_cause_word(enum failure_cause cause);
const char *failure_cause_heading(enum failure_cause cause);

/* "3 revisions were applied and 1 undone by something else, probably Alembic": what is found on a
 * target and not in its history. One of the two is not 0. */
void unrecorded_append(struct buffer *out, uint64_t seen, uint64_t gone);

/* The value of a word; -1 when unknown. */
int job_kind_from_word(const char *word);
int job_outcome_from_word(const char *word);
int failure_cause_from_word(const char *word);

#endif
