/* The rows of our tables, as an inspection reads them (inspect.h). */
#include <stdlib.h>
#include <string.h>

#include "worker/look/inspect.h"

static const char *text_of(struct inspect *inspect, const PGresult *result, int row, int column)
{
    return arena_strdup(&inspect->look.task->arena, PQgetvalue(result, row, column));
}

static void heads_take(struct inspect *inspect, const PGresult *result)
{
    inspect->look.task->result.rows.heads =
        bookkeeping_heads_read(result, &inspect->look.task->arena);
    inspect->look.task->result.rows.heads_known = true;
}

static int recorded_compare(const void *left, const void *right)
{
    const struct recorded *a = left;
    const struct recorded *b = right;
    int order = strcmp(a->revision, b->revision);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static uint64_t number_of(const PGresult *result, int row)
{
    return strtoull(PQgetvalue(result, row, 0), NULL, 10);
}

static void recorded_take(struct inspect *inspect, const PGresult *result)
{
    int rows = PQntuples(result);
    struct recorded *recorded =
        arena_array(&inspect->look.task->arena, (size_t)rows, sizeof *recorded);
    size_t count = 0;
    uint64_t purged = 0;
    for (int i = 0; i < rows; i++) {
        uint64_t number = number_of(result, i);
        bool purge = strcmp(PQgetvalue(result, i, 2), "purge") == 0;
        purged = purge && number > purged ? number : purged;
    }
    for (int i = 0; i < rows; i++) {
        if (number_of(result, i) > purged) {
            const char *direction = PQgetvalue(result, i, 2);
            const char *checksum = text_of(inspect, result, i, 3);
            recorded[count++] = (struct recorded){
                .number = number_of(result, i),
                .revision = text_of(inspect, result, i, 1),
                .applied = strcmp(direction, "upgrade") == 0 || strcmp(direction, "seen") == 0 ||
                           (strcmp(direction, "stamp") == 0 && checksum[0] != '\0'),
                .ran = strcmp(direction, "upgrade") == 0,
                .checksum = checksum,
            };
        }
    }
    if (count > 1) {
        qsort(recorded, count, sizeof *recorded, recorded_compare);
    }
    inspect->recorded = recorded;
    inspect->recorded_count = count;
}

static void unfinished_take(struct inspect *inspect, const PGresult *result)
{
    inspect->unfinished_count = (size_t)PQntuples(result);
    inspect->unfinished = arena_array(&inspect->look.task->arena, inspect->unfinished_count,
                                      sizeof *inspect->unfinished);
    bool older = true; /* the rows come by revision, direction and number */
    for (int i = 0; i < PQntuples(result); i++) {
        struct unfinished *unfinished = &inspect->unfinished[i];
        *unfinished = (struct unfinished){
            .revision = text_of(inspect, result, i, 0),
            .direction = text_of(inspect, result, i, 1),
            .row = {.number = strtoul(PQgetvalue(result, i, 3), NULL, 10),
                    .done = strcmp(PQgetvalue(result, i, 4), "done") == 0,
                    .checksum = text_of(inspect, result, i, 2)},
        };
        bool same = i > 0 && strcmp(unfinished[-1].revision, unfinished->revision) == 0 &&
                    strcmp(unfinished[-1].direction, unfinished->direction) == 0;
        older = (older || !same) && unfinished->row.number > 0;
        unfinished->row.older = older;
    }
}

static void invalid_take(struct inspect *inspect, const PGresult *result)
{
    struct arena *arena = &inspect->look.task->arena;
    size_t count = (size_t)PQntuples(result);
    const char **names = arena_array(arena, count, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = arena_strdup(arena, PQgetvalue(result, (int)i, 0));
    }
    inspect->invalid = (struct texts){.items = names, .count = count};
}

void inspect_rows_append(struct inspect *inspect, struct buffer *sql)
{
    if ((inspect->asked & TABLE_VERSION) != 0) {
        inspect_part_add(inspect, heads_take);
        bookkeeping_heads_sql(sql, &inspect->tables);
    }
    if ((inspect->asked & TABLE_HISTORY) != 0) {
        inspect_part_add(inspect, recorded_take);
        bookkeeping_steps_sql(sql, &inspect->tables);
    }
    if ((inspect->asked & TABLE_PROGRESS) != 0) {
        inspect_part_add(inspect, unfinished_take);
        bookkeeping_unfinished_sql(sql, &inspect->tables);
        inspect_part_add(inspect, invalid_take);
        bookkeeping_invalid_sql(sql, &inspect->tables,
                                inspect->look.task->job.place.schema[0] != '\0');
    }
}
