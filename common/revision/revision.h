/* One revision: a migration file parsed, split into statements and checked.
 *
 * The file is plain SQL with a header in the words of an Alembic docstring:
 *
 *     -- create account table
 *     --
 *     -- Revision ID: 1f0c2a9b77de
 *     -- Revises: 9c1d..., 77ab...        (empty: a base)
 *     -- Create Date: 2024-05-13 09:00:00+00:00
 *     -- Branch Labels: billing, ops      (optional)
 *     -- Depends On: 3e2f..., ops         (optional)
 *     -- Known As: 1                      (optional: what the tool that it was imported from calls it)
 *     -- Transaction: none                (optional: statements run one by one, outside a
 * transaction)
 *     -- Idempotent: yes                 (optional: a statement that was interrupted may run again)
 *     -- Syntax: server                  (optional: the servers judge what the built-in parser refuses)
 *     -- Up Unavailable: REASON           (optional, written for what Alembic cannot render: a plan
 * with this step is refused; Down Unavailable likewise)
 *     -- Up Alembic: REASON               (optional, written for what only the project's own Alembic can
 * run, on each target, and why; Down Alembic likewise)
 *     -- Source: SHA-256                  (of the .py file, written for the one before)
 *     -- Code: SHA-256                    (of what its upgrade() is made of, without layout and comments)
 *
 *     -- migrate:up
 *     CREATE TABLE ...;
 *
 *     -- migrate:down                    (or with "transaction:none", for this direction alone;
 *     DROP TABLE ...;                     "transaction:true" where the header says none)
 *
 * Everything here is pure: files arrive as text, results live in the caller's arena.
 */
#ifndef DROVER_REVISION_REVISION_H
#define DROVER_REVISION_REVISION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/diagnostic.h"
#include "common/vocabulary/field.h"
#include "common/vocabulary/rollout.h"

enum {
    VERSION_CHARACTERS = 32, /* Alembic's version_num is VARCHAR(32), unless somebody widened it */
    REVISION_ID_BYTES_MAX = 255,
};

/* How a statement of a non-transactional revision is run, and what makes it safe to run again after
 * a crash in the middle (docs/design/postgres.md, section 3). */
enum statement_kind {
    STATEMENT_ORDINARY, /* runs in a transaction, together with its progress row: exactly once; alone
                              when the server does not let it run in one */
    STATEMENT_INDEX_BUILD, /* CREATE INDEX CONCURRENTLY: healed by `index_name` */
    STATEMENT_INDEX_DROP,  /* DROP INDEX CONCURRENTLY: done when `index_name` is gone */
    STATEMENT_REINDEX,    /* REINDEX CONCURRENTLY: harmless to repeat once its leftovers are gone */
    STATEMENT_REPEATABLE, /* VACUUM, REINDEX ..., CLUSTER, ALTER SYSTEM: harmless to repeat */
    STATEMENT_ONCE,       /* replication slots, subscriptions: nobody can tell after a crash */
};

/* What stands below a COPY ... FROM STDIN in its file. */
struct inline_data {
    struct bytes bytes; /* lines that each end in a newline; data NULL: there are none */
    unsigned line;      /* in the file, of their first byte */
};

struct statement {
    const char *sql; /* without the final semicolon and without leading comments and blanks */
    size_t length;   /* bytes of sql, which is also NUL-terminated */
    unsigned line;   /* in the file, of sql's first byte */
    unsigned column; /* the same; 0: not known */
    const char *
        newer; /* what the built-in parser says of it, which does not know it though newer servers may
                          (newer.h); NULL: it reads it */
    enum statement_kind kind;
    struct inline_data data;  /* of COPY ... FROM STDIN */
    const char *index_schema; /* INDEX_*: "" when not qualified */
    const char *index_name;   /* INDEX_*: unquoted; "" otherwise */
    const char *table_name; /* INDEX_BUILD: as written, quoted if need be, with schema; REINDEX: the
                                 table or index, "" for a schema or database */
};

struct script {
    bool present; /* the section exists; a missing migrate:down makes a downgrade impossible */
    bool transactional;
    bool untouched; /* no statement, and the comment with which the template invites to write one */
    bool broken;    /* a way down that does not parse; then it is unavailable, too */
    const char *unavailable; /* why it cannot be run at all; NULL: it can */
    const char *alembic;     /* why the project's own Alembic must run it; NULL: it is SQL */
    unsigned line;
    struct statement *statements;
    size_t statement_count;
    bool server_syntax;   /* the header says that the servers judge what the parser refuses */
    bool newer;           /* one of the statements is (struct statement) */
    bool adds_enum_value; /* which nothing may use before it is committed */
    enum sharing sharing; /* of the rows it changes */
};

/* What of a file does what Drover does anyway, or nothing to a server. */
struct passed_over {
    unsigned psql_lines; /* of psql, as \restrict */
    unsigned psql_words; /* the set of them (meta_command.h) */
    unsigned pairs;      /* sections that stand between BEGIN and COMMIT */
};

