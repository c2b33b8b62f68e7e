/* Batches: text beside an index of its statements (batch.h). */
#include "worker/sql/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/array.h"
#include "common/base/impossible.h"
#include "common/revision/statement.h"
#include "common/vocabulary/sqlstate.h"

static struct batch_entry *entry_add(struct batch *batch)
{
    batch->entries =
        array_room(batch->entries, batch->count, &batch->capacity, sizeof *batch->entries);
    struct batch_entry *entry = &batch->entries[batch->count++];
    memset(entry, 0, sizeof *entry);
    if (batch->sql.length > 0) {
        buffer_append(&batch->sql, "", 1); /* a NUL */
    }
    entry->offset = batch->sql.length;
    entry->parted = batch->parting;
    batch->parting = false;
    return entry;
}

struct buffer *batch_own(struct batch *batch, const char *tag)
{
    struct batch_entry *entry = entry_add(batch);
    if (tag != NULL) {
        snprintf(entry->tag, sizeof entry->tag, "%s", tag);
    }
    return &batch->sql;
}

struct buffer *batch_assert(struct batch *batch, enum batch_refusal refusal)
{
    entry_add(batch)->refusal = refusal;
    return &batch->sql;
}

enum batch_refusal batch_refused(const struct batch_entry *entry, const struct pg_error *fault)
{
    if (entry == NULL || fault->lost) {
        return REFUSAL_NONE;
    }
    bool asserted = sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_TEXT_REPRESENTATION);
    if (entry->refusal == REFUSAL_CREATE) {
        asserted = sqlstate_is(fault->sqlstate, SQLSTATE_INSUFFICIENT_PRIVILEGE);
    }
    return asserted ? entry->refusal : REFUSAL_NONE;
}

void batch_part(struct batch *batch)
{
    batch->parting = true;
}

void batch_script(struct batch *batch, const struct revision *revision,
                  const struct statement *statement)
{
    struct batch_entry *entry = entry_add(batch);
    entry->revision = revision;
    entry->statement = statement;
    if (batch->control == 0 && statement_is_control(statement->sql, statement->length)) {
        batch->control = batch->count;
    }
}

const struct batch_entry *batch_control(const struct batch *batch)
{
    return batch->control > 0 ? &batch->entries[batch->control - 1] : NULL;
}

void batch_send(const struct batch *batch, struct connection *connection,
                const struct query_callbacks *callbacks)
{
    INVARIANT_THAT(batch->count > 0 && batch->control == 0, "a batch that may not be sent is sent");
    struct pipeline_statement *statements = memory_alloc(batch->count * sizeof *statements);
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        statements[i] = (struct pipeline_statement){
            .sql = batch->sql.data + entry->offset,
            .parted = batch->entries[i].parted,
            .foreign = entry->statement != NULL,
        };
        if (entry->statement != NULL) {
            statements[i].sql = entry->statement->sql;
            statements[i].data = entry->statement->data.bytes;
        }
    }
    connection_pipeline(connection, statements, batch->count, callbacks);
    free(statements);
}

/* N of the server's "COPY t, line N, column c: ...", in whatever language; 0 when the line says nothing like it. */
static unsigned line_of_data(const char *text, size_t length)
{
    static const char word[] = "COPY ";
    const char *end = text + length;
    if (length < sizeof word || memcmp(text, word, sizeof word - 1) != 0) {
        return 0;
    }
    for (const char *at = memchr(text, ',', length); at != NULL;
         at = memchr(at, ',', (size_t)(end - at))) {
        at++;
        size_t words = strcspn(at, "0123456789,:\"\n");
        if (words > 1 && at[words - 1] == ' ' && at[words] >= '0' && at[words] <= '9') {
            return (unsigned)strtoul(at + words, NULL, 10);
        }
    }
    return 0;
}

static unsigned data_line(const char *context)
{
    unsigned found = 0;
    while (found == 0 && *context != '\0') {
        size_t length = strcspn(context, "\n");
        found = line_of_data(context, length);
        context += length + (context[length] == '\n');
    }
    return found;
}

const struct batch_entry *batch_locate(const struct batch *batch, const struct pg_error *fault,
                                       unsigned *line)
{
    *line = 0;
    if (fault->result_index >= batch->count) {
        return NULL;
    }
    const struct batch_entry *entry = &batch->entries[fault->result_index];
    if (entry->statement != NULL) {
        unsigned column = 0;
        unsigned row = entry->statement->data.bytes.data != NULL ? data_line(fault->context) : 0;
        statement_locate(entry->statement, fault->position, line, &column);
        *line = row > 0 ? entry->statement->data.line + row - 1 : *line;
    }
    return entry;
}

void batch_clear(struct batch *batch)
{
    buffer_clear(&batch->sql);
    batch->count = 0;
    batch->parting = false;
    batch->control = 0;
}

void batch_free(struct batch *batch)
{
    buffer_free(&batch->sql);
    free(batch->entries);
    memset(batch, 0, sizeof *batch);
}
