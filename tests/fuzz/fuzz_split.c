/* Fuzzing the splitter: what the built-in parser reads as a whole, tokens cut where it does. */
#define _GNU_SOURCE // NOLINT(bugprone-reserved-identifier): strcasestr

#include <pg_query.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/revision/newer.h"
#include "common/revision/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NESTING_MAX = 200 }; /* the parser recurses */

static bool is_flat(const char *text, size_t length)
{
    size_t open = 0;
    for (size_t i = 0; i < length; i++) {
        open += text[i] == '(' || text[i] == '[';
    }
    return open < NESTING_MAX;
}

/* `BEGIN ATOMIC` ends where psql says, at the END that is one too many: the grammar takes
 * `SELECT c END` for a column with a name. */
static bool has_body(const char *text)
{
    return strcasestr(text, "atomic") != NULL;
}

/* Nothing is compared, but all of it is read. */
static void split_all(const char *text, size_t length)
{
    struct scanner scanner = scanner_of(text, length);
    struct span span;
    while (split_next(&scanner, &span)) {
    }
}

/* The code of the span from its first token on; where it begins. */
static size_t first_code(const char *text, size_t start, size_t end)
{
    struct scanner scanner = scanner_between(text, start, end);
    return scanner_next_code(&scanner).start;
}

static void compare(const char *text, size_t length, const PgQuerySplitResult *split)
{
    struct scanner scanner = scanner_of(text, length);
    struct span span;
    for (int i = 0; i < split->n_stmts; i++) {
        size_t start = (size_t)split->stmts[i]->stmt_location;
        size_t end = start + (size_t)split->stmts[i]->stmt_len;
        if (!split_next(&scanner, &span) || span.start != first_code(text, start, length) ||
            span.end > (end > start ? end : length)) {
            abort(); /* another statement, or one that goes on where this one has ended */
        }
    }
    if (split_next(&scanner, &span)) {
        abort(); /* a statement that the parser does not see */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text = arena_strndup(&arena, (const char *)data, size);
    const size_t length = strlen(text);
    if (is_flat(text, length)) {
        PgQuerySplitResult split = pg_query_split_with_parser(text);
        if (split.error == NULL && has_body(text)) {
            split_all(text, length);
        } else if (split.error == NULL) {
            compare(text, length, &split);
        } else {
            size_t at = split.error->cursorpos > 0 ? (size_t)split.error->cursorpos - 1 : 0;
            (void)newer_knows(text, length, at < length ? at : length);
        }
        pg_query_free_split_result(split);
    }
    arena_free(&arena);
    return 0;
}
