/* From libpq's reports to `struct pg_error`.
 *
 * A failed statement brings its fields. A failed connect brings only text; with PQERRORS_VERBOSE
 * the text holds the code: `connection to server at "h", port 5 failed: FATAL:  28P01: password
 * authentication
 * ...`. One line for each attempt at the address (with TLS, without); the last one with a code
 * speaks, else the last one.
 */
#include "common/pg/pg_error.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/pg/machine.h"
#include "common/vocabulary/sqlstate.h"

void fault_clear(struct connection *connection)
{
    connection->fault = (struct pg_error){
        .message = "", .detail = "", .hint = "", .context = "", .schema = "", .routine = ""};
    arena_free(&connection->fault_arena);
    connection->failed = false;
}

/* The text in the fault's arena; cut, and saying so, when it is too long. */
static char *text_take(struct connection *connection, const char *text, size_t length)
{
    if (length <= CONNECTION_TEXT_BYTES_MAX) {
        return arena_strndup(&connection->fault_arena, text, length);
    }
    size_t kept = utf8_cut(text, length, CONNECTION_TEXT_BYTES_MAX);
    return arena_printf(&connection->fault_arena, "%.*s ... (cut here: it has %zu bytes)",
                        (int)kept, text, length);
}

/* The same as one line. */
static char *one_line(struct connection *connection, const char *text, size_t length)
{
    char *line = text_take(connection, text, length);
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\r' || *at == '\t') {
            *at = ' ';
        }
    }
    return line;
}

static void fault_code(struct connection *connection, const char *sqlstate)
{
    size_t length = strnlen(sqlstate, sizeof connection->fault.sqlstate - 1);
    memcpy(connection->fault.sqlstate, sqlstate, length);
    connection->fault.sqlstate[length] = '\0';
    connection->fault.result_index = connection->result_index;
    connection->failed = true;
}

void fault_say(struct connection *connection, const char *sqlstate, const char *text, size_t length)
{
    fault_clear(connection);
    connection->fault.message = one_line(connection, text, length);
    fault_code(connection, sqlstate);
}

void fault_set(struct connection *connection, const char *sqlstate, const char *format, ...)
{
    struct error text;
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is right above */
    (void)vsnprintf(text.message, sizeof text.message, format, arguments);
    va_end(arguments);
    fault_say(connection, sqlstate, text.message, strnlen(text.message, sizeof text.message));
}

static const char *result_field(struct connection *connection, const PGresult *result, int field)
{
    const char *value = PQresultErrorField(result, field);
    return value == NULL ? "" : text_take(connection, value, strlen(value));
}

void fault_from_result(struct connection *connection, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (code == NULL || message == NULL) {
        fault_from_loss(connection);
        return;
    }
    fault_clear(connection);
    struct pg_error *fault = &connection->fault;
    fault->message = one_line(connection, message, strlen(message));
    fault->detail = result_field(connection, result, PG_DIAG_MESSAGE_DETAIL);
    fault->hint = result_field(connection, result, PG_DIAG_MESSAGE_HINT);
    fault->context = result_field(connection, result, PG_DIAG_CONTEXT);
    fault->schema = result_field(connection, result, PG_DIAG_SCHEMA_NAME);
    fault->routine = result_field(connection, result, PG_DIAG_SOURCE_FUNCTION);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    fault->position = position == NULL ? 0 : (unsigned)strtoul(position, NULL, 10);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    fault->lost = severity != NULL && strcmp(severity, "ERROR") != 0;
    fault_code(connection, code);
}

void fault_from_loss(struct connection *connection)
{
    const char *text = PQerrorMessage(connection->pg);
    size_t length = strcspn(text, "\n");
    char *line = arena_strndup(&connection->arena, text, length); /* outlives fault_clear */
    fault_set(connection, SQLSTATE_CONNECTION_FAILURE, "%s",
              length > 0 ? line : "the connection was lost");
    connection->fault.lost = true;
}

/* The text after ":  28P01: ", with the code copied out; NULL when the line holds no code. */
static const char *line_code(const char *line, size_t length, char code[6])
{
    for (size_t i = 0; i + 9 < length; i++) {
        if (memcmp(line + i, ":  ", 3) != 0 || memcmp(line + i + 8, ": ", 2) != 0) {
            continue;
        }
        bool valid = true;
        for (size_t k = 3; k < 8; k++) {
            unsigned char byte = (unsigned char)line[i + k];
            valid = valid && (isdigit(byte) || isupper(byte));
        }
        if (valid) {
            memcpy(code, line + i + 3, 5);
            code[5] = '\0';
            return line + i + 10;
        }
    }
    return NULL;
}

void fault_from_connect(struct connection *connection)
{
    const char *text = PQerrorMessage(connection->pg);
    char code[6] = "";
    const char *best = text;
    size_t best_length = strcspn(text, "\n");
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        char found[6];
        const char *message = line_code(line, length, found);
        if (message != NULL) {
            memcpy(code, found, sizeof code);
            best = message;
            best_length = (size_t)(line + length - message);
        } else if (code[0] == '\0' && length > 0 && line[0] != '\t') {
            best = line;
            best_length = length;
        }
        line += length + (line[length] == '\n');
    }
    if (code[0] == '\0') {
        bool password = PQconnectionNeedsPassword(connection->pg) != 0;
        memcpy(code, password ? SQLSTATE_INVALID_PASSWORD : SQLSTATE_CANNOT_CONNECT, sizeof code);
    }
    fault_say(connection, code, best, best_length);
}
