/* Statements that the parser does not know, by their words (verdict.h). */
#include "common/base/array.h"
#include "common/revision/place.h"
#include "common/revision/verdict.h"

/* The first row that fits counts. What nobody knows how to heal is run once. */
static const struct row {
    const char *head;  /* words at the statement's begin (place.h) */
    const char *holds; /* a word anywhere in it, or NULL */
    struct verdict verdict;
    enum statement_kind kind;
} rows[] = {
    {"create|drop database|tablespace", NULL, {.refusal = REFUSAL_DATABASE}, STATEMENT_ORDINARY},
    {"alter database", "tablespace", {.refusal = REFUSAL_DATABASE_MOVE}, STATEMENT_ORDINARY},
    {"discard all", NULL, {.refusal = REFUSAL_DISCARD}, STATEMENT_ORDINARY},
    {"copy", "stdin", {.refusal = REFUSAL_COPY_FROM}, STATEMENT_ORDINARY},
    {"copy", "stdout", {.refusal = REFUSAL_COPY_TO}, STATEMENT_ORDINARY},
    {"set|reset", "standard_conforming_strings", {.refusal = REFUSAL_STRINGS}, STATEMENT_ORDINARY},
    {"set transaction", NULL, {.refusal = REFUSAL_TRANSACTION}, STATEMENT_ORDINARY},
    {"create subscription", NULL, {.outside = true}, STATEMENT_ONCE},
    {"alter|drop subscription", NULL, {.outside = false}, STATEMENT_ONCE},
    {"create|alter|drop|repack", "concurrently", {.outside = true}, STATEMENT_ONCE},
    {"reindex", "concurrently", {.outside = true}, STATEMENT_REINDEX},
    {"reindex", "database|system|schema", {.outside = true}, STATEMENT_REPEATABLE},
    {"reindex|cluster|repack", NULL, {.outside = false}, STATEMENT_REPEATABLE},
    {"vacuum|wait", NULL, {.outside = true}, STATEMENT_REPEATABLE},
    {"alter system", NULL, {.outside = true}, STATEMENT_REPEATABLE},
};

struct verdict unread_judge(const struct statement *statement, enum statement_kind *kind)
{
    static const struct row ordinary = {.kind = STATEMENT_ORDINARY};
    const struct row *found = &ordinary;
    struct place end = place_of(statement->sql, statement->length, statement->length);
    for (size_t i = 0; i < LENGTH(rows) && found == &ordinary; i++) {
        const struct row *row = &rows[i];
        if (place_begins(&end, row->head) &&
            (row->holds == NULL || place_holds(&end, row->holds))) {
            found = row;
        }
    }
    place_free(&end);
    *kind = found->kind;
    return found->verdict;
}