struct revision {
    const char *id;
    const char *message; /* the header's text before "--", lines joined by newlines; may be "" */
    const char *path;    /* file name, as given */
    const char *create_date;
    const char *const *down_revisions;
    size_t down_revision_count;
    const char *const *depends_on; /* as written: ids or labels */
    size_t depends_on_count;
    const char *const *branch_labels;
    size_t branch_label_count;
    const char
        *known_as;   /* in the version table of another tool; the id when the header does not say */
    bool idempotent; /* the header says that each of its statements may run again */
    char checksum[65]; /* what is recorded: the statements'. With code "s", its first 31 digits and
                          32 of the statements', or zeros where Alembic runs it */
    char checksum_statements[65]; /* SHA-256 in hex over what migrate:up does: its statements' text
                          and `transactional`. Comments, the header and migrate:down may be mended
                          after the revision was applied; the statements may not. */
    char checksum_otherwise[65];  /* the same with the other `transactional` */
    const char *source;           /* SHA-256 in hex of the .py file; "": there is none */
    const char *code; /* SHA-256 in hex of what its upgrade() is made of; "": not known */
    struct script up;
    struct script down;
    struct passed_over passed_over;
    /* Where the header names these, for diagnostics about the graph; one column for each name. */
    unsigned id_line;
    unsigned id_column;
    unsigned revises_line;
    unsigned depends_line;
    unsigned labels_line;
    const unsigned *down_revision_columns;
    const unsigned *depends_on_columns;
    const unsigned *branch_label_columns;
};

/* Parses one file. Diagnostics name `path` with line and column. Returns NULL when the header is so
 * broken that the revision has no id; a revision with other errors is still returned, so that one
 * run reports everything, but diagnostics->error_count has grown. Result and texts live in `arena`; data of
 * statements are borrowed from `content`.
 *
 * A syntax error in migrate:down makes that way unavailable. Refused with the reason: other syntax errors
 * (PostgreSQL's own message) in what no newer server knows either, psql meta-commands that do more than
 * nothing to a server, COPY ... FROM STDIN without data, transaction control (BEGIN, COMMIT, ROLLBACK, SAVEPOINT, PREPARE
 * TRANSACTION ...) but for a pair of BEGIN and COMMIT around a whole transactional section, statements that cannot run inside a transaction in a transactional revision,
 * CREATE/DROP DATABASE/TABLESPACE and CREATE SUBSCRIPTION always, SET standard_conforming_strings.
 */
struct revision *revision_parse(struct arena *arena, const char *path, const char *content,
                                size_t length, struct diagnostics *diagnostics);

/* The same for a file without a header, if `bare` says what it would say. */
struct bare;
struct revision *revision_parse_bare(struct arena *arena, const char *path, const char *content,
                                     size_t length, const struct bare *bare,
                                     struct diagnostics *diagnostics);

/* Whether `checksum`, as it was recorded, is of the statements as they are, in whichever transaction they
 * ran: what was done is the same. It may also be the code that is the same, whatever is rendered from
 * it elsewhere; and where there are no statements, what was recorded of statements alone is taken for
 * them. */
bool revision_is_recorded(const struct revision *revision, const char *checksum);

/* Whether one direction holds a statement that is known to run in no transaction, and for which something must be set
 * in the session: the search_path `in_schema`, or what SET or RESET before it says. */
bool revision_needs_session(const struct revision *revision, bool up, bool in_schema);

/* What `drover revision` writes. `create_date` comes from the caller (no clock here). */
struct revision_template {
    const char *id;
    const char *message;
    const char *create_date;
    const char *const *down_revisions;
    size_t down_revision_count;
    const char *const *depends_on;
    size_t depends_on_count;
    const char *const *branch_labels;
    size_t branch_label_count;
    bool transactional;
    bool up_outside;              /* this direction alone runs in no transaction */
    bool down_outside;            /* the same */
    bool one_way;                 /* there is no migrate:down */
    const char *known_as;         /* NULL: the id */
    const char *up_sql;           /* NULL: an empty section with a comment that invites */
    const char *down_sql;         /* the same */
    const char *up_unavailable;   /* one line, or NULL */
    const char *down_unavailable; /* one line, or NULL */
    const char *up_alembic;       /* one line, or NULL */
    const char *down_alembic;     /* one line, or NULL */
    const char *source;           /* SHA-256 in hex, or NULL */
    const char *code;             /* likewise */
    struct {
        unsigned id, down_revisions, depends_on, branch_labels;
    } lines; /* of a file rendered from Python: where these stand in it; 0: it does not say */
};

struct buffer;
void revision_render(const struct revision_template *template, struct buffer *out);

/* "<id>_<slug>.sql" by Alembic's rules: runs of letters, digits and underscores of the message in
 * lower case, joined by '_', cut to 40 at an underscore; no message: "<id>_.sql". */
char *revision_file_name(struct arena *arena, const char *id, const char *message);

#endif
