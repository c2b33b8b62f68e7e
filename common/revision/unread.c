/* Statements that the parser does not know, by their words (verdict.h). */
#include <string.h>

#include "common/base/array.h"
#include "common/revision/place.h"
#include "common/revision/scan.h"
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

/* ---- an index that is built CONCURRENTLY ---- */

struct reading {
    struct scanner scanner;
    struct token token; /* the next one */
};

static void go_on(struct reading *reading)
{
    reading->token = scanner_next_code(&reading->scanner);
}

/* Whether these keywords come next; then they are read. */
static bool words_take(struct reading *reading, const char *first, const char *second)
{
    if (!token_is_word(reading->scanner.text, reading->token, first)) {
        return false;
    }
    go_on(reading);
    return second == NULL || words_take(reading, second, NULL);
}

/* A name as the server keeps it; NULL when none comes next. */
static char *name_take(struct reading *reading, struct arena *arena)
{
    const struct token token = reading->token;
    const char *text = reading->scanner.text + token.start;
    size_t length = token.end - token.start;
    size_t kept = 0;
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER) {
        return NULL;
    }
    bool quoted = token.kind == TOKEN_IDENTIFIER;
    char *name = arena_strndup(arena, text, length);
    for (size_t i = quoted; i < length - quoted; i++) {
        i += quoted && text[i] == '"'; /* the second of two */
        name[kept] = text[i];
        if (!quoted) {
            name[kept] = letter_lower(text[i]);
        }
        kept++;
    }
    name[kept] = '\0';
    go_on(reading);
    return name;
}

/* Fills in what a build that was interrupted is found by. False when it is written in another way. */
static bool index_read(struct arena *arena, struct statement *statement)
{
    struct reading reading = {.scanner = scanner_of(statement->sql, statement->length)};
    go_on(&reading);
    (void)words_take(&reading, "create", "unique");
    if (!words_take(&reading, "index", "concurrently")) {
        return false;
    }
    if (words_take(&reading, "if", "not")) {
        (void)words_take(&reading, "exists", NULL);
    }
    bool named = !token_is_word(statement->sql, reading.token, "on");
    const char *name = named ? name_take(&reading, arena) : "";
    if (name == NULL || !words_take(&reading, "on", NULL)) {
        return false;
    }
    (void)words_take(&reading, "only", NULL);
    size_t start = reading.token.start;
    size_t end = reading.token.end;
    const char *schema = name_take(&reading, arena);
    bool qualified =
        reading.token.kind == TOKEN_OTHER && statement->sql[reading.token.start] == '.';
    if (schema == NULL) {
        return false;
    }
    if (qualified) {
        go_on(&reading);
        end = reading.token.end;
        if (name_take(&reading, arena) == NULL) {
            return false;
        }
    }
    statement->kind = STATEMENT_INDEX_BUILD;
    statement->index_name = name;
    statement->index_schema = qualified ? schema : "";
    statement->table_name = arena_strndup(arena, statement->sql + start, end - start);
    return true;
}

/* ---- the verdict ---- */

struct verdict unread_judge(struct arena *arena, struct statement *statement)
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
    statement->kind = found->kind;
    struct verdict verdict = found->verdict;
    if (found->kind == STATEMENT_ONCE && verdict.outside && index_read(arena, statement) &&
        statement->index_name[0] == '\0') {
        verdict.refusal = REFUSAL_INDEX_NAME;
    }
    return verdict;
}
