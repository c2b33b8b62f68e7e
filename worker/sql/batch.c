/* Batches: message text beside an index of its statements (batch.h). */
#include "worker/sql/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/array.h"
#include "common/vocabulary/sqlstate.h"

static struct batch_entry *entry_add(struct batch *batch)
{
    batch->entries =
        array_room(batch->entries, batch->count, &batch->capacity, sizeof *batch->entries);
    struct batch_entry *entry = &batch->entries[batch->count++];
    memset(entry, 0, sizeof *entry);
    entry->offset = batch->sql.length;
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

enum batch_refusal batch_refused(const struct batch_entry *entry, const struct pg_fault *fault)
{
    if (entry == NULL || fault->lost) {
        return REFUSAL_NONE;
    }
    bool asserted = sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_TEXT_REPRESENTATION);
    if (entry->refusal == REFUSAL_CREATE) {
        asserted = sqlstate_is(fault->sqlstate, SQLSTATE_INSUFFICIENT_PRIVILEGE);
    } else if (entry->refusal == REFUSAL_GUARD) {
        /* A ROLLBACK in a script takes a new table along. */
        asserted = asserted || sqlstate_is(fault->sqlstate, SQLSTATE_UNDEFINED_TABLE);
    }
    return asserted ? entry->refusal : REFUSAL_NONE;
}

void batch_script(struct batch *batch, const struct revision *revision,
                  const struct statement *statement)
{
    struct batch_entry *entry = entry_add(batch);
    entry->revision = revision;
    entry->statement = statement;
    buffer_append(&batch->sql, statement->sql, statement->length);
    /* The newline ends a comment that the statement may end with. */
    buffer_text_append(&batch->sql, "\n;\n");
}

/* Byte offset of the character with number `position`, from 1, in UTF-8 text. */
static size_t character_offset(const char *text, size_t length, unsigned position)
{
    size_t offset = 0;
    unsigned character = 0;
    for (; offset < length; offset++) {
        bool continues = ((unsigned char)text[offset] & 0xC0) == 0x80;
        if (!continues && ++character == position) {
            break;
        }
    }
    return offset;
}

static unsigned newlines_between(const char *text, size_t from, size_t to)
{
    unsigned count = 0;
    for (size_t at = from; at < to; at++) {
        count += text[at] == '\n';
    }
    return count;
}

const struct batch_entry *batch_locate(const struct batch *batch, const struct pg_fault *fault,
                                       unsigned *line)
{
    *line = 0;
    if (batch->count == 0) {
        return NULL;
    }
    size_t index = fault->result_index;
    size_t offset = 0;
    if (fault->position > 0) {
        offset = character_offset(batch->sql.data, batch->sql.length, fault->position);
        index = batch->count - 1;
        while (index > 0 && batch->entries[index].offset > offset) {
            index--;
        }
    }
    if (index >= batch->count) {
        return NULL;
    }
    const struct batch_entry *entry = &batch->entries[index];
    if (entry->statement != NULL) {
        *line = entry->statement->line;
        if (fault->position > 0) {
            /* A position at the very end of input counts as the statement's last line. */
            size_t end = entry->offset + entry->statement->length;
            *line += newlines_between(batch->sql.data, entry->offset, offset < end ? offset : end);
        }
    }
    return entry;
}

void batch_clear(struct batch *batch)
{
    buffer_clear(&batch->sql);
    batch->count = 0;
}

void batch_free(struct batch *batch)
{
    buffer_free(&batch->sql);
    free(batch->entries);
    memset(batch, 0, sizeof *batch);
}
