/* Judging one statement by its parse tree. */
#ifndef DROVER_REVISION_STATEMENT_H
#define DROVER_REVISION_STATEMENT_H

#include "common/revision/revision.h"
#include "common/revision/source.h"

/* Whether PostgreSQL would read this text as a statement that begins or ends a transaction, by its
 * first word: BEGIN, START, COMMIT, END, ROLLBACK, ABORT, SAVEPOINT, RELEASE, PREPARE TRANSACTION. */
bool statement_is_control(const char *sql, size_t length);

/* Whether it is a SET or RESET. */
bool statement_is_setting(const struct statement *statement);

/* Whether it is a CALL, or a DO in whose text COMMIT or ROLLBACK stands. */
bool statement_may_commit(const struct statement *statement);

/* `statement` has its sql; fills in its kind and names, and reports at `offset`, where sql stands
 * in the file, if such a statement is not allowed in a revision. */
void statement_judge(const struct source *source, size_t offset, bool transactional,
                     struct statement *statement);

/* Where in the file the character of the statement with this number is, from 1; 0: where it begins. The column
 * is 0 when it is not known. */
void statement_locate(const struct statement *statement, unsigned character, unsigned *line,
                      unsigned *column);

#endif
